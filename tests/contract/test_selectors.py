"""One list of promises, run over every selector in the table."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain import LabelledText
from assistant.learning.checkpoint import load, save
from assistant.learning.selection import SELECTORS, Candidates, ExemplarSelector
from assistant.learning.update import Learner, update
from assistant.strategies import Spec, build
from tests.synthetic import WordEncoder, accuracy, plan, rows

ENCODER = WordEncoder()
OLD, NEW = ("refund", "delivery"), ("warranty",)

members = pytest.mark.parametrize("name", SELECTORS)
keeping = pytest.mark.parametrize("name", [name for name, member in SELECTORS.items() if member.keeps_rows])


def selector(name: str) -> ExemplarSelector:
    return build(SELECTORS, Spec(name=name))


def candidates(count: int, seed: int) -> Candidates:
    """Some of them exemplars, in a pool with rows of other intents."""
    draw = np.random.default_rng(seed)
    pool = draw.normal(size=(count + 5, 4)).astype(np.float32)
    own = np.sort(draw.permutation(count + 5)[:count])
    return Candidates(pool, own, draw.exponential(size=count), draw.random(count) < 0.5, int(draw.integers(0, 50)))


@cache
def learner(name: str) -> Learner:
    """After two nights; the refunds of the second are new ones."""
    how = plan("ewc_exact", name, "output")
    first = update(Learner.untrained(ENCODER, how), rows(*OLD, count=30), how)
    return update(first, rows(*NEW, count=30) + rows("refund", count=10, start=50), how)


def kept(learner: Learner) -> tuple[object, ...]:
    """All that a memory holds, comparable bit by bit."""
    memory, gaussians = learner.memory, learner.memory.gaussians
    return (
        memory.texts,
        memory.intents,
        memory.vectors.tobytes(),
        {intent: count for intent, count in memory.arrived.items() if count},
        gaussians and {name: (g.count, g.mean.tobytes(), g.directions.tobytes()) for name, g in gaussians.items()},
    )


@keeping
@given(count=st.integers(1, 9), budget=st.integers(0, 12), seed=st.integers(0, 2**31))
def test_a_selector_gives_distinct_rows_within_the_budget_and_all_when_they_fit(
    name: str, count: int, budget: int, seed: int
) -> None:
    selected = selector(name).select(candidates(count, seed), budget)
    assert selected.dtype == np.int64
    assert len(set(selected.tolist())) == len(selected) == min(count, budget)
    assert set(selected.tolist()) <= set(range(count))


@members
def test_a_selector_leaves_its_arrays_alone_and_repeats_itself(name: str) -> None:
    these, before = candidates(9, 0), candidates(9, 0)
    once = selector(name).select(these, 4).tolist()
    assert selector(name).select(these, 4).tolist() == once
    for part in ("pool", "rows", "losses", "fresh"):
        assert np.array_equal(getattr(these, part), getattr(before, part))


@keeping
def test_a_memory_keeps_twenty_exemplars_of_an_intent_and_no_more(name: str) -> None:
    """Twenty is the plan's default; each intent had 30 rows or more."""
    memory = learner(name).memory
    assert {intent: memory.intents.count(intent) for intent in (*OLD, *NEW)} == dict.fromkeys((*OLD, *NEW), 20)
    assert len(set(memory.texts)) == 60


@members
def test_a_memory_counts_the_rows_that_arrived_whether_kept_or_not(name: str) -> None:
    assert learner(name).memory.arrived == {"refund": 40, "delivery": 30, "warranty": 30}


@members
def test_a_row_that_comes_again_is_counted_once_as_long_as_it_is_kept(name: str) -> None:
    if not SELECTORS[name].keeps_rows:
        pytest.skip("nobody can know that it came before")
    before = learner(name)
    again = [
        LabelledText(text, intent) for text, intent in zip(before.memory.texts, before.memory.intents, strict=True)
    ]
    assert update(before, again[:5], plan("ewc_exact", name, "output")).memory.arrived == before.memory.arrived


@members
def test_the_order_of_the_rows_does_not_matter_to_the_memory(name: str) -> None:
    how, arriving = plan("ewc_exact", name, "output"), rows(*NEW, count=30, start=100)
    shuffled = random.Random(0).sample(arriving, len(arriving))
    assert kept(update(learner(name), shuffled, how)) == kept(update(learner(name), arriving, how))


@members
def test_a_memory_read_back_is_what_it_was_and_goes_on_to_the_same_memory(name: str, tmp_path: Path) -> None:
    save(tmp_path / "version", learner(name))
    loaded = load(tmp_path / "version", ENCODER)
    assert kept(loaded) == kept(learner(name))
    how, arriving = plan("ewc_exact", name, "output"), rows(*OLD, count=10, start=200)
    once, again = update(learner(name), arriving, how), update(loaded, arriving, how)
    assert kept(again) == kept(once)
    assert safetensors.torch.save(dict(again.model.head.state_dict())) == safetensors.torch.save(
        dict(once.model.head.state_dict())
    )


@members
def test_the_memory_before_is_untouched(name: str) -> None:
    before = kept(learner(name))
    update(learner(name), rows(*OLD, count=10, start=200), plan("ewc_exact", name, "output"))
    assert kept(learner(name)) == before


@members
def test_with_replay_of_what_was_kept_alone_old_intents_are_remembered(name: str) -> None:
    """No regulariser helps here: what is rehearsed has to be of use."""
    how = plan("none", name, "head")
    first = update(Learner.untrained(ENCODER, how), rows(*OLD, "invoice", count=30), how)
    after = update(first, rows(*NEW, count=30), how)
    old = rows(*OLD, "invoice", count=30, start=300)
    assert accuracy(after, old) >= 0.95
    assert accuracy(update(first, rows(*NEW, count=30), replace(how, replay=0.0)), old) < 0.95


@members
def test_any_selector_takes_over_from_any_other(name: str) -> None:
    for before in SELECTORS:
        how = plan("ewc_exact", name, "output")
        after = update(learner(before), rows("gift", count=30), how)
        assert accuracy(after, rows(*OLD, *NEW, "gift", count=20, start=300)) >= 0.95
        assert (len(after.memory) > 0) is SELECTORS[name].keeps_rows


@keeping
def test_of_texts_that_are_as_good_as_equal_one_is_kept_and_counted(name: str) -> None:
    twins = WordTwins()
    how = plan("ewc_exact", name, "output")
    arriving = rows("refund", count=6) + [LabelledText(f"refund {n}!", "refund") for n in range(6)]
    memory = update(Learner.untrained(twins, how), arriving + rows("delivery", count=6), how).memory
    assert {text.rstrip("!") for text in memory.texts} == {r.text for r in rows("refund", "delivery", count=6)}
    assert len(memory) == 12
    assert memory.arrived == {"refund": 6, "delivery": 6}


class WordTwins(WordEncoder):
    """Hears no exclamation mark."""

    def embed(self, texts, progress=None):  # type: ignore[no-untyped-def]
        return super().embed([text.rstrip("!") for text in texts], progress)
