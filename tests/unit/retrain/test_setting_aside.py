"""What the gates refuse waits, and all other corrections are learned the same night."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assistant.domain import LabelledText, Split
from assistant.evaluation.gates import Outcome, Verdict
from assistant.evaluation.report import Comparison, Report
from assistant.services.intents.care import IntentCare
from assistant.services.intents.figures import intent_figures
from assistant.services.runs.candidates import described
from assistant.services.runs.judged import without_news
from assistant.services.runs.judging import Judge, Judgement
from assistant.services.runs.ladder import ROUNDS
from assistant.services.runs.retrain import ExitCode
from assistant.services.runs.setting_aside import at_fault
from assistant.services.runs.triggers import Triggers
from assistant.strategies import Spec
from tests.nights import CHARGEBACKS, FORGETFUL, LADDER, WARRANTY, WRONG, run, spied, state
from tests.shops import PLAN, Shop, holdout, train
from tests.synthetic import WordEncoder
from ui.desk.intents import Shelf
from ui.desk.intents_html import facts, list_label

DELIVERIES = train("delivery", 3, start=900)


def test_a_new_intent_that_falls_short_waits_and_all_else_is_learned(shop: Shop) -> None:
    ids = shop.label(*CHARGEBACKS, *WARRANTY, *DELIVERIES)
    result = run(shop)
    assert (result.exit_code, result.verdict) == (ExitCode.PUBLISHED, "published")
    assert shop.live().id == result.version
    assert shop.says("warranty 7777", "refund 7777") == ["warranty", "refund"]
    assert "chargeback" not in shop.learner().model.labels
    assert set(shop.pending()) == {row.text for row in CHARGEBACKS}
    assert result.report["set_aside"] == ids[: len(CHARGEBACKS)]
    assert set(result.report["learned_examples"]) == set(ids[len(CHARGEBACKS) :])
    assert result.reason.startswith(
        "every gate passed; 20 corrections of chargeback wait, as a version with them was refused by new_intents: "
    )
    assert "label more messages of a new intent that falls short, or merge or retire it" in result.reason
    (people,) = shop.reports.glob("*.md")
    assert "| Set aside | example" in people.read_text()


def test_what_was_set_aside_is_refused_again_and_nothing_changes(shop: Shop) -> None:
    shop.label(*CHARGEBACKS, *WARRANTY)
    run(shop)
    before = state(shop)
    again = run(shop)
    assert (again.exit_code, again.version, again.report["set_aside"]) == (ExitCode.REFUSED, None, [])
    assert again.reason.startswith("refused by ")
    assert "new_intents: chargeback:" in again.reason
    assert state(shop) == before
    IntentCare(shop.store).retire("chargeback", "lea")
    assert run(shop).exit_code is ExitCode.NOTHING_TO_DO


def test_wrong_labels_of_an_old_intent_wait_with_its_right_ones(shop: Shop) -> None:
    right = holdout("refund", 3, start=900)
    shop.label(*WRONG, *right, *WARRANTY)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert f"{len(WRONG) + len(right)} corrections of refund wait" in result.reason
    assert set(shop.pending()) == {row.text for row in (*WRONG, *right)}
    assert shop.says("warranty 7777", "invoice 7777") == ["warranty", "invoice"]


def test_its_rows_on_the_holdout_wait_as_well(shop: Shop) -> None:
    judging = [LabelledText(row.text, "chargeback") for row in holdout("refund", 12, start=400)]
    shop.label(*judging, split=Split.HOLDOUT)
    shop.label(*CHARGEBACKS, *WARRANTY)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert set(shop.pending()) == {row.text for row in (*CHARGEBACKS, *judging)}
    assert result.report["intents"].keys() == {"delivery", "invoice", "refund", "warranty"}


@pytest.mark.parametrize(("intent", "found"), [("a", {"x"}), ("b", {"y"}), (None, {"x", "y"})])
def test_at_fault_is_what_took_the_rows_that_the_gate_speaks_of(intent: str | None, found: set[str]) -> None:
    rows = tuple("aabbccdd")
    known, right = frozenset(rows), np.ones(len(rows), dtype=bool)
    after = np.array([row not in "ab" for row in rows])
    comparison = Comparison(Report(known, rows, right), Report(known, rows, after))
    judgement = Judgement(comparison, (Verdict("a gate", Outcome.REFUSED, "", intent),))
    taken = {"a": "x", "b": "y"}
    encoder = SimpleNamespace(embed=lambda texts: texts)
    model = SimpleNamespace(encoder=encoder, taken_for=lambda texts, retired: [taken[text] for text in texts])
    candidate: Any = SimpleNamespace(model=model)
    holdout = [LabelledText(row, row) for row in rows]
    assert at_fault(judgement, candidate, holdout, {}, {"x", "y", "z"}, PLAN) == found


def test_where_nothing_else_is_there_it_is_refused(shop: Shop) -> None:
    shop.plans = FORGETFUL
    shop.label(*WARRANTY)  # which takes all that is forgotten
    refused = run(shop)
    assert (refused.exit_code, len(refused.report["attempts"])) == (ExitCode.REFUSED, 1)
    assert refused.report["set_aside"] == []


def test_the_plan_that_came_nearest_tries_the_others(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.plans = (*FORGETFUL, PLAN)
    seen = spied(monkeypatch)
    shop.label(*CHARGEBACKS, *WARRANTY)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    without = f"{described(PLAN)}, without chargeback"
    assert [a["plan"] for a in result.report["attempts"]] == [*map(described, shop.plans), without]
    assert [a["outcome"] == "passed" for a in result.report["attempts"]] == [False, False, True]
    assert result.report["plan"] == without
    assert {row.intent for row in seen[-1]} == {"warranty"}


def test_no_plan_that_holds_the_old_more_is_tried_for_a_new_intent_alone(shop: Shop) -> None:
    shop.gates = (Spec(name="new_intents"),)
    shop.label(*CHARGEBACKS, *WARRANTY)
    tried = []
    for shop.plans in (LADDER, LADDER[1::-1], (PLAN, replace(PLAN, replay=0.5))):
        attempts = run(shop, dry_run=True).report["attempts"]
        tried.append(sum("without" not in attempt["plan"] for attempt in attempts))
    assert tried == [1, 2, 2]


@pytest.mark.parametrize(("more", "ends"), [(3, ExitCode.PUBLISHED), (ROUNDS, ExitCode.REFUSED)])
def test_one_after_the_other_is_set_aside_but_not_without_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, more: int, ends: ExitCode
) -> None:
    judge = Judge.judge

    def refusing(self: Judge, *given: Any, **options: Any) -> Judgement:
        """All but the last new intent, one at a time."""
        found = judge(self, *given, **options)
        new = found.comparison.new
        refused = Verdict("new_intents", Outcome.REFUSED, f"{new[0]}: not yet", new[0])
        return replace(found, verdicts=(refused,) if len(new) > 1 else ())

    monkeypatch.setattr(Judge, "judge", refusing)
    names = [f"topic{number}" for number in range(more + 1)]
    shop.label(*(row for name in names for row in train(name, 4)))
    result = run(shop)
    assert result.exit_code is ends
    assert len(result.report["attempts"]) == min(more + 1, ROUNDS)
    learned = names[-1:] if ends is ExitCode.PUBLISHED else []
    assert [name for name in names if name in shop.learner().model.labels] == learned


def test_where_most_old_intents_lose_rows_the_update_itself_forgets(shop: Shop) -> None:
    shop.label(*CHARGEBACKS, *WRONG, *WARRANTY)
    before = state(shop)
    result = run(shop)
    assert (result.exit_code, result.report["set_aside"]) == (ExitCode.REFUSED, [])
    assert state(shop) == before


def test_the_next_night_climbs_the_whole_ladder_only_where_it_has_another_label(shop: Shop) -> None:
    shop.plans = LADDER
    shop.label(*CHARGEBACKS, *WARRANTY)
    run(shop)
    more = train("refund", 22, start=700)
    shop.label(*DELIVERIES)
    following = run(shop)
    assert following.exit_code is ExitCode.PUBLISHED
    assert len(following.report["attempts"]) == 2
    assert len(following.report["set_aside"]) == len(CHARGEBACKS)
    shop.label(LabelledText(more[0].text, "chargeback"), *train("invoice", 2, start=900))
    assert len(run(shop).report["attempts"]) == len(LADDER) + 1


def test_a_held_version_says_that_it_has_learned_a_part(shop: Shop) -> None:
    shop.label(*CHARGEBACKS, *WARRANTY)
    held = run(shop, hold=True)
    assert held.verdict == "held"
    before = state(shop)
    again = run(shop, hold=True)
    assert again.exit_code is ExitCode.NOTHING_TO_DO
    assert f"version {held.version} waits with a part of these corrections" in again.reason
    assert again.reason.endswith("the others were refused with it, and are tried again after that")
    assert state(shop) == before
    shop.versions().publish(str(held.version), "lea", "good")
    assert set(shop.pending()) == {row.text for row in CHARGEBACKS}


def test_what_is_to_be_forgotten_goes_with_the_corrections_that_pass(shop: Shop) -> None:
    IntentCare(shop.store).retire("invoice", "lea", erase=True)
    shop.label(*CHARGEBACKS, *WARRANTY)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert set(shop.learner().memory.intents) == {"refund", "delivery", "warranty"}
    assert set(shop.pending()) == {row.text for row in CHARGEBACKS}


def test_no_run_is_due_for_what_was_set_aside_until_its_intent_has_another_label(shop: Shop) -> None:
    triggers = Triggers(shop.store, 6, 3, shop.versions().to_forget, None)
    shop.label(*CHARGEBACKS, *WARRANTY)
    assert triggers.due().due
    run(shop)
    assert triggers.due().reason == "not due: 0 of 6 corrections wait, no new intent has 3 rows to learn"
    shop.label(LabelledText(train("refund", 22, start=700)[0].text, "chargeback"))
    assert "new intents have 3 rows or more (chargeback)" in triggers.due().reason


def test_the_desk_tells_which_intent_waits(shop: Shop) -> None:
    shop.label(*CHARGEBACKS, *WARRANTY)
    assert {one.intent.name: one.aside for one in intent_figures(shop.store) if one.aside} == {}
    run(shop)
    (one,) = (one for one in intent_figures(shop.store) if one.aside)
    assert (one.intent.name, one.aside) == ("chargeback", 20)
    assert "chargeback · 20 examples · 20 not learned yet" in list_label(one)
    assert "20 examples: with them the gates refused a version" in facts(Shelf((one,), one, (), ()))
    with shop.store.unit(read_only=True) as uow:
        assert without_news(shop.live(), uow.examples.pending()) == {"chargeback"}
    IntentCare(shop.store).retire("chargeback", "lea")
    shop.versions().roll_back("lea", "as before")
    assert {one.aside for one in intent_figures(shop.store)} == {0}


def test_another_encoder_does_not_wait_for_what_was_set_aside(shop: Shop) -> None:
    shop.label(*CHARGEBACKS, *WARRANTY)
    run(shop)
    other = WordEncoder(0.4)
    result = shop.switch().run(other, actor="lea", progress=lambda *_: None)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    assert "20 corrections of chargeback wait, as a version with them was refused by the gates before" in result.reason
    shop.encoder = other
    assert set(shop.pending()) == {row.text for row in CHARGEBACKS}
    assert len(result.report["set_aside"]) == len(CHARGEBACKS)
