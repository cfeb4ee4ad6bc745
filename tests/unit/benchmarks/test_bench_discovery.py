"""The discovery benchmark over files: which rows it takes, and what it writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import InputError, UnknownStrategyError
from assistant.learning.plans import PLANS
from assistant.services.benchmarks.discovery import DiscoveryResult, run_discovery
from assistant.strategies import Spec
from tests.encoders import CentredEncoder

INTENTS = ["bill", "card", "debt", "loan", "rent", "fees", "cash", "save"]


@pytest.fixture(autouse=True)
def small_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLANS, "default", replace(PLANS["default"], hidden=32))


def csv_file(folder: Path, name: str, count: int) -> Path:
    path = folder / name
    path.write_text("text,category\n" + "".join(f"{i} {name} {n},{i}\n" for i in INTENTS for n in range(count)))
    return path


def run(folder: Path, **changes: Any) -> DiscoveryResult:
    usual: dict[str, Any] = {"share": 0.25, "seeds": [0, 1], "encoder": CentredEncoder(dimension=32)}
    data, test = csv_file(folder, "train.csv", 12), csv_file(folder, "test.csv", 4)
    options = {**usual, "discoverer": Spec(name="anchored"), **changes}
    return run_discovery(data, test, cache=folder / "cache", **options)


def test_hidden_intents_that_are_plain_to_see_are_found(tmp_path: Path) -> None:
    document = run(tmp_path).as_json()
    assert document["mean"] == {
        "nmi": pytest.approx(1), "ari": 1, "accuracy": 1, "k_error": 0, "known_wrongly_proposed": 0,
    }  # fmt: skip
    assert [(seed["seed"], seed["hidden"], seed["proposals"]) for seed in document["seeds"]] == [(0, 2, 2), (1, 2, 2)]


def test_the_bar_is_there_before_the_first_seed_ends(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    run(tmp_path, seeds=[0], progress=lambda *what: told.append(what))
    assert [each for each in told if each[0] != "embedding"] == [("discovering", 0, 1), ("discovering", 1, 1)]


def test_the_discoverer_never_sees_a_label_of_a_hidden_intent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.services.watching import remembered

    seen: list[set[str]] = []
    original = remembered.known_intents

    def noted(learner: Any) -> Any:
        known = original(learner)
        seen.append(set(known.intents))
        return known

    monkeypatch.setattr(remembered, "known_intents", noted)
    run(tmp_path, seeds=[3])
    assert len(seen[0]) == 6


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"share": 0.0}, "--hidden 0.0"),
        ({"share": 0.9}, "leaves at least two"),
        ({"share": float("nan")}, "--hidden nan"),
        ({"seeds": []}, "--seeds "),
        ({"seeds": [1, 1]}, "--seeds "),
        ({"judged": "holdout", "share": 1}, "--hidden 1"),
    ],
)
def test_what_cannot_be_run_is_told_before_anything_is_embedded(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    encoder = CentredEncoder()
    with pytest.raises(InputError, match=says):
        run(tmp_path, encoder=encoder, **changes)
    assert encoder.asked == []


def test_an_unknown_discoverer_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnknownStrategyError, match="did you mean 'anchored'"):
        run(tmp_path, discoverer=Spec(name="anchord"))
