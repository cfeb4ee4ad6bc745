"""A learner before and after a run: what it need not embed or remember again, and what is said of what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from assistant.domain import LabelledText
from assistant.errors import CorruptVersionError
from assistant.learning import checkpoint
from assistant.learning.keeping import rehearsed
from assistant.learning.plans import UpdatePlan
from assistant.learning.search import SEARCHED
from assistant.learning.update import Learner
from assistant.model.encoder import CachedEncoder
from assistant.store import text_hash


def cached(learner: Learner) -> Learner:
    """The same learner with an encoder that embeds no text twice and knows the memory's embeddings already."""
    encoder = CachedEncoder(learner.model.encoder)
    encoder.remember(learner.memory.texts, learner.memory.vectors)
    return replace(learner, model=replace(learner.model, encoder=encoder))


def respelt(learner: Learner, rows: Sequence[LabelledText]) -> Learner:
    """The learner whose exemplars are written as `rows` are, where only case or spacing differs: an update takes an
    exemplar that gets another label out of all that it has summed up, and finds it by its text."""
    written = {text_hash(row.text): row.text for row in rows}
    texts = tuple(written.get(text_hash(text), text) for text in learner.memory.texts)
    return replace(learner, memory=replace(learner.memory, texts=texts))


def unlearned(learner: Learner, rows: Sequence[LabelledText]) -> Learner:
    """The learner without the exemplars that `rows` replace, also where case or spacing differs; what it has summed up
    stays."""
    replaced = {text_hash(row.text) for row in rows}
    kept = [row for row, text in enumerate(learner.memory.texts) if text_hash(text) not in replaced]
    return replace(learner, memory=learner.memory.taken(kept))


def keeps_too_much(learner: Learner, plan: UpdatePlan, outside: Sequence[str]) -> bool:
    """Whether the learner has rows where the plan keeps none, or embeddings of other texts than those `outside`, such
    as of one that was erased."""
    keeps_rows = plan.strategies()[1].keeps_rows
    references = learner.model.references
    strange = len(references.outside) if references else 0
    return strange > (len(set(outside)) if keeps_rows else 0) or (len(learner.memory) > 0 and not keeps_rows)


def self_test(folder: Path, learner: Learner, digest: str) -> None:
    """Reads the folder back and compares. Raises CorruptVersionError unless it answers exactly as the original."""
    read = checkpoint.load(folder, learner.model.encoder, digest)
    _, sample = rehearsed(learner.memory, 1, (0,))
    if not torch.equal(read.model.logits(sample), learner.model.logits(sample)):
        raise CorruptVersionError(f"version {folder.name} answers differently after it was saved; it is not published")


def norm_change(previous: Learner, candidate: Learner) -> float:
    """How far the parameters moved, relative to their norm before; new rows and units left out."""
    moved = size = 0.0
    old = dict(previous.model.head.named_parameters())
    now = dict(candidate.model.head.named_parameters())
    for name, before in old.items():
        value = now[name][tuple(slice(length) for length in before.shape)]
        moved += float((value - before).square().sum())
        size += float(before.square().sum())
    return (moved / size) ** 0.5 if size else 0.0


def described(plan: UpdatePlan, learner: Learner | None = None) -> str:
    """The plan in one line, with the strength that the update found for `learner` where it searched one."""
    options = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in plan.regularizer.options.items()
    )
    name = plan.regularizer.name + (f" ({options})" if options else "")
    found = learner.carried.get(SEARCHED) if learner else None
    searched = "" if found is None else f", strength {float(found):g} found by search"
    return f"{name}, replay {plan.replay:g}, {plan.memory} exemplars per intent{searched}"
