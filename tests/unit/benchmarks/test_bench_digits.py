"""Split digits: the regulariser's strength decides between forgetting and not learning, with room between the two."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.cli.bench.digits import draw
from assistant.errors import InputError
from assistant.services.benchmarks.digits import Point, as_json, as_markdown, run_digits


@pytest.fixture(scope="module")
def points() -> list[Point]:
    told: list[tuple[str, int, int]] = []
    found = run_digits((0.0, 100.0, 1e8), progress=lambda *what: told.append(what))
    assert told == [("strengths", done, 3) for done in range(4)]
    return found


@pytest.mark.slow
def test_without_the_regulariser_old_tasks_are_forgotten(points: list[Point]) -> None:
    assert points[0].learned > 0.95
    assert points[0].kept < 0.85


@pytest.mark.slow
def test_at_a_fair_strength_nine_tenths_of_the_old_accuracy_stay_and_new_tasks_are_learned(points: list[Point]) -> None:
    assert points[1].learned > 0.95
    assert points[1].kept >= 0.9
    assert points[1].new > 0.95


@pytest.mark.slow
def test_far_too_much_strength_blocks_new_tasks(points: list[Point]) -> None:
    assert points[2].new < 0.8
    assert points[2].kept >= 0.95


def test_the_figures_and_the_curves_that_are_written(tmp_path: Path) -> None:
    points = [Point(0.0, 0.9, 0.45, 0.8), Point(10.0, 0.8, 0.8, 0.7)]
    assert as_json(points)[0] == {"strength": 0.0, "learned": 0.9, "old": 0.45, "new": 0.8, "kept": 0.5}
    assert "| 10 | 80.0 | 100.0 | 70.0 |" in as_markdown(points)
    draw(points, tmp_path / "strengths.png")
    assert (tmp_path / "strengths.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("strengths", [(), (-1.0,), (float("nan"),)])
def test_strengths_that_cannot_be_are_refused(strengths: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="give one or more numbers, 0 or more"):
        run_digits(strengths)
