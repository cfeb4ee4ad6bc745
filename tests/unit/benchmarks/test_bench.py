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
from assistant.evaluation.nights import StreamShape
from assistant.evaluation.stream_results import StreamResult
from assistant.learning.plans import PLANS
from assistant.services.benchmarks.features import cached_features
from assistant.services.benchmarks.streams import run_stream
from tests.encoders import CentredEncoder

INTENTS = ["bill", "card", "debt", "loan", "rent"]


@pytest.fixture(autouse=True)
def small_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, plan in PLANS.items():
        monkeypatch.setitem(PLANS, name, replace(plan, hidden=32, least_steps=30, batch_size=32))


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


def run_all(
    data: Path, encoder: CentredEncoder, cache: Path, *, test: Path | None = None, **changes: Any
) -> tuple[StreamResult, ...]:
    usual: dict[str, Any] = {"plans": ["default"], "memories": [5], "shape": StreamShape(2, 2), "seeds": [0, 1]}
    return run_stream(data, test, **{**usual, **changes}, encoder=encoder, cache=cache)


def run(data: Path, encoder: CentredEncoder, cache: Path, **changes: Any) -> StreamResult:
    (result,) = run_all(data, encoder, cache, **changes)
    return result


def test_a_stream_that_keeps_no_exemplar_runs(tmp_path: Path) -> None:
    result = run(clinc(tmp_path), CentredEncoder(), tmp_path / "cache", memories=[0], seeds=[0])
    assert (result.memory, result.mean.final_accuracy) == (0, 1.0)


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


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that takes no file, even from root")
def test_a_folder_that_takes_no_file_is_told_before_anything_is_embedded() -> None:
    encoder = CentredEncoder()
    with pytest.raises(InputError, match=r"cannot write in /proc/self: .*; choose another place"):
        cached_features(encoder, ["a 1"], Path("/proc/self"), "set")
    assert encoder.asked == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plans": ["default", "jiont"]}, "did you mean 'joint'"),
        ({"plans": ["default", "default"]}, "each once"),
        ({"plans": []}, "plans = none"),
        ({"memories": [5, -1]}, "memory = .*-1"),
        ({"memories": [5, 5]}, "memory = .*5, 5"),
        ({"memories": []}, "memory"),
        ({"shape": StreamShape(5, 2)}, "base = 5"),
        ({"shape": StreamShape(2, 2, shots=0)}, "shots = 0"),
        ({"shape": StreamShape(2, 2, noise=1.1)}, "noise = 1.1"),
        ({"shape": StreamShape(2, 2, noise=-0.1)}, "noise = -0.1"),
        ({"shape": StreamShape(2, 2, noise=float("nan"))}, "noise = nan"),
        ({"seeds": []}, "seeds"),
    ],
)
def test_refusals_come_before_any_embedding(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    encoder = CentredEncoder()
    with pytest.raises(AssistantError, match=said):
        run_all(clinc(tmp_path), encoder, tmp_path / "cache", **change)
    assert encoder.asked == []


def test_a_folder_that_cannot_be_made_is_refused_before_any_embedding(tmp_path: Path) -> None:
    encoder = CentredEncoder()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="folder"):
        run(clinc(tmp_path), encoder, tmp_path / "file")
    assert encoder.asked == []


def test_several_plans_sizes_and_anchors_share_one_run_and_one_embedding(tmp_path: Path) -> None:
    encoder = CentredEncoder()
    names = ["default", "joint", "naive", "nearest-mean"]
    results = run_all(clinc(tmp_path), encoder, tmp_path / "cache", plans=names, memories=[2, 5])
    assert [(result.plan, result.memory) for result in results] == [
        ("default", 2), ("default", 5), ("joint", None), ("naive", None), ("nearest-mean", None),
    ]  # fmt: skip
    assert len(encoder.asked) == len(set(encoder.asked)) == 55
    assert [[one.seed for one in result.seeds] for result in results] == [[0, 1]] * 5
    alone = run(clinc(tmp_path), encoder, tmp_path / "cache")
    assert replace(alone.mean, update_seconds=0) == replace(results[1].mean, update_seconds=0)


def test_the_excess_is_known_where_a_joint_retrain_is_in_the_run(tmp_path: Path) -> None:
    alone = run(clinc(tmp_path), CentredEncoder(), tmp_path / "cache", plans=["naive"])
    naive, joint = run_all(clinc(tmp_path), CentredEncoder(), tmp_path / "cache", plans=["naive", "joint"])
    assert [one.excess for one in alone.seeds] == [None, None]
    assert [one.excess for one in joint.seeds] == [0.0, 0.0]
    assert all(one.excess is not None and one.excess > 0.3 for one in naive.seeds)


def test_shots_and_noise_reach_the_contenders_and_the_result(tmp_path: Path) -> None:
    def mean(shape: StreamShape) -> float:
        encoder = CentredEncoder(spread=1.5)  # so far apart that one row says little of its intent
        result = run(clinc(tmp_path), encoder, tmp_path / "cache", plans=["nearest-mean"], shape=shape)
        assert (result.shots, result.noise) == (shape.shots, shape.noise)
        return result.mean.final_accuracy

    assert mean(StreamShape(2, 2)) > mean(StreamShape(2, 2, noise=1.0)) + 0.2
    assert mean(StreamShape(2, 2)) > mean(StreamShape(2, 2, shots=1))


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_that_can_be_named_can_be_built(name: str) -> None:
    PLANS[name].strategies()  # raises for a name, an option or a pair that does not exist


def test_rows_labelled_out_of_scope_are_no_intent_of_a_stream(tmp_path: Path) -> None:
    """As in the files that `assistant corpus` writes: no version learns them as one."""
    train, test = csv_file(tmp_path, "train.csv", 8), csv_file(tmp_path, "test.csv", 3)
    train.write_text(f"{train.read_text()}what a nice day,out_of_scope\n")
    result = run(train, CentredEncoder(), tmp_path / "cache", test=test, seeds=[0])
    assert result.seeds[0].sessions[-1].intents == len(INTENTS)


@pytest.mark.parametrize("judged", ["val", "train", "oos_test", ""])
def test_only_a_split_that_judges_can_be_measured_on(tmp_path: Path, judged: str) -> None:
    encoder = CentredEncoder()
    with pytest.raises(InputError, match=f"--judged '{judged}': choose test or holdout .`val` of CLINC"):
        run(clinc(tmp_path), encoder, tmp_path / "cache", judged=judged)
    assert encoder.asked == []
