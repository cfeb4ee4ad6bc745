"""Promises of the nightly update about retired intents: neither learned nor judged, and forgotten if ordered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.domain import LabelledText, Split
from assistant.evaluation.report import report
from assistant.live_model import LiveSnapshot
from assistant.services.desk.labeling import Labeling
from assistant.services.intents.care import IntentCare
from assistant.services.intents.retiring import MaskedSnapshot
from assistant.services.rows.importing import import_labelled
from assistant.services.runs.retrain import ExitCode
from assistant.services.runs.triggers import Triggers
from assistant.strategies import Spec
from tests.fakes import FakeLive
from tests.shops import INTENTS, PLAN, Shop, holdout, started, train
from tests.synthetic import WordEncoder, plan


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with started(tmp_path / "var") as shop:
        yield shop


@pytest.mark.parametrize("erase", [True, False])
def test_a_retired_intent_is_forgotten_only_when_that_was_ordered(shop: Shop, erase: bool) -> None:
    assert "invoice" in shop.learner().memory.intents
    IntentCare(shop.store).retire("invoice", "lea", erase=erase)
    import_labelled(shop.store, [*train("refund", 6), *holdout("refund", 2)], "lea")
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    learner = shop.learner()
    assert ("invoice" in learner.memory.intents) is not erase
    assert "invoice" in learner.model.labels  # the row stays: labels only ever grow


def test_a_night_with_nothing_to_learn_forgets_what_it_was_ordered_to(shop: Shop) -> None:
    triggers = Triggers(shop.store, 20, 5, shop.versions().to_forget, None)
    IntentCare(shop.store).retire("invoice", "lea", erase=True)
    assert triggers.due().reason == "due: 12 texts to be forgotten"
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert "invoice" not in shop.learner().memory.intents
    assert not triggers.due().due
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_an_intent_that_comes_back_after_it_was_forgotten_is_due_as_a_new_one(shop: Shop) -> None:
    triggers = Triggers(shop.store, 20, 5, shop.versions().to_forget, None)
    care = IntentCare(shop.store)
    care.retire("invoice", "lea", erase=True)
    shop.retrain().run(actor="night")
    care.restore("invoice", "lea")
    assert triggers.due().reason == "due: new intents have 5 rows or more (invoice)"
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    shop.label(*train("invoice", 6, start=900))
    assert not triggers.due().due


def test_an_intent_that_comes_back_after_it_was_forgotten_is_to_prove_itself_as_a_new_one(shop: Shop) -> None:
    care = IntentCare(shop.store)
    care.retire("invoice", "lea", erase=True)
    shop.retrain().run(actor="night")
    care.restore("invoice", "lea")
    result = shop.retrain().run(actor="night")
    proofs = [verdict["reason"] for verdict in result.report["verdicts"] if verdict["gate"] == "new_intents"]
    assert len(proofs) == 1
    assert proofs[0].startswith("invoice: ")
    shop.label(*train("refund", 6, start=900))
    later = shop.retrain().run(actor="night").report["verdicts"]
    assert "no new intent" in [verdict["reason"] for verdict in later]


def test_an_intent_whose_texts_are_all_erased_is_neither_old_nor_new(shop: Shop) -> None:
    """No version can learn it, so that nothing is to be proven of it, night after night."""
    with shop.store.unit() as uow:
        rows = [example.id for example in uow.examples.all() if example.intent == "invoice"]
    with shop.engine.begin() as connection:
        erased = ", ".join(map(str, rows))
        connection.exec_driver_sql(f"UPDATE examples SET undone_at = created_at, text = '' WHERE id IN ({erased})")
    for start in (900, 950):
        shop.label(*train("refund", 6, start=start))
        result = shop.retrain().run(actor="night")
        assert result.exit_code is ExitCode.PUBLISHED, result.reason
        assert "invoice" not in {verdict["reason"].split(":")[0] for verdict in result.report["verdicts"]}


def test_corrections_that_the_gates_refuse_keep_nothing_that_was_ordered_to_be_forgotten(shop: Shop) -> None:
    wrong = [LabelledText(f"{row.text} please", "chargeback") for row in train("refund", 20)]  # nobody tells them apart
    shop.label(*wrong)
    waiting = shop.pending()
    assert shop.retrain().run(actor="night").exit_code is ExitCode.REFUSED
    IntentCare(shop.store).retire("invoice", "lea", erase=True)
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED
    assert "the corrections wait: refused by" in result.reason
    assert "invoice" not in shop.learner().memory.intents
    assert shop.pending() == waiting


def test_rows_that_were_merged_into_an_intent_are_forgotten_with_it(shop: Shop) -> None:
    """Also where no night has learned the merge."""
    shop.label(*train("gift", 12))
    shop.retrain().run(actor="night")
    care = IntentCare(shop.store)
    care.merge("invoice", "delivery", "lea")
    care.retire("delivery", "lea", erase=True)
    assert shop.versions().to_forget() == 24
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert set(shop.learner().memory.intents) == {"refund", "gift"}


def test_all_that_a_shop_began_with_may_go_in_the_night_that_learns_its_own(shop: Shop) -> None:
    shop.label(*train("gift", 12), *holdout("gift", 10), *train("warranty", 12), *holdout("warranty", 10))
    for name in INTENTS:
        IntentCare(shop.store).retire(name, "lea", erase=True)
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    assert set(shop.learner().memory.intents) == {"gift", "warranty"}
    assert accuracy(shop, "gift") > 0.9


def test_what_is_taken_for_a_merged_intent_is_judged_as_its_heir(shop: Shop) -> None:
    """As the chat answers it: else a night after a merge seems to gain what it did not, and may lose as much unseen."""
    before = accuracy(shop, "invoice")
    assert before > 0.9
    IntentCare(shop.store).merge("invoice", "delivery", "lea")
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    assert result.report["old_accuracy_before"] > 0.9
    assert result.report["forgetting"] > -0.1
    assert set(result.report["intents"]) == {"refund", "delivery"}, (
        "nobody could prove anything of the one that is gone"
    )
    assert result.report["intents"]["delivery"]["before"] > 0.9


def test_guesses_of_a_retired_intent_are_passed_over_by_the_gates_as_by_the_chat(shop: Shop) -> None:
    """What is left of their probability decides, so that a night after it seems to gain nothing either."""
    said = [LabelledText(f"invoice invoice invoice refund refund {n}", "refund") for n in range(20)]
    model = shop.learner().model
    assert not report(model, said).correct.any()
    left = MaskedSnapshot(LiveSnapshot("v1", shop.learner()), {"invoice": None}).predict([row.text for row in said])
    judged = report(model, said, {"invoice": None})
    assert judged.correct.tolist() == [guess.ranked[0].intent == "refund" for guess in left]
    assert judged.correct.sum() > 10
    assert judged.known == {"refund", "delivery"}


def accuracy(shop: Shop, intent: str) -> float:
    said = shop.says(*(row.text for row in holdout(intent, 20, start=5000)))
    return said.count(intent) / len(said)


@pytest.mark.parametrize("how", ["restore", "undo"])
def test_an_intent_that_comes_back_after_it_was_forgotten_is_learned_once_more(shop: Shop, how: str) -> None:
    care, labeling = IntentCare(shop.store), Labeling(shop.store, FakeLive())
    shop.plans = (replace(PLAN, regularizer=Spec(name="ewc_exact"), scope=Spec(name="output")),)
    shop.label(*train("gift", 12))
    shop.retrain().run(actor="night")
    care.retire("invoice", "lea", erase=True)
    shop.label(*train("refund", 3))
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert accuracy(shop, "invoice") < 0.5
    known = {example.text for example in shop.examples(Split.TRAIN) if example.intent == "invoice"}
    if how == "restore":
        care.restore("invoice", "lea")
    else:
        labeling.undo("lea")
    assert set(shop.pending()) == known
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    memory = shop.learner().memory
    assert {text for text, intent in zip(memory.texts, memory.intents, strict=True) if intent == "invoice"} == known
    assert accuracy(shop, "invoice") > 0.9
    assert shop.pending() == []
    care.retire("invoice", "lea", erase=True)
    care.restore("invoice", "lea")  # before a night has forgotten it again
    assert shop.pending() == []


@pytest.mark.parametrize("hold", [True, False])
def test_a_version_that_forgot_an_intent_which_is_in_use_again_has_it_learned_once_more(shop: Shop, hold: bool) -> None:
    """Held or rolled back, such a version may go live after the return, as may one that was in the making."""
    care = IntentCare(shop.store)
    known = {example.text for example in shop.examples(Split.TRAIN) if example.intent == "invoice"}
    care.retire("invoice", "lea", erase=True)
    shop.label(*train("refund", 3))
    result = shop.retrain().run(actor="night", hold=hold)
    assert result.version is not None, result.reason
    if not hold:
        shop.versions().roll_back("lea", "a test")
    care.restore("invoice", "lea")
    shop.versions().publish(result.version, "lea", "a test")
    assert set(shop.pending()) == known
    shop.retrain().run(actor="night")
    assert known <= set(shop.learner().memory.texts)


def test_an_intent_that_comes_back_while_a_night_forgets_it_is_learned_once_more(shop: Shop) -> None:
    care = IntentCare(shop.store)
    known = {example.text for example in shop.examples(Split.TRAIN) if example.intent == "invoice"}
    care.retire("invoice", "lea", erase=True)
    shop.label(*train("refund", 3))
    restored: list[str] = []

    def meanwhile(what: str, done: int, total: int) -> None:
        if what == "judging" and not restored:
            care.restore("invoice", "lea")
            restored.append(what)

    shop.retrain().run(actor="night", progress=meanwhile)
    assert set(shop.pending()) == known


def test_a_return_that_is_undone_leaves_nothing_to_learn(shop: Shop) -> None:
    care, labeling = IntentCare(shop.store), Labeling(shop.store, FakeLive())
    before = shop.examples(Split.TRAIN)
    care.retire("invoice", "lea", erase=True)
    shop.label(*train("refund", 3))
    shop.retrain().run(actor="night")
    care.restore("invoice", "lea")
    labeling.undo("lea")
    assert shop.pending() == []
    assert shop.examples(Split.TRAIN)[: len(before)] == before
    with shop.store.unit(read_only=True) as uow:
        assert uow.intents.to_erase() == ["invoice"]


@pytest.mark.parametrize("hold", [True, False])
def test_a_merge_that_is_undone_after_its_rows_were_forgotten_has_them_learned_once_more(
    shop: Shop, hold: bool
) -> None:
    """A colleague retired the heir meanwhile, and a night forgot what it had, as the merged rows were by then."""
    care, labeling = IntentCare(shop.store), Labeling(shop.store, FakeLive())
    shop.label(*train("gift", 12))
    shop.retrain().run(actor="night")
    known = {example.text for example in shop.examples(Split.TRAIN) if example.intent == "invoice"}
    care.merge("invoice", "delivery", "lea")
    care.retire("delivery", "max", erase=True)
    result = shop.retrain().run(actor="night", hold=hold)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    labeling.undo("lea")
    if hold:
        assert result.version is not None
        shop.versions().publish(result.version, "lea", "a test")
    assert set(shop.pending()) == known
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    assert known <= set(shop.learner().memory.texts)
    assert shop.pending() == []


def test_an_intent_that_was_not_forgotten_comes_back_as_it_was(shop: Shop) -> None:
    care, first = IntentCare(shop.store), shop.live().id
    care.retire("invoice", "lea", erase=True)
    shop.label(*train("refund", 3))
    shop.retrain().run(actor="night")
    shop.versions().roll_back("lea", "a test", first)
    waiting = shop.pending()
    care.restore("invoice", "lea")
    assert shop.pending() == waiting


def test_rows_of_a_retired_intent_are_not_learned(shop: Shop) -> None:
    import_labelled(shop.store, train("invoice", 6), "lea")
    IntentCare(shop.store).retire("invoice", "lea")
    assert not Triggers(shop.store, 1, 1, lambda: 0, None).due().due
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_a_switch_of_the_encoder_neither_learns_them_nor_keeps_what_is_to_be_forgotten(shop: Shop) -> None:
    care = IntentCare(shop.store)
    shop.label(*train("gift", 6))
    waiting = shop.pending()
    care.retire("gift", "lea")
    care.retire("invoice", "lea", erase=True)
    other = WordEncoder(0.4)
    result = shop.switch().run(other, actor="lea", progress=lambda *_: None)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    shop.encoder = other
    assert {"delivery", "refund"} == set(shop.learner().memory.intents)
    assert shop.pending() == waiting


def test_an_intent_in_the_place_of_a_retired_one_is_cross_validated_as_the_chat_answers(shop: Shop) -> None:
    """The version still takes such texts for the retired intent, which is passed over."""
    shop.plans = (plan("ewc_exact", scope="output"),)
    IntentCare(shop.store).retire("invoice", "lea")
    shop.label(*(LabelledText(row.text, "bill") for row in [*train("invoice", 5), *holdout("invoice", 2)]))
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    assert any("bill: 100.0% in cross-validation (7 rows" in row["reason"] for row in result.report["verdicts"])
