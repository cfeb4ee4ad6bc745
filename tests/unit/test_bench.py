"""The benchmark over files: which rows it takes, what it keeps on disk, what it writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.errors import AssistantError, InputError
from assistant.evaluation.stream_results import StreamResult, measured
from assistant.learning.plans import PLANS, UpdatePlan
from assistant.services.bench import as_markdown, run_stream, write_result
from assistant.services.features import cached_features
from tests.encoders import CentredEncoder

INTENTS = ["bill", "card", "debt", "loan", "rent"]


@pytest.fixture(autouse=True)
def small_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLANS, "default", UpdatePlan(hidden=32, least_steps=30, batch_size=32))


def clinc(folder: Path) -> Path:
    def entries(key: str, count: int) -> list[list[str]]:
        return [[f"{intent} {key} {n}", intent] for intent in INTENTS for n in range(count)]

    path = folder / "data.json"
    document = {"train": entries("train", 8), "val": entries("val", 2), "test": entries("test", 3)}
    path.write_text(json.dumps({**document, "oos_train": [["weather today", "oos"]]}))
    return path


def csv_file(folder: Path, name: str, count: int) -> Path:
    path = folder / name
    path.write_text("text,category\n" + "".join(f"{i} {name} {n},{i}\n" for i in INTENTS for n in range(count)))
    return path


def run(
    data: Path, encoder: CentredEncoder, cache: Path, *, test: Path | None = None, judged: str = "test"
) -> StreamResult:
    return run_stream(
        data,
        test,
        base=2,
        step=2,
        seeds=[0, 1],
        memory=5,
        plan_name="default",
        encoder=encoder,
        cache=cache,
        judged=judged,
    )


def test_clinc_runs_on_its_test_rows_and_never_embeds_the_others(tmp_path: Path) -> None:
    encoder = CentredEncoder()
    result = run(clinc(tmp_path), encoder, tmp_path / "cache")
    assert (result.dataset, result.plan, result.encoder, result.memory) == (
        f"{tmp_path.name}/data.json",
        "default",
        "centred",
        5,
    )
    assert [[s.intents for s in one.sessions] for one in result.seeds] == [[2, 4, 5]] * 2
    assert {text.split()[1] for text in encoder.asked} == {"train", "test"}


def test_choosing_on_the_holdout_leaves_the_test_rows_alone(tmp_path: Path) -> None:
    encoder = CentredEncoder()
    run(clinc(tmp_path), encoder, tmp_path / "cache", judged="holdout")
    assert {text.split()[1] for text in encoder.asked} == {"train", "val"}


def test_csv_needs_a_test_file(tmp_path: Path) -> None:
    data = csv_file(tmp_path, "train.csv", 8)
    with pytest.raises(InputError, match=r"train\.csv.*--test FILE"):
        run(data, CentredEncoder(), tmp_path / "cache")
    result = run(data, CentredEncoder(), tmp_path / "cache", test=csv_file(tmp_path, "test.csv", 3))
    assert result.mean.final_accuracy > 0.8


def test_a_second_run_embeds_nothing_and_gives_the_same(tmp_path: Path) -> None:
    first, second = CentredEncoder(), CentredEncoder()
    data = clinc(tmp_path)
    before, after = (run(data, encoder, tmp_path / "cache") for encoder in (first, second))
    assert (len(first.asked), second.asked) == (55, [])
    assert replace(before.mean, update_seconds=0) == replace(after.mean, update_seconds=0)
    assert [file.suffix for file in (tmp_path / "cache").iterdir()] == [".npz"]


def test_only_new_texts_are_embedded_and_another_encoder_has_its_own_file(tmp_path: Path) -> None:
    encoder = CentredEncoder()
    cached_features(encoder, ["a 1", "b 1"], tmp_path, "set")
    vectors = cached_features(encoder, ["b 1", "c 1", "a 1"], tmp_path, "set").embed(["a 1", "c 1"])
    assert encoder.asked == ["a 1", "b 1", "c 1"]
    assert np.array_equal(vectors, CentredEncoder().embed(["a 1", "c 1"]))
    other = CentredEncoder(fingerprint="d" * 64)
    cached_features(other, ["a 1"], tmp_path, "set")
    assert other.asked == ["a 1"]
    assert len(list(tmp_path.iterdir())) == 2


def flipped(data: bytes) -> bytes:
    return data[:500] + bytes([data[500] ^ 255]) + data[501:]  # amid the vectors


@pytest.mark.parametrize("damage", [flipped, lambda data: data[:-40], lambda data: b"", lambda data: b"no archive"])
def test_a_damaged_cache_is_rebuilt(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    cached_features(CentredEncoder(), ["a 1", "b 1"], tmp_path, "set")
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    encoder = CentredEncoder()
    vectors = cached_features(encoder, ["a 1", "b 1"], tmp_path, "set").embed(["a 1", "b 1"])
    assert encoder.asked == ["a 1", "b 1"]
    assert np.array_equal(vectors, CentredEncoder().embed(["a 1", "b 1"]))
    cached_features(second := CentredEncoder(), ["a 1", "b 1"], tmp_path, "set")
    assert second.asked == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plan_name": "defualt"}, "did you mean 'default'"),
        ({"memory": -1}, "memory = -1"),
        ({"base": 5}, "base = 5"),
        ({"seeds": []}, "seeds"),
        ({"cache": "file"}, "folder"),
    ],
)
def test_refusals_come_before_any_embedding(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    encoder = CentredEncoder()
    (tmp_path / "file").write_text("")
    sizes: dict[str, Any] = {"base": 2, "step": 2, "seeds": [0], "memory": 5, "plan_name": "default", "cache": ""}
    sizes |= change
    sizes["cache"] = tmp_path / sizes["cache"]
    with pytest.raises(AssistantError, match=said):
        run_stream(clinc(tmp_path), None, encoder=encoder, **sizes)
    assert encoder.asked == []


def by_hand() -> StreamResult:
    one = measured(0, np.array([[4, 0], [3, 5]]), np.array([5, 5]), np.array([0, 1]), [1.0, 0.5])
    two = measured(1, np.array([[4, 0], [4, 5]]), np.array([5, 5]), np.array([0, 1]), [1.0, 1.5])
    return StreamResult("bank/train.csv", "default", "embedded", 20, (one, two))


def test_the_table_shows_percent_with_mean_and_deviation() -> None:
    assert as_markdown(by_hand()).splitlines() == [
        "bank/train.csv, plan default, encoder embedded, 20 exemplars per intent",
        "",
        "| seed | final % | average % | forgetting % | base drop % | last update s |",
        "|---|---:|---:|---:|---:|---:|",
        "| 0 | 80.00 | 80.00 | 20.00 | 20.00 | 0.50 |",
        "| 1 | 90.00 | 85.00 | 0.00 | 0.00 | 1.50 |",
        "| mean ± sd | 85.00 ± 7.07 | 82.50 ± 3.54 | 10.00 ± 14.14 | 10.00 ± 14.14 | 1.00 ± 0.71 |",
    ]


def test_the_result_is_written_whole_or_refused(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out.json"
    write_result(by_hand(), out)
    assert json.loads(out.read_text()) == by_hand().as_json()
    assert [file.name for file in out.parent.iterdir()] == ["out.json"]
    with pytest.raises(InputError, match="cannot be written"):
        write_result(by_hand(), tmp_path / "new")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["new"]


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_that_can_be_named_can_be_built(name: str) -> None:
    PLANS[name].strategies()  # raises for a name, an option or a pair that does not exist
