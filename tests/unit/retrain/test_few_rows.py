"""New intents with too few rows for the gates."""

from __future__ import annotations

import pytest

import assistant.services.runs.judging as judging
from assistant.domain import LabelledText, Split
from assistant.errors import CorruptVersionError
from assistant.services.runs.retrain import ExitCode, RetrainResult
from assistant.store import split_of
from assistant.strategies import Spec
from tests.nights import WARRANTY, run, spied, state
from tests.shops import Shop, holdout, train
from tests.synthetic import plan


def outcomes(result: RetrainResult) -> dict[str, tuple[str, str]]:
    """What the gate on new intents said, by intent."""
    rows = [row for row in result.report["verdicts"] if row["gate"] == "new_intents"]
    return {row["reason"].split(":")[0]: (row["outcome"], row["reason"]) for row in rows}


def test_a_new_intent_with_few_holdout_rows_is_judged_by_cross_validation_over_all_its_rows(shop: Shop) -> None:
    shop.label(*train("warranty", 6), *holdout("warranty", 2))
    outcome, reason = outcomes(run(shop))["warranty"]
    assert outcome == "passed"
    assert "in cross-validation (8 rows" in reason


def test_an_intent_of_two_rows_takes_none_to_learn_from_away_from_another(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = spied(monkeypatch, judging)
    shop.label(*train("warranty", 8), *train("gift", 2))
    assert "8 rows" in outcomes(run(shop))["warranty"][1]
    assert [sum(row.intent == "warranty" for row in rows) for rows in learned] == [6, 6, 6, 7, 7]


def test_an_intent_that_cannot_be_learned_is_refused_in_cross_validation(shop: Shop) -> None:
    """No two of its texts have anything in common."""
    nonsense = [LabelledText(f"{chr(97 + n) * 5} {m}", "puzzle") for n in range(8) for m in range(9)]
    shop.label(*[row for row in nonsense if split_of(row.text) is Split.TRAIN][::6][:8])
    result = run(shop)
    assert outcomes(result)["puzzle"][0] == "refused"
    assert "in cross-validation" in result.reason
    assert result.exit_code is ExitCode.REFUSED


def test_an_intent_with_very_few_rows_is_published_and_listed_as_unproven(shop: Shop) -> None:
    shop.label(*train("warranty", 3), *train("gift", 12), *holdout("gift", 10))
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert outcomes(result)["warranty"][0] == "unproven"
    assert "5 are needed to judge it: add examples" in outcomes(result)["warranty"][1]
    assert outcomes(result)["gift"][0] == "passed"
    assert result.reason == "every gate passed; 1 unproven"
    assert "| warranty | new | no rows | 0 |" in shop.versions().report_markdown(str(result.version))
    shop.label(*train("delivery", 1, start=900))
    assert "| warranty | no rows | no rows | 0 |" in shop.versions().report_markdown(str(run(shop).version))


def test_a_single_correction_of_a_new_intent_is_learned(shop: Shop) -> None:
    (row,) = train("warranty", 1)
    shop.label(row)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert outcomes(result)["warranty"][0] == "unproven"
    assert shop.says(row.text, "refund 7777") == ["warranty", "refund"]
    assert row.text in shop.learner().memory.texts


def test_how_many_rows_call_for_cross_validation_is_what_the_gate_asks_for(shop: Shop) -> None:
    shop.gates = (Spec(name="new_intents", min_rows=20),)
    shop.label(*WARRANTY)
    assert "in cross-validation (22 rows" in outcomes(run(shop))["warranty"][1]


def test_a_version_that_cannot_be_read_stops_the_run_before_anything_is_written(shop: Shop) -> None:
    shop.label(*WARRANTY)
    (shop.folder / shop.live().id / "head.safetensors").write_bytes(b"")
    before = state(shop)
    with pytest.raises(CorruptVersionError, match="assistant rollback"):
        run(shop)
    assert state(shop) == before


def test_each_update_of_a_cross_validation_is_told_of_while_it_runs(shop: Shop) -> None:
    shop.label(*train("warranty", 8))
    told: list[tuple[str, int, int]] = []
    run(shop, progress=lambda what, done, total: told.append((what, done, total)))
    judging = [(done, total) for what, done, total in told if what == "judging"]
    assert judging == [(0, 1), *((fold, 5) for fold in range(5)), (1, 1)]


def test_a_split_off_intent_is_judged_on_rows_that_the_version_before_has_not_learned_as_another(shop: Shop) -> None:
    """What the sums know of the split rows speaks for the intent that they had, and would refuse the night for ever."""
    shop.plans = (plan("ewc_exact", scope="output", memory=3),)
    gifts, judged = train("gift", 12), holdout("gift", 3)
    shop.label(*(LabelledText(row.text, "refund") for row in gifts))
    assert run(shop).exit_code is ExitCode.PUBLISHED
    shop.label(*gifts, *judged)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    assert outcomes(result)["gift"] == (
        "unproven", "gift: 3 holdout rows and 3 in cross-validation, 5 are needed to judge it: add examples"
    )  # fmt: skip
