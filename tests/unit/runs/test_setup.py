"""Promises of the first start: it happens once, all of it or nothing, and leaves nothing to learn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.domain import LabelledText, Split
from assistant.errors import InputError, LockedError, StoreError
from assistant.services.rows.corpus import Corpus, read_corpus
from assistant.services.runs.locking import NAME
from assistant.services.runs.retrain import ExitCode
from assistant.services.runs.setup import is_set_up, set_up
from assistant.store.versions import Versions
from tests.shops import INTENTS, PLAN, Shop, corpus, dead_owner, holdout, texts, train
from tests.synthetic import WordEncoder

SEED = corpus(*INTENTS)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "var")
    yield shop
    shop.engine.dispose()


def words(shop: Shop) -> WordEncoder:
    assert isinstance(shop.encoder, WordEncoder)
    return shop.encoder


def start(shop: Shop, seed: Corpus = SEED) -> None:
    set_up(shop.store, seed, shop.encoder, PLAN, shop.folder)


def test_the_first_version_answers_and_the_store_knows_the_intents(shop: Shop) -> None:
    assert not is_set_up(shop.store)
    start(shop)
    assert is_set_up(shop.store)
    assert shop.says("refund 7777", "delivery 7777", "invoice 7777") == list(INTENTS)
    with shop.store.unit(read_only=True) as uow:
        assert {each.name: each.answer for each in uow.intents.all()} == {
            i.name: i.answer for i in SEED.intents.values()
        }
    assert [(past.kind, past.from_version, past.to_version) for past in shop.versions().history()] == [
        ("publish", None, shop.live().id)
    ]
    assert {path.name for path in shop.folder.iterdir()} == {shop.live().id}
    report = shop.live().report
    assert (report["trained_rows"], report["old_accuracy"]) == (36, 1.0)
    assert "36 rows, 3 intents" in str(report["reason"])


def test_a_version_that_cannot_tell_what_is_out_of_scope_says_so_and_why(shop: Shop) -> None:
    """Below 50 holdout rows none can, and the chat then answers what it should pass on."""
    start(shop)
    told = str(shop.live().report["no_doubt"])
    assert "cannot tell which messages have none of its intents: it has 36 holdout rows, and that takes 50" in told
    shop.label(*train("refund", 3))
    result = shop.retrain().run(actor="night")
    assert result.report["no_doubt"] == told
    (page,) = shop.reports.glob("*.md")
    assert told in page.read_text()
    shop.label(*train("gift", 12), *holdout("gift", 14), *train("refund", 3, start=300))
    result = shop.retrain().run(actor="night")
    assert result.report["no_doubt"] is None, result.reason


def test_the_rows_keep_their_sides_and_count_as_learned(shop: Shop) -> None:
    start(shop)
    for side, rows in ((Split.TRAIN, SEED.train), (Split.HOLDOUT, SEED.holdout)):
        found = shop.examples(side)
        assert [example.labelled() for example in found] == list(rows)
        assert {example.source for example in found} == {"seed"}
    assert shop.pending() == []
    assert {version for _, version in shop.marks()} == {shop.live().id}


def test_nothing_is_to_be_learned_right_after(shop: Shop) -> None:
    start(shop)
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_rows_of_the_holdout_are_neither_trained_on_nor_remembered(shop: Shop) -> None:
    start(shop)
    learner = shop.learner()
    assert set(learner.memory.texts) <= {row.text for row in SEED.train}
    text = SEED.train[0].text
    again = replace(SEED, holdout=(*SEED.holdout, LabelledText(text.upper(), "refund")))
    other = Shop(shop.data.parent / "other")
    start(other, again)
    assert text.upper() not in {example.text for example in other.examples(Split.HOLDOUT)}
    other.engine.dispose()


def test_holdout_rows_that_are_trained_on_are_told_in_the_report_with_what_to_do(shop: Shop) -> None:
    assert SEED.left_out() == ""
    same, unlike = SEED.train[0], SEED.train[1]
    start(shop, replace(SEED, holdout=(*SEED.holdout, same, LabelledText(unlike.text.upper(), "invoice"))))
    reason = str(shop.live().report["reason"])
    assert f"2 of {len(SEED.holdout) + 2} holdout rows were left out, since their texts are trained on" in reason
    assert f"1 of them carry another label in train.csv, which was learned: {unlike.text.upper()!r}" in reason
    assert f"({unlike.intent} in train.csv, invoice in holdout.csv)" in reason
    assert "at the desk or by `assistant import`" in reason
    assert [example.labelled() for example in shop.examples(Split.HOLDOUT)] == list(SEED.holdout)


def test_of_many_rows_that_were_left_out_a_few_are_named() -> None:
    rows = [LabelledText(row.text, next(name for name in INTENTS if name != row.intent)) for row in SEED.train[:9]]
    told = replace(SEED, holdout=tuple(rows)).left_out()
    assert [repr(row.text) in told for row in rows] == [True] * 5 + [False] * 4
    assert " and 4 more. " in told
    assert "another label" not in replace(SEED, holdout=SEED.train[:9]).left_out()


def test_a_text_trained_on_never_becomes_holdout_even_when_a_customer_types_it(shop: Shop) -> None:
    """By their hash alone these texts would fall to the holdout."""
    trained = texts("refund", Split.HOLDOUT, 5, start=5000)
    start(shop, replace(SEED, train=(*SEED.train, *trained)))
    shop.label(*(LabelledText(row.text.upper(), "delivery") for row in trained))
    assert [example.labelled() for example in shop.examples(Split.HOLDOUT)] == list(SEED.holdout)
    assert shop.pending() == [row.text.upper() for row in trained]


def test_a_second_start_changes_nothing(shop: Shop) -> None:
    start(shop)
    tables, files, asked = shop.tables(), shop.files(), len(words(shop).embedded)
    start(shop, corpus("gift", "warranty"))
    assert (shop.tables(), shop.files(), len(words(shop).embedded)) == (tables, files, asked)


@pytest.mark.parametrize("step", ["add", "publish"])
def test_a_start_cut_off_while_writing_leaves_nothing_that_the_next_one_minds(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    empty = shop.tables()

    def fail(*args: Any, **options: Any) -> None:
        raise StoreError("the power went out")

    with monkeypatch.context() as patch:
        patch.setattr(Versions, step, fail)
        with pytest.raises(StoreError, match="power"):
            start(shop)
    assert shop.tables() == empty
    assert not is_set_up(shop.store)
    unused = {path.name for path in shop.folder.iterdir()}
    start(shop)
    assert shop.live().id not in unused
    assert len(shop.versions().all()) == 1
    assert shop.says("refund 7777") == ["refund"]


def test_a_start_killed_before_leaves_its_lock_to_the_next(shop: Shop) -> None:
    with shop.store.unit() as uow:
        uow.locks.acquire(NAME, dead_owner(), 600)
    start(shop)
    assert is_set_up(shop.store)
    assert shop.tables()["locks"] == []


def test_two_starts_at_once_do_not_train_twice(shop: Shop) -> None:
    with shop.store.unit() as uow:
        uow.locks.acquire(NAME, "elsewhere:1:0:abc", 600)
    with pytest.raises(LockedError, match="elsewhere"):
        start(shop)
    assert words(shop).embedded == []


def test_progress_tells_what_is_done_and_ends_where_it_said(shop: Shop) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}
    set_up(
        shop.store, SEED, shop.encoder, PLAN, shop.folder,
        lambda what, done, total: seen.setdefault(what, []).append((done, total)),
    )  # fmt: skip
    steps = seen["training the first version"]
    assert steps == [(step, PLAN.least_steps) for step in range(1, PLAN.least_steps + 1)]


def test_intents_that_are_there_already_keep_what_people_wrote(shop: Shop) -> None:
    mine = replace(SEED.intents["refund"], answer="Ask Ann.")
    with shop.store.unit() as uow:
        uow.intents.add(mine, "ann")
    start(shop)
    with shop.store.unit(read_only=True) as uow:
        assert uow.intents.get("refund") == mine


@pytest.mark.parametrize("broken", ["x" * 2001, "\u202e"], ids=["too long for a chat", "shows nothing"])
def test_a_corpus_row_that_no_chat_would_take_is_refused_before_any_training(tmp_path: Path, broken: str) -> None:
    (tmp_path / "intents.json").write_text('{"refund": {"title": "Refund", "answer": "Yes.", "action": "answer"}}')
    (tmp_path / "train.csv").write_text(f"text,intent\ngive it back,refund\n{broken},refund\n", encoding="utf-8")
    (tmp_path / "holdout.csv").write_text("text,intent\nback please,refund\n")
    with pytest.raises(InputError, match=r"train\.csv, line 3"):
        read_corpus(tmp_path)
