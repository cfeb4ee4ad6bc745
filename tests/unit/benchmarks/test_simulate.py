"""Promises of the simulation: any stream becomes a corpus or a clear refusal, and the nights tell what happened."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from assistant.bootstrap import Assistant
from assistant.cli.simulation_view import as_table
from assistant.domain import LabelledText, Split
from assistant.errors import InputError
from assistant.formats import Row, read_rows
from assistant.learning.plans import UpdatePlan
from assistant.model.encoder import TextEncoder
from assistant.services.benchmarks.stream_months import months_of
from assistant.services.rows.corpus import Corpus
from assistant.services.simulate import Night, Simulation, run_simulation
from assistant.settings import Learning, Settings
from assistant.store import split_of
from assistant.store.intents import NAME
from tests.synthetic import WordEncoder

FILE = Path("stream.csv")
NIGHT = {
    "new_intents", "old_accuracy_before", "old_accuracy", "new_accuracy", "accuracy_by_new_intent", "forgetting",
    "negative_flips", "seconds", "verdict", "exit_code",
}  # fmt: skip


def stream(*intents: str, count: int = 6, session: int | None = None, split: str | None = None) -> list[Row]:
    return [Row(f"{intent} {n}", intent, session, split) for intent in intents for n in range(count)]


def months(rows: Iterable[Row]) -> list[Corpus]:
    return months_of([replace(row, where=f"line {line}") for line, row in enumerate(rows, 2)], FILE)


def of(rows: Iterable[Row]) -> Corpus:
    """All that the months bring together."""
    parts = months(rows)
    return Corpus(
        {name: intent for part in parts for name, intent in part.intents.items()},
        {name: session for part in parts for name, session in part.sessions.items()},
        tuple(row for part in parts for row in part.train),
        tuple(row for part in parts for row in part.holdout),
    )


# --- streams ---


def test_sessions_of_the_file_decide_when_an_intent_arrives() -> None:
    rows = [*stream("loan", session=7), *stream("bill", "card", session=3), *stream("card", session=7)]
    assert of(rows).sessions == {"bill": 3, "card": 3, "loan": 7}
    assert [set(month.intents) for month in months(rows)] == [{"bill", "card"}, {"loan"}]


def test_a_later_row_of_a_known_intent_arrives_with_its_session() -> None:
    later = [Row("pay it", "bill", 1), Row("card 1", "bill", 1), Row("pay it by card", "card", 2, "test")]
    base, *rest = months([*stream("bill", "card", session=0, split="train"), *later])
    assert {row.text for row in base.train} == {row.text for row in stream("bill", "card")}
    assert [(month.intents, month.train, month.holdout) for month in rest] == [
        ({}, (LabelledText("pay it", "bill"), LabelledText("card 1", "bill")), ()),
        ({}, (), (LabelledText("pay it by card", "card"),)),
    ]


def test_without_sessions_half_of_the_intents_are_there_and_the_rest_arrive_over_three_nights() -> None:
    made = of(stream(*(f"intent {n}" for n in range(10))))
    assert list(made.sessions.values()) == [0] * 5 + [1, 1, 2, 2, 3]
    assert list(of(stream("bill", "card")).sessions.values()) == [0, 1]
    assert list(of(stream("bill", "card", "loan")).sessions.values()) == [0, 0, 1]


def test_messages_of_no_intent_are_there_from_the_start_and_take_no_intents_place() -> None:
    made = of(stream("bill", "card", "out_of_scope"))
    assert made.sessions == {"bill": 0, "out_of_scope": 0, "card": 1}
    made = of(stream("out_of_scope", "bill", "card", "debt", "loan"))
    assert made.sessions == {"out_of_scope": 0, "bill": 0, "card": 0, "debt": 1, "loan": 2}


def test_sessions_on_some_rows_only_are_refused() -> None:
    with pytest.raises(InputError, match=r"stream\.csv: some rows have a session and some do not"):
        of([*stream("bill", session=0), *stream("card")])


@pytest.mark.parametrize("rows", [stream("bill"), stream("bill", "card", session=4)], ids=["one intent", "one session"])
def test_a_stream_with_nothing_new_is_refused(rows: list[Row]) -> None:
    with pytest.raises(InputError, match=r"\d intents?, all in one session; a simulation needs two or more: give rows"):
        of(rows)


def test_a_first_session_without_a_row_to_train_on_is_refused() -> None:
    with pytest.raises(InputError, match="no row of session 0 is left to train"):
        of([*stream("bill", session=0, split="test"), *stream("card", session=1)])


ODD_LABELS = [
    "Where is my order?", "where is my order", "é", "ü", "订单", "👍", "7", "x", "_", "-- ",
    "a" * 10_000, "a" * 9_999, "a" * 35 + " b", "refund!" * 30, "1st question", "line\nbreak", "Ünïcödé läbel",
]  # fmt: skip


def test_odd_labels_become_names_that_the_store_takes_each_its_own() -> None:
    labels = [*ODD_LABELS, *(f"订单{n}号" for n in range(300)), *(chr(0x4E00 + n) for n in range(1000))]
    made = of(Row(f"text {n}", label, n % 2) for n, label in enumerate(labels))
    assert len(made.intents) == len(labels)
    assert all(NAME.fullmatch(name) for name in made.intents)
    assert {row.intent for row in (*made.train, *made.holdout)} == set(made.intents)
    for intent in made.intents.values():
        assert 1 <= len(intent.title) <= 80
        assert intent.title.strip()
        assert intent.answer.strip()
    titles = [intent.title.casefold() for intent in made.intents.values()]
    assert len(set(titles)) == len(titles)  # the desk takes no title twice
    assert made.intents["where_is_my_order"].title == "Where is my order?"


def test_labels_that_differ_in_spelling_alone_are_one_intent_as_an_import_takes_them() -> None:
    labels = ["Rückgabe", "RUECKGABE", unicodedata.normalize("NFD", "rückgabe"), "rück_gabe"]
    first, later = months(Row(f"text {n}", label, n % 2) for n, label in enumerate([*labels, "Bill", " bill"]))
    assert (list(first.intents), list(later.intents)) == (["rueckgabe", "bill"], ["rueck_gabe"])
    assert {row.intent for row in (*later.train, *later.holdout)} == {"rueckgabe", "rueck_gabe", "bill"}
    assert list(of(stream("Bill", "bill", "card")).sessions.values()) == [0, 1]


def test_labels_with_accents_are_named_as_an_import_names_them() -> None:
    assert set(of([*stream("Rückgabe", session=0), *stream("Réclamation", session=1)]).intents) == {
        "rueckgabe",
        "reclamation",
    }


def test_rows_of_a_held_split_only_judge_and_train_rows_only_train() -> None:
    rows = [
        *stream("bill", "card", session=0, split="train"),
        *(Row(f"bill {side}", "bill", 0, side) for side in ("holdout", "test")),
        *stream("loan", session=1),
    ]
    made = of(rows)
    assert {row.text for row in made.holdout} == {"bill holdout", "bill test"}
    assert len(made.train) == 18


def test_without_a_split_one_in_five_of_the_first_session_judges_as_later_rows_will() -> None:
    made = of([*stream("bill", count=200, session=0), *stream("card", count=200, session=1)])
    assert 20 <= len(made.holdout) <= 60
    assert {split_of(row.text) for row in made.holdout} == {Split.HOLDOUT}
    assert {row.intent for row in made.holdout} == {"bill"}
    assert {split_of(row.text) for row in made.train if row.intent == "bill"} == {Split.TRAIN}
    assert len([row for row in made.train if row.intent == "card"]) == 200


def test_of_a_text_that_comes_twice_the_last_label_counts_whatever_its_spelling() -> None:
    rows = [Row("Hello  there", "bill", 0, "train"), Row("hello there", "card", 0, "train"), *stream("loan", session=1)]
    made = of([*stream("bill", "card", session=0, split="train"), *rows])
    assert [row.intent for row in made.train if row.text.lower().startswith("hello")] == ["card"]


def test_a_text_that_is_held_anywhere_is_never_trained_on() -> None:
    rows = [Row("bill 1", "bill", 0, "test"), Row("BILL 2", "bill", 0, "holdout"), *stream("bill", session=0)]
    made = of([*rows, *stream("card", session=1, split="train"), Row("card 1", "card", 1, "test")])
    trained = {row.text for row in made.train}
    assert not trained & {"bill 1", "bill 2", "BILL 2", "card 1"}


def test_messages_of_no_intent_are_left_out() -> None:
    rows = [*stream("bill", "card", split="train"), Row("weather", "oos", None, "oos_train")]
    made = of([*rows, Row("sports", "oos", None, "oos_test")])
    assert list(made.intents) == ["bill", "card"]


@pytest.mark.parametrize("text", ["x" * 2001, "\u200b\u202e"], ids=["too long", "invisible"])
def test_a_text_that_no_customer_could_write_is_named_before_anything_runs(text: str) -> None:
    with pytest.raises(InputError, match=r"stream\.csv, line 14: This text"):
        of([*stream("bill", session=0), *stream("card", session=1), Row(text, "card", 1)])


def test_a_label_without_a_title_to_show_is_named_before_anything_runs() -> None:
    with pytest.raises(InputError, match=r"stream\.csv: label '\\u200b': Title: "):
        of([*stream("bill", session=0), *stream("card", session=1), Row("hello", "\u200b", 1)])


# --- whole simulations ---


class Parts(Assistant):
    """An installation whose encoder is made up."""

    encoder = WordEncoder(noise=0.3)

    @property
    def encoders(self) -> Callable[[str], TextEncoder]:  # type: ignore[override]
        return lambda name: self.encoder

    def plan(self, coming: int = 0, dimension: int | None = None) -> UpdatePlan:
        return replace(super().plan(coming), hidden=64, batch_size=32, least_steps=25, epochs=1, learning_rate=1e-2)

    def at(self, data: Path) -> Parts:
        return Parts(super().at(data).settings)


def simulated(folder: Path, rows: list[Row], **learning: object) -> Simulation:
    path = folder / "stream.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category", "session", "split"])
        writer.writerows([row.text, row.intent, row.session, row.split] for row in rows)
    assert [row.text for row in read_rows(path)] == [row.text for row in rows]
    parts = Parts(Settings(data=folder / "real", learning=Learning.model_validate(learning)))
    result = run_simulation(parts, path, lambda what, done, total: None)
    assert not (folder / "real").exists()  # the database of the shop is left alone
    return result


def sentences(word: str, session: int, count: int = 45) -> list[Row]:
    return [Row(f"{word.split(maxsplit=1)[0]} number {n}", word, session) for n in range(count)]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """Two nights, after which all is known; labels and texts as odd as files have them."""
    rows = [*sentences("card", 0), *sentences("Bill payment!", 0), *sentences("größe ändern", 4), *sentences("loan", 9)]
    return simulated(tmp_path_factory.mktemp("learned"), rows)


def test_the_figures_have_the_promised_keys(learned: Simulation) -> None:
    figures = json.loads(json.dumps(learned.as_json(), allow_nan=False))
    assert set(figures) == {"nights", "final_accuracy"}
    assert [set(night) for night in figures["nights"]] == [NIGHT, NIGHT]


def test_each_night_learns_what_arrived(learned: Simulation) -> None:
    assert [night.new_intents for night in learned.nights] == [["groesse_aendern"], ["loan"]]
    assert [(night.verdict, night.exit_code) for night in learned.nights] == [("published", 0)] * 2
    for night in learned.nights:
        assert night.old_accuracy_before is not None
        assert night.old_accuracy is not None
        assert night.new_accuracy is not None
        assert night.old_accuracy >= night.old_accuracy_before - 0.01
        assert night.new_accuracy >= 0.8
        assert night.accuracy_by_new_intent == {night.new_intents[0]: night.new_accuracy}
        assert night.seconds
    assert learned.final_accuracy is not None
    assert learned.final_accuracy >= 0.9


def test_without_regulariser_and_replay_the_gates_refuse(tmp_path: Path) -> None:
    rows = [row for word in ("card", "bill") for row in sentences(word, 0)]
    rows += [row for word in ("loan", "cash", "rent", "coin", "debt") for row in sentences(word, 1)]
    (night,) = simulated(tmp_path, rows, regularizer={"name": "none"}, replay=0.0).nights
    assert (night.verdict, night.exit_code) == ("refused", 20)
    assert night.forgetting is not None
    assert night.forgetting > 0.1
    assert re.search("old_accuracy: old intents", night.reason)


def test_a_night_without_anything_to_train_on_says_so(tmp_path: Path) -> None:
    held = [Row(row.text, row.intent, 1, "test") for row in sentences("loan", 1)]
    result = simulated(tmp_path, [*sentences("card", 0), *sentences("bill", 0), *held])
    (night,) = result.nights
    assert (night.verdict, night.exit_code, night.new_intents) == ("nothing to do", 10, ["loan"])
    assert (night.old_accuracy, night.seconds) == (None, None)
    assert "loan cannot be learned yet" in night.reason
    assert result.final_accuracy is not None
    assert 0.1 < result.final_accuracy < 0.5  # the rows of the intent that was never learned count as wrong


def test_a_stream_too_small_for_a_holdout_runs_and_claims_nothing(tmp_path: Path) -> None:
    rows = [row for word in ("card", "bill", "loan") for row in sentences(word, int(word == "loan"), 9)]
    result = simulated(tmp_path, [row for row in rows if split_of(row.text) is Split.TRAIN])
    assert result.final_accuracy is None
    assert result.nights[0].old_accuracy is None
    assert "unproven" in result.nights[0].reason


def test_the_table_is_whole_in_a_terminal_of_eighty_columns() -> None:
    night = Night(["loan"], 1.0, 1.0, 1.0, {"loan": 1.0}, -1.0, 1.0, 1234.5, "published", 0, "")
    said = Console(width=80, file=io.StringIO())
    said.print(as_table(Simulation([night], 1.0)))
    table = said.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in table
    assert all(word in table for word in ("forgetting", "seconds", "published", "-100.00", "1234.5"))
