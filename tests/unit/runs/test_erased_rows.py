"""A text that a customer wants erased leaves the next version, without any other work for the night to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.domain import OUT_OF_SCOPE, Decision, LabelledText, Split
from assistant.errors import InputError
from assistant.learning.update import recalibrated
from assistant.services.desk.labels import OUTSIDE
from assistant.services.erasing import Erasing
from assistant.services.intents.care import IntentCare
from assistant.services.runs.retrain import ExitCode, RetrainResult
from assistant.services.runs.setup import set_up
from assistant.services.runs.triggers import Triggers
from assistant.services.trials.experiments import Experiments
from assistant.store import split_of
from tests.shops import INTENTS, PLAN, Shop, corpus, holdout, started, train
from tests.synthetic import WordEncoder, plan


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with started(tmp_path / "var") as shop:
        yield shop


def written(shop: Shop, *rows: LabelledText) -> str:
    """A conversation in which a customer writes these, each labelled by an operator."""
    with shop.store.unit() as uow:
        talk = uow.conversations.create()
        for row in rows:
            message = uow.conversations.add_user_message(talk, row.text, decision=Decision.CLARIFY)
            uow.examples.add(row.text, row.intent, source="correction", operator="ann", message_id=message)
    return talk


def test_the_next_version_knows_nothing_of_it_and_the_night_after_has_nothing_to_do(shop: Shop) -> None:
    rows = train("refund", 3)
    talk = written(shop, *rows)
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    learned = {row.text for row in rows} & set(shop.learner().memory.texts)
    assert learned
    before = shop.learner().memory
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    after = shop.learner().memory
    assert set(before.texts) - set(after.texts) == learned
    folder = shop.folder / shop.live().id
    assert not any(text.encode() in file.read_bytes() for text in learned for file in folder.iterdir())
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_of_one_that_was_labelled_out_of_scope_the_next_version_has_no_embedding(shop: Shop) -> None:
    with shop.store.unit() as uow:
        uow.intents.add(OUTSIDE, "ann")
    rows = [LabelledText(f"weather {number}", OUT_OF_SCOPE) for number in range(2)]
    talks = [written(shop, row) for row in rows]
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    Erasing(shop.store).erase(talks[:1], actor="ann", because="asked for", labels=True)
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    gone, kept = (vector.tobytes() for vector in shop.encoder.embed([row.text for row in rows]))
    held = b"".join(file.read_bytes() for file in (shop.folder / shop.live().id).iterdir())
    assert (gone in held, kept in held) == (False, True)
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_a_night_that_only_forgets_is_as_sure_as_the_holdout_says(tmp_path: Path) -> None:
    """Not as sure as it is of the rows that it was trained on."""
    shop = Shop(tmp_path / "var", encoder=WordEncoder(noise=1.5))
    set_up(shop.store, corpus(*INTENTS), shop.encoder, PLAN, shop.folder)
    talk = written(shop, *train("refund", 3))
    shop.retrain().run(actor="night")
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    judged = [example.labelled() for example in shop.examples(Split.HOLDOUT)]
    found = shop.learner().model.calibration
    assert found == recalibrated(shop.learner(), PLAN, judged, []).model.calibration
    assert found.temperature > recalibrated(shop.learner(), PLAN, [], []).model.calibration.temperature


def test_corrections_that_the_gates_refuse_do_not_keep_it(shop: Shop) -> None:
    talk = written(shop, *train("refund", 3))
    shop.retrain().run(actor="night")
    learned = {row.text for row in train("refund", 3)} & set(shop.learner().memory.texts)
    assert learned
    labels = shop.learner().model.labels
    wrong = [LabelledText(f"{row.text} please", "chargeback") for row in train("refund", 20)]  # nobody tells them apart
    shop.label(*wrong)
    waiting = shop.pending()
    assert shop.retrain().run(actor="night").exit_code is ExitCode.REFUSED
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED
    assert "the corrections wait: refused by" in result.reason
    assert result.report["trained_rows"] == 0
    assert not learned & set(shop.learner().memory.texts)
    assert shop.learner().model.labels == labels
    assert shop.pending() == waiting
    assert shop.retrain().run(actor="night").exit_code is ExitCode.REFUSED


def with_gift_erased(shop: Shop) -> RetrainResult:
    """The night after the one that learned the intent gift, of which all texts are erased."""
    shop.label(*holdout("gift", 12))
    talk = written(shop, *train("gift", 12))
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    return result


def test_what_it_costs_is_told(shop: Shop) -> None:
    """No gate may refuse it, and the one after it compares with what is left."""
    shop.plans = (plan("ewc_exact", scope="output"),)
    result = with_gift_erased(shop)
    assert re.search(
        r"; what had to be forgotten took the known intents together from 100.00% to \d\d\.\d\d%", result.reason
    )
    (page,) = [page for each in shop.reports.glob("*.md") if "100.00% → " in (page := each.read_text())]
    assert "Known intents before and after forgetting" in page
    shop.label(*train("refund", 3))
    result = shop.retrain().run(actor="night")
    assert "forgotten" not in result.reason
    assert result.report["erasure"] is None


def test_corrections_that_the_gates_refuse_do_not_keep_a_gaussian(tmp_path: Path) -> None:
    how = plan("ewc_exact", "generative", "output")
    shop = Shop(tmp_path / "var", plans=(how,))
    set_up(shop.store, corpus(*INTENTS), shop.encoder, how, shop.folder)
    shop.label(*(LabelledText(f"{row.text} please", "chargeback") for row in train("refund", 20)))
    assert shop.retrain().run(actor="night").exit_code is ExitCode.REFUSED
    IntentCare(shop.store).retire("invoice", "lea", erase=True)
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED
    assert set(shop.learner().memory.gaussians or {}) == {"refund", "delivery"}


def test_a_scope_that_freezes_begins_anew_without_it(tmp_path: Path) -> None:
    how = plan("none", scope="packnet", memory=2)
    shop = Shop(tmp_path / "var", plans=(how,))
    set_up(shop.store, corpus(*INTENTS), shop.encoder, how, shop.folder)
    with_gift_erased(shop)
    assert "gift" not in shop.learner().model.labels
    assert shop.learner().memory.arrived == dict.fromkeys(INTENTS, 12), "also what the memory had not kept"
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_a_run_is_due_for_it_alone(shop: Shop) -> None:
    talk = written(shop, *train("refund", 3))
    shop.retrain().run(actor="night")
    triggers = Triggers(shop.store, 20, 5, shop.versions().to_forget, None)
    assert not triggers.due().due
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    assert triggers.due().reason == "due: 3 texts to be forgotten"
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert not triggers.due().due


def test_no_version_that_knows_it_comes_back(shop: Shop) -> None:
    talk = written(shop, *train("refund", 3))
    shop.retrain().run(actor="night")
    learned = shop.live()
    shop.label(*train("delivery", 3))
    shop.retrain().run(actor="night")
    inherited = shop.live()
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    shop.retrain().run(actor="night")
    live = shop.live()
    for version in (learned, inherited):
        with pytest.raises(InputError, match=r"since.*`assistant retrain`"):
            shop.versions().roll_back("lea", "a test", version.id)
    assert shop.live() == live
    shop.label(*train("invoice", 3))
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert shop.versions().roll_back("lea", "a test") == live  # which has forgotten it


def test_a_version_that_was_only_judged_by_it_comes_back(shop: Shop) -> None:
    """Or an erased text would take the way back from a shop whose live version turns out to be bad."""
    talk = written(shop, *holdout("refund", 2))
    shop.label(*train("refund", 3))
    shop.retrain().run(actor="night")
    before = shop.live()
    shop.label(*train("delivery", 3))
    shop.retrain().run(actor="night")
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    assert shop.versions().roll_back("lea", "a test") == before
    with shop.store.unit(read_only=True) as uow:
        assert uow.erasing.hashes()
    assert [row.text for row in train("delivery", 3)] == shop.pending()


def test_one_that_holds_its_embedding_as_out_of_scope_does_not(shop: Shop) -> None:
    with shop.store.unit() as uow:
        uow.intents.add(OUTSIDE, "ann")
    judging = next(said for n in range(100) if split_of(said := f"weather {n}") is Split.HOLDOUT)
    talk = written(shop, LabelledText(judging, OUT_OF_SCOPE))
    held = shop.retrain().run(actor="night", hold=True).version
    assert held is not None
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    with pytest.raises(InputError, match="taken back since"):
        shop.versions().publish(held, "lea", "a test")


def test_no_version_that_knows_it_is_tried_on_customers(shop: Shop) -> None:
    talk = written(shop, *train("refund", 3))
    shop.retrain().run(actor="night")
    shop.label(*train("delivery", 3))
    held = shop.retrain().run(actor="night", hold=True).version
    assert held is not None
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    experiments = Experiments(shop.store, shop.versions())
    with pytest.raises(InputError, match=r"knows a text that was erased since.*`assistant retrain`"):
        experiments.start(held, 0.1, "lea")
    assert experiments.latest() is None


def test_a_switch_of_the_encoder_knows_nothing_of_it_either(shop: Shop) -> None:
    rows = train("refund", 3)
    talk = written(shop, *rows)
    shop.retrain().run(actor="night")
    learned = {row.text for row in rows} & set(shop.learner().memory.texts)
    assert learned
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    other = WordEncoder(0.4)
    result = shop.switch().run(other, actor="lea", progress=lambda *_: None)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    shop.encoder = other
    assert not learned & set(shop.learner().memory.texts)
    assert not learned & set(other.embedded)
