"""What a benchmark run leaves behind: the table, the object, the CSV and the curves."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.cli.bench.stream_plots import Look, draw
from assistant.errors import InputError
from assistant.evaluation.stream_results import StreamResult, measured
from assistant.services.benchmarks.stream_figures import as_csv, as_json, as_markdown, write_csv

PNG = b"\x89PNG\r\n\x1a\n"


def by_hand(plan: str = "default", memory: int | None = 20, lost: int = 1) -> StreamResult:
    rows, arrival = np.array([5, 5]), np.array([0, 1])
    size = None if memory is None else 2_000_000
    one = measured(0, np.array([[4, 0], [4 - lost, 5]]), rows, arrival, [1.0, 0.5], size)
    two = measured(1, np.array([[4, 0], [4, 5]]), rows, arrival, [1.0, 1.5], size)
    return StreamResult("bank/train.csv", plan, "embedded", memory, (one, two))


def squeezed() -> list[StreamResult]:
    """One plan of which but one size of memory ends near the best."""
    return [by_hand(memory=5, lost=4), by_hand(memory=20, lost=0), by_hand("naive", None, lost=4)]


def compared() -> list[StreamResult]:
    joint = by_hand("joint", None, lost=0)
    return [result.beyond(joint) for result in (by_hand(), by_hand(memory=5, lost=2), joint)]


def test_one_result_is_a_table_of_seeds_in_percent_with_mean_and_deviation() -> None:
    assert as_markdown([by_hand()]).splitlines() == [
        "bank/train.csv, encoder embedded, plan default, 20 exemplars per intent",
        "",
        "| seed | final % | average % | forgetting % | base drop % | last update s | all updates s | version MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        "| 0 | 80.00 | 80.00 | 20.00 | 20.00 | 0.50 | 1.50 | 2.00 |",
        "| 1 | 90.00 | 85.00 | 0.00 | 0.00 | 1.50 | 2.50 | 2.00 |",
        "| mean ± sd | 85.00 ± 7.07 | 82.50 ± 3.54 | 10.00 ± 14.14 | 10.00 ± 14.14 | 1.00 ± 0.71 | 2.00 ± 0.71"
        " | 2.00 ± 0.00 |",
    ]


def test_several_results_are_a_table_of_plans_with_the_excess() -> None:
    assert as_markdown([replace(result, shots=10, noise=0.1) for result in compared()]).splitlines() == [
        "bank/train.csv, encoder embedded, seeds 0, 1, 10 rows per new intent, 10.0% of new labels wrong",
        "",
        "| plan | memory | final % | average % | forgetting % | base drop % | excess % | last update s"
        " | all updates s | version MB |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        "| default | 20 | 85.00 ± 7.07 | 82.50 ± 3.54 | 10.00 ± 14.14 | 10.00 ± 14.14 | 10.00 ± 14.14 | 1.00 ± 0.71 |"
        " 2.00 ± 0.71 | 2.00 ± 0.00 |",
        "| default | 5 | 80.00 ± 14.14 | 80.00 ± 7.07 | 20.00 ± 28.28 | 20.00 ± 28.28 | 20.00 ± 28.28 | 1.00 ± 0.71 |"
        " 2.00 ± 0.71 | 2.00 ± 0.00 |",
        "| joint | – | 90.00 ± 0.00 | 85.00 ± 0.00 | 0.00 ± 0.00 | 0.00 ± 0.00 | 0.00 ± 0.00 | 1.00 ± 0.71 |"
        " 2.00 ± 0.71 | – |",
    ]


def test_one_seed_has_no_deviation() -> None:
    single = [replace(result, seeds=result.seeds[:1]) for result in compared()]
    assert "±" not in as_markdown(single)
    assert "±" not in as_markdown(single[:1])


def test_who_reads_one_plan_finds_the_first_of_several() -> None:
    several = compared()
    document = as_json(several)
    assert as_json(several[:1]) == several[0].as_json()
    assert document["plans"] == [result.as_json() for result in several]
    assert {name: value for name, value in document.items() if name != "plans"} == several[0].as_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_csv_has_a_line_per_session() -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(compared()))))
    assert len(lines) == 3 * 2 * 2
    assert lines[1] == {
        "plan": "default", "memory": "20", "seed": "0", "session": "1", "intents": "2", "accuracy": "0.8",
        "old_accuracy": "0.6", "new_accuracy": "1.0", "seconds": "0.5", "forgetting": str(0.8 - 0.6),
    }  # fmt: skip
    assert (lines[0]["old_accuracy"], lines[0]["forgetting"], lines[-1]["memory"]) == ("", "", "")


def test_files_are_written_whole_or_refused(tmp_path: Path) -> None:
    out = tmp_path / "new" / "sessions.csv"
    write_csv([by_hand()], out)
    assert out.read_text() == as_csv([by_hand()])
    assert [file.name for file in out.parent.iterdir()] == ["sessions.csv"]
    with pytest.raises(InputError, match="no regular file"):
        write_csv([by_hand()], tmp_path / "new")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["new"]


@pytest.mark.parametrize("results", [[by_hand()], [by_hand("joint", None)], compared(), squeezed()])
def test_every_kind_of_run_can_be_drawn(results: list[StreamResult], tmp_path: Path) -> None:
    draw(results, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "accuracy.png", "forgetting.png", "memory.png", "seconds.png",
    ]  # fmt: skip
    assert all(file.read_bytes().startswith(PNG) for file in tmp_path.iterdir())


def test_no_two_lines_look_alike() -> None:
    results = [by_hand(f"plan {number}", memory) for number in range(14) for memory in (5, 10, 20)]
    look = Look.of(results)
    drawn = {(look.style(r)["color"], look.style(r)["marker"], look.stroke(r)) for r in results}
    assert len(drawn) == len({look.name(result) for result in results}) == len(results)
