"""What a published night leaves behind, and what each that is not leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import StoreError
from assistant.services.runs.candidates import norm_change
from assistant.services.runs.retrain import ExitCode
from tests.nights import WARRANTY, folders, run, state
from tests.shops import GATES, INTENTS, Shop, holdout, train


def test_corrections_are_learned_published_and_marked(shop: Shop) -> None:
    base = shop.live().id
    ids = shop.label(*WARRANTY)
    result = run(shop)
    assert (result.exit_code, result.verdict) == (ExitCode.PUBLISHED, "published")
    assert int(result.exit_code) == 0
    assert shop.live().id == result.version
    assert shop.live().parent == base
    assert {example for example, version in shop.marks() if version == result.version} == set(ids)
    assert shop.pending() == []
    assert shop.says("warranty 7777", "refund 7777", "delivery 7777") == ["warranty", "refund", "delivery"]
    assert [path for path in folders(shop) if path.startswith(".")] == []
    (past, _) = shop.versions().history()
    assert (past.actor, past.kind, past.from_version, past.to_version) == ("night", "publish", base, result.version)
    assert "22 corrections" not in past.reason
    assert "12 corrections" in past.reason


def test_the_report_is_written_for_machines_and_for_people(shop: Shop) -> None:
    shop.label(*WARRANTY)
    result = run(shop)
    (written,) = shop.reports.glob("*.json")
    report = json.loads(written.read_text())
    assert report == result.report
    assert (report["exit_code"], report["verdict"], report["version"]) == (0, "published", result.version)
    assert (report["new_intents"], report["trained_rows"], report["holdout_rows"]) == (["warranty"], 12, 46)
    assert 0.9 <= report["old_accuracy_before"] <= 1.0
    assert 0.9 <= report["old_accuracy"] <= 1.0
    assert 0.9 <= report["new_accuracy"] <= 1.0
    assert report["forgetting"] == pytest.approx(report["old_accuracy_before"] - report["old_accuracy"])
    assert 0.0 <= report["negative_flips"] <= 0.02
    assert 0.0 < report["parameter_norm_change"] < 1.0
    assert report["seconds"] > 0
    assert set(report["intents"]) == {*INTENTS, "warranty"}
    assert report["intents"]["warranty"] == {"before": None, "after": report["new_accuracy"], "rows": 10}
    assert all(report["intents"][old]["before"] is not None and report["intents"][old]["rows"] == 12 for old in INTENTS)
    assert {row["gate"] for row in report["verdicts"]} == {gate.name for gate in GATES}
    assert all(row["outcome"] == "passed" and row["reason"] for row in report["verdicts"])
    assert report["reason"] == "every gate passed"
    people = written.with_suffix(".md").read_text()
    told = ("Old intents before", "Old intents after", "New intents", "Forgetting", "Negative flips", "Seconds")
    assert all(f"| {fact} |" in people for fact in (*told, "Parameter-norm change"))
    assert "| new_intents | passed | warranty: 100.0% on its holdout" in people
    assert "| warranty | new | 100.00% | 10 |" in people
    stored = {key: value for key, value in shop.live().report.items() if key != "reason"}
    assert stored == {key: value for key, value in report.items() if key != "reason"}


def test_the_parameter_norm_change_is_what_moved_of_what_was_there(shop: Shop) -> None:
    before = shop.learner()
    shop.label(*WARRANTY)
    result = run(shop)
    old, new = (dict(each.model.head.named_parameters()) for each in (before, shop.learner()))
    moved = sum(float((new[name][: len(value)] - value).square().sum()) for name, value in old.items())
    size = sum(float(value.square().sum()) for value in old.values())
    assert result.report["parameter_norm_change"] == pytest.approx((moved / size) ** 0.5)
    assert norm_change(before, before) == 0.0


def test_a_second_run_has_nothing_to_do(shop: Shop) -> None:
    shop.label(*WARRANTY)
    assert run(shop).exit_code is ExitCode.PUBLISHED
    before = shop.tables()
    result = run(shop)
    assert (result.exit_code, result.version, result.report) == (ExitCode.NOTHING_TO_DO, None, {})
    assert shop.tables() == before


def test_a_report_that_cannot_be_written_does_not_hide_that_a_version_is_live(shop: Shop) -> None:
    shop.reports.write_text("a file where the folder should be")
    shop.label(*WARRANTY)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert shop.live().id == result.version
    assert "the report could not be written" in result.reason
    assert not result.written


def test_whether_there_is_a_report_is_told(shop: Shop) -> None:
    shop.label(*WARRANTY)
    assert not run(shop, dry_run=True).written
    assert run(shop).written


def test_without_corrections_there_is_nothing_to_do(shop: Shop) -> None:
    before, files = state(shop), folders(shop)
    result = run(shop)
    assert (result.exit_code, int(result.exit_code)) == (ExitCode.NOTHING_TO_DO, 10)
    assert result.reason == "no correction is waiting to be learned"
    assert (state(shop), folders(shop)) == (before, files)
    assert not shop.reports.exists()


def test_before_the_first_start_it_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="assistant serve"):
        run(Shop(tmp_path / "var"))


def test_a_new_intent_whose_only_rows_fell_to_the_holdout_is_named_and_waits(shop: Shop) -> None:
    shop.label(*holdout("warranty", 2))
    before = state(shop)
    result = run(shop)
    assert result.exit_code is ExitCode.NOTHING_TO_DO
    assert "all 2 fell to the holdout" in result.reason
    assert "warranty cannot be learned yet: every row fell to the holdout, so label more texts" in result.reason
    assert state(shop) == before


def test_such_an_intent_is_neither_judged_nor_marked_when_others_are_learned(shop: Shop) -> None:
    (waiting,) = shop.label(*holdout("warranty", 1))
    shop.label(*train("gift", 12))
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert "warranty cannot be learned yet" in result.reason
    assert result.report["new_intents"] == ["gift"]
    assert shop.pending() == [holdout("warranty", 1)[0].text]
    assert waiting not in result.report["learned_examples"]
    shop.label(*WARRANTY)
    assert "warranty cannot" not in run(shop).reason
    assert shop.pending() == []
    assert shop.says("warranty 7777") == ["warranty"]


def test_rows_of_old_intents_in_the_holdout_alone_are_told_and_judge_the_next_run(shop: Shop) -> None:
    shop.label(*holdout("refund", 3))
    result = run(shop)
    assert result.exit_code is ExitCode.NOTHING_TO_DO
    assert result.reason.endswith("of the new rows all 3 fell to the holdout")
    shop.label(*train("refund", 1))
    assert run(shop).report["intents"]["refund"]["rows"] == 15
    assert shop.pending() == []
