"""`assistant bench training`: both sides take the same steps on the same texts, the first ones do not count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli.bench.training import training
from assistant.errors import InputError
from assistant.services.benchmarks.training import SENTENCES, Speed, Training, _texts, _Watch, run_training


@pytest.mark.slow
def test_both_sides_are_timed_for_every_scope(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training("small", batch=4, steps=3, warm=1, json_file=tmp_path / "training.json")
    written = json.loads((tmp_path / "training.json").read_text())
    assert [speed["scope"] for speed in written["speeds"]] == ["full", "lora"]
    assert all(speed["ratio"] == speed["ours"] / speed["trainer"] > 0 for speed in written["speeds"])
    assert f"| full | {written['speeds'][0]['ours']:.1f} |" in capsys.readouterr().out


def test_the_first_steps_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 12.5])
    monkeypatch.setattr("assistant.services.benchmarks.training.perf_counter", lambda: next(clock))
    told: list[int] = []
    watch = _Watch(2, lambda done, total: told.append(done))
    for done in (1, 2, 3, 4, 4):  # a consolidation tells the last step once more when it is done
        watch(done, 4)
    assert watch.seconds == 2.5
    assert told == [2, 4]


def test_texts_are_of_differing_lengths_and_every_number_of_an_intent_occurs() -> None:
    texts, targets = _texts(2 * SENTENCES)
    assert len(texts[SENTENCES - 1]) > 2 * len(texts[0])
    assert set(targets.tolist()) == set(range(targets.max() + 1))


def test_the_table_and_the_ratio() -> None:
    result = Training("CPU", "small", 8, 1, 2, (Speed("full", 30.0, 20.0),))
    assert "| full | 30.0 | 20.0 | 1.50 |" in result.as_markdown()
    assert result.as_json()["speeds"] == [{"scope": "full", "ours": 30.0, "trainer": 20.0, "ratio": 1.5}]


@pytest.mark.parametrize(
    ("wrong", "said"), [({"geometry": "roberta-huge"}, "roberta-base, small"), ({"steps": 0}, "give 1 or more")]
)
def test_what_cannot_be_run_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        run_training(**{"geometry": "small", **wrong})  # type: ignore[arg-type]
