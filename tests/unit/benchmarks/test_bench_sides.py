"""What the rows of a benchmark are for is told where it is not as it should be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.services.benchmarks.discovery import run_discovery
from assistant.services.benchmarks.oos_rows import parted, read_parts
from assistant.services.benchmarks.sides import one_file
from assistant.services.benchmarks.streams import bench_rows
from assistant.store.texts import split_of
from assistant.strategies import Spec
from tests.encoders import CentredEncoder

INTENTS = ("bill", "card", "debt", "loan")


def written(folder: Path, name: str, rows: list[tuple[str, str, str]]) -> Path:
    lines = "".join(f"{text},{intent},{split}\n" for text, intent, split in rows)
    (folder / name).write_text(f"text,intent,split\n{lines}")
    return folder / name


def rows(split: str, count: int, *intents: str) -> list[tuple[str, str, str]]:
    return [(f"{intent} {split} {n}", intent, split) for intent in intents or INTENTS for n in range(count)]


def discovered(data: Path) -> object:
    encoder, finder = CentredEncoder(), Spec(name="anchored")
    run = run_discovery(data, None, share=0.5, seeds=[0], encoder=encoder, cache=data.parent, discoverer=finder)
    return [seed.scores for seed in run.seeds]


@pytest.mark.parametrize("read", [discovered, lambda data: read_parts(data, None, "test")], ids=["discovery", "oos"])
def test_rows_of_an_intent_that_nothing_is_learned_of_are_left_out_and_told(
    tmp_path: Path, read: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    whole = written(tmp_path, "whole.csv", [*rows("train", 5), *rows("test", 5)])
    data = written(tmp_path, "data.csv", [*rows("train", 5), *rows("test", 5, *INTENTS, "visa")])
    assert read(data) == read(whole)
    assert "5 of 25 rows to measure on are of intents without train rows: 'visa'; they are left out" in caplog.text
    data = written(tmp_path, "data.csv", [*rows("train", 5), *rows("test", 5, "visa")])
    with pytest.raises(InputError, match=r"5 of 5 rows to measure on .*add train rows of the same intents"):
        read(data)


@pytest.mark.parametrize(
    "read", [discovered, lambda data: parted(read_parts(data, None, "test"), 0, 0.25)], ids=["discovery", "oos"]
)
def test_data_of_two_intents_is_not_told_to_choose_another_share_to_hide(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    """No share hides one of two and leaves two."""
    data = written(tmp_path, "data.csv", [*rows("train", 5, "bill", "card"), *rows("test", 5, "bill", "card")])
    with pytest.raises(InputError, match=r"^2 intents with train rows: .* takes three; give train rows of"):
        read(data)


BENCHMARKS = pytest.mark.parametrize(
    "read",
    [
        lambda data: bench_rows(data, None, "test"),
        lambda data: bench_rows(data, data, "test"),
        lambda data: read_parts(data, None, "test"),
        lambda data: one_file(data, "test"),
    ],
    ids=["stream", "two files", "oos", "one file"],
)


@BENCHMARKS
def test_texts_that_are_learned_and_measured_on_are_told(
    tmp_path: Path, read: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    read(written(tmp_path, "data.csv", [*rows("train", 5), *rows("test", 5)]))
    assert caplog.text == ""
    read(written(tmp_path, "data.csv", [*rows("train", 5), *rows("test", 5), ("Bill  train 0", "bill", "test")]))
    assert "1 of 21 rows to measure on have the text of a train row, such as 'Bill  train 0'" in caplog.text


@BENCHMARKS
def test_labels_that_differ_in_spelling_alone_are_told(
    tmp_path: Path, read: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    """A shop takes them for one intent; for two that nobody can tell apart every figure is too low."""
    twins = ("bill", "Bill", "b\xfcro", "bu\u0308ro", "card")
    read(written(tmp_path, "data.csv", [*rows("train", 5, *twins), *rows("test", 5, *twins)]))
    assert "data.csv: the labels 'bill', 'Bill' count as intents of their own; write one where" in caplog.text
    assert r"data.csv: the labels 'b\xfcro', 'bu\u0308ro' count as intents of their own" in caplog.text  # look the same


def test_out_of_scope_is_no_intent_however_it_is_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = written(
        tmp_path, "data.csv", [*rows("train", 60), *rows("test", 5), *rows("test", 5, "Out of scope", "OUT_OF_SCOPE")]
    )
    parts = read_parts(data, None, "test")
    assert len(parts.outside) == 10
    assert {row.intent for row in parts.judged} == {*INTENTS}
    assert caplog.text == ""


def test_a_text_that_is_there_twice_is_in_one_half(tmp_path: Path) -> None:
    data = written(tmp_path, "data.csv", [*rows("train", 5), *rows("holdout", 60), *rows("holdout", 60)])
    halves = parted(read_parts(data, None, "holdout"), 0, 0.25)
    assert not {row.text for row in halves.calibrating} & {row.text for row in halves.judged}
    assert halves.calibrating
    assert halves.judged


def test_an_intent_keeps_a_row_to_learn_where_a_fifth_of_them_calibrates(tmp_path: Path) -> None:
    lone = next(text for n in range(100) if split_of(text := f"visa {n}") == "holdout")
    data = written(tmp_path, "data.csv", [*rows("train", 60), (lone, "visa", "train"), *rows("test", 5)])
    assert lone in {row.text for row in read_parts(data, None, "test").train}
