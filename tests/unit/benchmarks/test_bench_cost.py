"""`assistant bench cost`: its figures are of what it says, on sizes that take seconds."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import AssistantError, InputError
from assistant.learning.memory import VectorIndex
from assistant.learning.plans import UpdatePlan
from assistant.services.benchmarks.cost import Size, SyntheticEncoder, as_markdown, update_cost, update_costs
from assistant.services.benchmarks.night import read_night, run_night
from assistant.services.benchmarks.search import run_search
from tests.synthetic import WordEncoder, plan, rows

SMALL = plan("ewc_exact", scope="output", hidden=64)


def test_an_update_of_a_learner_made_for_the_purpose_learns() -> None:
    cost = update_cost(Size(12, exemplars=4, new=2, rows=20, dimension=32), SMALL)
    assert cost.accuracy > 0.8
    assert cost.seconds > 0
    assert cost.peak_mib >= cost.before_mib > 50


@pytest.mark.slow
def test_each_size_has_a_peak_of_its_own_and_the_table_gives_ratios() -> None:
    large, small = update_costs([Size(2000, 20, 2, 10, 512), Size(4, 4, 2, 10, 32)], SMALL)
    assert small.peak_mib < large.peak_mib - 100  # 78 MiB of vectors, twice; though the small one came after it
    assert "| 4 | 16 |" in as_markdown([small, large])
    assert f"{large.seconds / small.seconds:.2f}" in as_markdown([small, large])


def test_a_size_without_intents_is_refused() -> None:
    with pytest.raises(InputError, match="with 0 intents"):
        update_costs([Size(0)], SMALL)


def test_an_update_that_memory_does_not_hold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssistantError, match=r"of 1 old intents .* \(Unable to allocate .*\); give fewer"):
        update_costs([Size(1, exemplars=1, new=1, rows=1, dimension=10**12)], SMALL)
    monkeypatch.setattr("assistant.services.benchmarks.cost.update_cost", ended)
    with pytest.raises(AssistantError, match=r"of 1,500 old intents ended without a result, .*; give fewer"):
        update_costs([Size(1500)], SMALL)


def ended(size: Size, plan: UpdatePlan) -> None:
    """As the system ends a process when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_very_many_exemplars_are_searched_nearly_exactly_and_few_exactly() -> None:
    nearly = run_search(6000, 32, exact_below=5000)
    assert 0.97 <= nearly.recall <= 1
    assert run_search(12_000, 256, exact_below=5000).recall >= 0.97  # more coordinates than are read
    assert run_search(3000, 32).recall == 1
    assert nearly.p99_ms >= nearly.p50_ms > 0


def test_what_is_found_among_many_carries_its_id_and_its_true_similarity() -> None:
    vectors = SyntheticEncoder(100, 32).around([row // 20 for row in range(2000)], [1])
    ids = np.arange(2000, dtype=np.int64) * 7 + 3
    index = VectorIndex(vectors, ids, exact_below=1000)
    for row in (0, 777, 1999):
        similarities, found = index.search(vectors[row], 5)
        assert found[0] == ids[row]
        assert similarities[0] == pytest.approx(1.0, abs=1e-5)
        np.testing.assert_allclose(similarities, vectors[(found - 3) // 7] @ vectors[row], atol=1e-6)
        assert len(set(found.tolist())) == 5


def test_a_night_encodes_what_is_new_and_starting_over_everything(tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    intents = ("bill", "card", "debt", "loan")
    data.write_text(
        json.dumps(
            {
                "train": [[row.text, row.intent] for row in rows(*intents, count=10)],
                "val": [[row.text, row.intent] for row in rows(*intents, count=5, start=50)],
                "test": [[row.text, row.intent] for row in rows(*intents, count=2, start=80)],
            }
        )
    )
    encoder = WordEncoder()
    night = run_night(read_night(data, rows=12), encoder, SMALL)
    assert (night.rows, night.old_rows) == (10, 30)
    assert encoder.embedded[-10:] == [row.text for row in rows("loan", count=10)]
    assert night.again_seconds > night.again_encoding_seconds > 0
    assert night.night_seconds > night.encoding_seconds > 0
    assert night.accuracy > 0.9
    assert f"{100 * night.ratio:.1f}" in night.as_markdown()


def test_data_that_all_fits_into_the_night_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"train": [["a", "b"]], "val": [["c", "b"]], "test": [["d", "b"]]}))
    with pytest.raises(
        InputError, match=r"of its 1 rows of split 'train' 0 are left for before the night, which .* 1,000"
    ):
        read_night(data)


def test_an_intent_with_more_rows_than_a_night_arrives_alone(tmp_path: Path) -> None:
    """As in data of few intents with thousands of rows each."""
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"train": [[f"{i} {n}", i] for i in "abc" for n in range(20)], "val": [["a", "a"]]}))
    arriving = read_night(data, rows=12)
    assert {row.intent for row in arriving.new} == {"c"}
    assert len(arriving.known) == 40
