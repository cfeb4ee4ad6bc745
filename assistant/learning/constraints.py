"""From what an installation may keep to how it learns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.errors import InputError
from assistant.learning.gaussians import DIRECTIONS
from assistant.learning.plans import PLANS, UpdatePlan
from assistant.strategies import Spec

NUMBER, HALF, TEXT = 4, 2, 200  # bytes of a number, of one in half precision, and about those of an exemplar's text
LEAST = 5  # exemplars of an intent below which the room that exact sums take is better spent on more of them
ROOM = 2**30  # bytes for the exemplars of a night, before and after, where no storage is stated
INTENTS = 100  # where none are stated

PRIVATE = PLANS["private"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the constraints ask for, and why, a sentence for each reason."""

    regularizer: Spec
    selector: Spec
    memory: int
    reasons: tuple[str, ...] = ()


def choose(
    plan: UpdatePlan, dimension: int, *, privacy: bool = False, storage_mb: float | None = None,
    intents: int | None = None, there: int = 0, own_mb: float = 0.0,
) -> Choice:  # fmt: skip
    """What to use in place of the regulariser, selector and exemplars per intent of `plan`, which is the default.

    `storage_mb` bounds a version's folder, in millions of bytes, at as many `intents` as are expected, or as are
    `there` if those are more; `own_mb` of it are taken by an encoder that versions hold, as a consolidation makes it.
    `dimension` is the encoder's. Raises InputError where nothing fits.
    """
    known = max(intents or INTENTS, there)
    exact = Choice(plan.regularizer, plan.selector, plan.memory)
    private = Choice(PRIVATE.regularizer, PRIVATE.selector, plan.memory)
    if privacy:
        because = "privacy: no text and no embedding of a message is kept, only a Gaussian for each intent"
        needed = own_mb + _megabytes(plan, dimension, known, private)
        if storage_mb is not None and needed > storage_mb:
            raise InputError(_too_little(storage_mb, known, needed, own_mb))
        return Choice(private.regularizer, private.selector, private.memory, (because,))
    if storage_mb is None:
        most = ROOM // (2 * HALF * dimension * intents) if intents else plan.memory
        if most >= plan.memory:
            return exact
        kept = max(1, most)
        because = f"{intents:,} intents: {kept} exemplars of each fit into memory twice, before and after a night"
        return Choice(exact.regularizer, exact.selector, kept, (because,))
    lean = Choice(Spec(name="lwf"), plan.selector, plan.memory)
    beside = f" beside an encoder of {own_mb:.0f} MB" if own_mb else ""
    stated = f"storage of {storage_mb:g} MB at {known:,} intents{beside}"
    for choice, least, why in (
        (exact, LEAST, "exact sums and {} exemplars of each fit"),
        (lean, 1, "sums do not fit; {} exemplars of each do, and what the last version said stands for the past"),
    ):
        fits = _exemplars(plan, dimension, known, choice, storage_mb - own_mb)
        if fits >= least:
            same = choice is exact and fits == plan.memory
            reasons = () if same else (f"{stated}: {why.format(fits)}",)
            return Choice(choice.regularizer, choice.selector, fits, reasons)
    raise InputError(_too_little(storage_mb, known, own_mb + _megabytes(plan, dimension, known, lean, 1), own_mb))


def overridden(choice: Choice, given: Mapping[str, Any]) -> tuple[Choice, tuple[str, ...]]:
    """The choice with what was set by hand in `[learning]` in its place, and all reasons."""
    values = {name: given.get(name, getattr(choice, name)) for name in ("regularizer", "selector", "memory")}
    reasons = list(choice.reasons)
    for name in values if choice.reasons else ():
        ours, theirs = _named(getattr(choice, name)), _named(values[name])
        if ours != theirs:
            reasons.append(f"learning.{name} = {theirs} is set and wins over {ours}")
    return Choice(reasons=tuple(reasons), **values), tuple(reasons)


def _named(value: object) -> str:
    return repr(value.name) if isinstance(value, Spec) else repr(value)


def _exemplars(plan: UpdatePlan, dimension: int, intents: int, choice: Choice, storage_mb: float) -> int:
    """The most exemplars per intent that fit, at most the plan's; 0 where not one does."""
    sizes = range(plan.memory, 0, -1)
    return next((n for n in sizes if _megabytes(plan, dimension, intents, choice, n) <= storage_mb), 0)


def _megabytes(plan: UpdatePlan, dimension: int, intents: int, choice: Choice, size: int | None = None) -> float:
    """What a version's folder takes, in millions of bytes, `size` exemplars of each intent kept."""
    width, kept = plan.hidden + 1, choice.memory if size is None else size
    numbers, halves = intents * width, plan.hidden * dimension  # the head
    if choice.regularizer.name == "ewc_exact":
        numbers += width * (width + 1) // 2 + intents * width
    if choice.selector.name == "generative":
        halves += intents * (1 + DIRECTIONS) * dimension
        return (NUMBER * numbers + HALF * halves) / 1e6
    halves += intents * kept * dimension
    if choice.regularizer.name == "ewc_exact":
        halves += intents * width  # what is missed of the rows that were not kept
    return (NUMBER * numbers + HALF * halves + TEXT * intents * kept) / 1e6


def rounded_up(megabytes: float) -> str:
    """Rounded up, so that who allows that much has allowed enough."""
    return f"{math.ceil(10 * megabytes) / 10:.1f}"


def _too_little(storage_mb: float, intents: int, needed: float, own_mb: float) -> str:
    own, instead = "", "state fewer in constraints.intents if there are fewer"
    if own_mb:
        own = f" with its encoder of {own_mb:.0f} MB"
        instead = "go back to one that holds none, with `assistant encoder switch`"
    return (
        f"constraints.storage_mb = {storage_mb:g}: a version of {intents:,} intents{own} needs"
        f" {rounded_up(needed)} MB at least; allow that much, or {instead}"
    )
