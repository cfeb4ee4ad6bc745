"""One list of promises for every drift monitor, and what each is there to see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assistant.monitoring import drift
from assistant.monitoring.drift import MONITORS, WINDOW, alarms, bands, lasting, lasting_scores
from assistant.monitoring.monitors.base import Band, DriftMonitor
from assistant.monitoring.monitors.page_hinkley import PageHinkley
from assistant.monitoring.typos import misspelt_characters, misspelt_words
from assistant.monitoring.windows import Lens, Window, entropies

REFERENCE = 600


def traffic(rows: int, seed: int, **shifted: object) -> Window:
    """Quiet traffic about twenty intents; what is `shifted` is replaced."""
    rng = np.random.default_rng(seed)
    intents = rng.choice(20, rows, p=np.arange(1, 21) / 210)
    window = Window(
        entropy=rng.gamma(2.0, 0.2, rows),
        outside=rng.random(rows) < 0.08,
        intents=intents,
        coordinates=rng.normal(size=(rows, 16)) + 0.5 * np.eye(20, 16)[intents],
        disputed=rng.random(rows) < 0.03,
        disputed_before=rng.random(256) < 0.03,
    )
    return replace(window, **shifted)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def reference() -> Window:
    return traffic(REFERENCE, 0)


@pytest.fixture(scope="module")
def usual(reference: Window) -> dict[str, Band]:
    return bands(reference)


def outside(reference: Window, usual: dict[str, Band], window: Window) -> set[str]:
    found = {name: monitor().score(reference, window) for name, monitor in MONITORS.items()}
    return {name for name, score in found.items() if not usual[name].low <= score <= usual[name].high}


def test_quiet_windows_stay_inside_every_band(reference: Window, usual: dict[str, Band]) -> None:
    beyond = [outside(reference, usual, traffic(WINDOW, seed)) for seed in range(1, 101)]
    for name in MONITORS:
        assert sum(name in each for each in beyond) <= 3, name
    pairs = ((traffic(WINDOW, seed), traffic(WINDOW, seed + 1)) for seed in range(1, 101))
    assert not any(told(reference, usual, *pair) for pair in pairs)


RNG = np.random.default_rng(7)
SHIFTS: dict[str, dict[str, object]] = {
    "entropy": {"entropy": RNG.gamma(2.0, 0.4, WINDOW)},
    "out_of_scope": {"outside": RNG.random(WINDOW) < 0.5},
    "intent_prior": {"intents": np.where(RNG.random(WINDOW) < 0.7, 0, RNG.integers(0, 20, WINDOW))},
    "intent_peaks": {
        "intents": np.where(RNG.random(WINDOW) < 0.5, RNG.integers(10, 13, WINDOW), RNG.integers(0, 20, WINDOW))
    },
    "embedding": {"coordinates": RNG.normal(size=(WINDOW, 16)) + 0.5},
    "directions": {"coordinates": 3.0 * RNG.normal(size=(WINDOW, 16))},
    "corrections": {"disputed": RNG.random(WINDOW) < 0.3},
    "page_hinkley": {"disputed": RNG.random(WINDOW) < 0.12, "disputed_before": RNG.random(256) < 0.12},
}


@pytest.mark.parametrize("name", MONITORS)
def test_each_monitor_sees_what_it_is_there_for(name: str, reference: Window, usual: dict[str, Band]) -> None:
    assert name in outside(reference, usual, traffic(WINDOW, 500, **SHIFTS[name]))


@pytest.mark.parametrize("name", MONITORS)
def test_a_score_does_not_depend_on_the_order_within_the_reference(name: str, reference: Window) -> None:
    window = traffic(WINDOW, 3)
    shuffled = reference.taken(np.random.default_rng(1).permutation(REFERENCE))
    monitor = MONITORS[name]()
    assert monitor.score(reference, window) == pytest.approx(monitor.score(shuffled, window), abs=1e-9)
    assert monitor.band(reference, WINDOW) == monitor.band(reference, WINDOW)


@pytest.mark.parametrize("place", [0, 1, 31, 64, 100, 128])
def test_a_burst_of_complaints_is_no_slow_rise_wherever_it_lies(
    place: int, reference: Window, usual: dict[str, Band]
) -> None:
    before = np.isin(np.arange(3 * WINDOW), np.arange(place, place + WINDOW))
    window = traffic(WINDOW, 600, disputed=np.zeros(WINDOW, dtype=bool), disputed_before=before)
    assert "page_hinkley" not in outside(reference, usual, window)


@pytest.mark.parametrize("messages", [63, 64, 65, 256])
def test_page_hinkley_is_the_least_rise_over_all_stretches_that_may_be_left_out(messages: int) -> None:
    silent = traffic(REFERENCE, 0, disputed=np.zeros(REFERENCE, dtype=bool))
    monitor, window = PageHinkley(), traffic(WINDOW, 5)
    said = np.random.default_rng(messages).random(messages) < 0.2
    row = said.astype(float) - 0.5 / (REFERENCE + 1) - monitor.slack
    rises = []
    for start in range(messages - WINDOW + 1):
        sums = np.cumsum([0.0, *row[:start], *row[start + WINDOW :]])
        rises.append(float((sums - np.minimum.accumulate(sums)).max()))
    window = replace(window, disputed=said[-WINDOW:], disputed_before=said[:-WINDOW])
    if messages < WINDOW:
        window = window.taken(np.arange(messages))
    assert monitor.score(silent, window) == pytest.approx(min(rises, default=0.0))


def test_a_reference_without_complaints_does_not_make_the_first_one_an_alarm(reference: Window) -> None:
    silent = replace(reference, disputed=np.zeros(REFERENCE, dtype=bool))
    window = traffic(WINDOW, 9, disputed=np.arange(WINDOW) == 5, disputed_before=np.zeros(256, dtype=bool))
    assert not {"corrections", "page_hinkley"} & outside(silent, bands(silent), window)


def test_a_reference_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="reference of 100 messages"):
        bands(traffic(100, 0))


SHIFT: dict[str, object] = {
    "entropy": RNG.gamma(2.0, 0.6, WINDOW),
    "outside": RNG.random(WINDOW) < 0.6,
    "intents": np.zeros(WINDOW, dtype=int),
    "coordinates": RNG.normal(size=(WINDOW, 16)) + 1.0,
    "disputed": RNG.random(WINDOW) < 0.4,
}


def told(reference: Window, usual: dict[str, Band], first: Window, second: Window) -> set[str]:
    found = lasting_scores(reference, first, second, usual)
    return {name for name, score in found.items() if not usual[name].low <= score <= usual[name].high}


@pytest.mark.parametrize("place", [0, 1, 13, 32, 51, 63, 64])
def test_a_burst_of_a_window_triggers_nothing_wherever_it_lies(
    place: int, reference: Window, usual: dict[str, Band]
) -> None:
    """Half of it in one window and half in the next, both windows lie outside; that is no drift yet."""
    quiet, burst = traffic(2 * WINDOW, 700), traffic(WINDOW, 701, **SHIFT)
    rows = np.arange(2 * WINDOW)
    mixed = np.where((rows >= place) & (rows < place + WINDOW), 2 * WINDOW + rows - place, rows)
    both = Window(
        *(
            np.concatenate([getattr(quiet, name), getattr(burst, name)])
            for name in ("entropy", "outside", "intents", "coordinates", "disputed")
        )
    ).taken(mixed)
    first, second = both.taken(rows[:WINDOW]), both.taken(rows[WINDOW:])
    calm = np.zeros(256, dtype=bool)
    second = replace(second, disputed_before=np.concatenate([calm, first.disputed]))
    if place == 32:
        assert {"entropy", "out_of_scope", "embedding"} <= outside(reference, usual, first)
        assert {"entropy", "out_of_scope", "embedding"} <= outside(reference, usual, second)
    assert told(reference, usual, first, second) == set()


class Loudest(DriftMonitor):
    """A single message of a burst is enough for it."""

    def score(self, reference: Window, window: Window) -> float:
        return float(window.entropy.max())


def test_a_burst_is_left_out_to_the_message(monkeypatch: pytest.MonkeyPatch, reference: Window) -> None:
    """Wherever it starts; a search at every other place would leave a message of it in."""
    monkeypatch.setattr(drift, "MONITORS", {"loudest": Loudest})
    quiet, rows = replace(traffic(2 * WINDOW, 704), entropy=np.zeros(2 * WINDOW)), np.arange(2 * WINDOW)
    for place in range(WINDOW + 1):
        both = replace(quiet, entropy=((rows >= place) & (rows < place + WINDOW)).astype(float))
        first, second = both.taken(rows[:WINDOW]), both.taken(rows[WINDOW:])
        assert lasting_scores(reference, first, second, {"loudest": Band(0.0, 0.5)}) == {"loudest": 0.0}, place
    longer = replace(quiet, entropy=(rows < WINDOW + 1).astype(float))
    first, second = longer.taken(rows[:WINDOW]), longer.taken(rows[WINDOW:])
    assert lasting_scores(reference, first, second, {"loudest": Band(0.0, 0.5)}) == {"loudest": 1.0}


def test_a_change_that_goes_on_for_two_windows_is_told(reference: Window, usual: dict[str, Band]) -> None:
    first, second = traffic(WINDOW, 702, **SHIFT), traffic(WINDOW, 703, **SHIFT)
    assert {
        "entropy",
        "out_of_scope",
        "intent_prior",
        "intent_peaks",
        "embedding",
        "directions",
        "corrections",
    } <= told(reference, usual, first, second)


def test_a_change_raises_one_alarm_and_goes_on_while_its_scores_stay_outside() -> None:
    assert alarms([False, False]) == []
    assert alarms([True, True, False, True, True, True]) == [0, 3]
    assert not lasting([])
    assert not lasting([True, False])
    assert lasting([False, True])


def test_the_lens_keeps_the_distances_that_the_reference_has() -> None:
    vectors = np.random.default_rng(0).normal(size=(20, 50)).astype(np.float32)
    seen = Lens.fitted(vectors).seen(vectors)
    assert seen.shape == (20, 19)
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    assert np.allclose(np.linalg.norm(seen[:, None] - seen[None], axis=2), distances, atol=1e-3)


def test_entropy_counts_what_the_stored_scores_leave_over() -> None:
    assert entropies([[1.0], [0.5, 0.5], [0.5]]) == pytest.approx([0.0, np.log(2), np.log(2)])


def test_typos_change_the_share_that_is_asked_for() -> None:
    text = "where is the parcel that i ordered last week " * 20
    rng = np.random.default_rng(0)
    words = misspelt_words(text, 0.2, rng).split()
    changed = np.mean([a != b for a, b in zip(words, text.split(), strict=True)])
    assert 0.1 < changed < 0.3
    assert misspelt_words(text.strip(), 0.0, rng) == text.strip() == misspelt_characters(text, 0.0, rng)
    assert misspelt_characters(text, 0.2, rng) != text
