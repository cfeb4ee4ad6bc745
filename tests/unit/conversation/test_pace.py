"""Promises of the pace: a burst, a rate, and nothing that is remembered for long."""

from __future__ import annotations

import pytest

from ui.web.pace import Pace


class Watch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_burst_passes_and_then_one_at_a_time(watch: Watch) -> None:
    pace = Pace(burst=3, per_second=2, now=watch)
    assert [pace.wait("ann") for _ in range(3)] == [0, 0, 0]
    assert pace.wait("ann") == pytest.approx(0.5)
    assert pace.wait("ann") == pytest.approx(0.5)  # what was refused does not count
    watch.seconds += 0.5
    assert pace.wait("ann") == 0
    assert pace.wait("ann") > 0
    watch.seconds += 60
    assert [pace.wait("ann") > 0 for _ in range(4)] == [False, False, False, True]


def test_one_who_floods_takes_nothing_from_another(watch: Watch) -> None:
    pace = Pace(burst=3, per_second=2, now=watch)
    while not pace.wait("mallory"):
        pass
    assert pace.wait("ann") == 0


def test_those_who_have_been_quiet_are_forgotten(watch: Watch) -> None:
    pace = Pace(burst=3, per_second=2, now=watch)
    for number in range(1000):
        pace.wait(f"visitor {number}")
        watch.seconds += 0.01
    assert len(pace._full_at) <= 0.5 / 0.01 + 1
