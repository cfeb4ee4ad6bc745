"""Runs that only look, and versions that wait for a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.services.intents.care import IntentCare
from assistant.services.runs.retrain import ExitCode
from assistant.strategies import Spec
from tests.nights import CHARGEBACKS, FORGETFUL, LADDER, WARRANTY, run, state
from tests.shops import Shop, train


@pytest.mark.parametrize("rows", [WARRANTY, CHARGEBACKS, []], ids=["passing", "refused", "nothing"])
def test_a_dry_run_writes_nothing_at_all(shop: Shop, rows: list[LabelledText]) -> None:
    shop.label(*rows)
    files, tables = shop.files(), shop.tables()
    result = run(shop, dry_run=True)
    expected = {22: ExitCode.PUBLISHED, 20: ExitCode.REFUSED, 0: ExitCode.NOTHING_TO_DO}[len(rows)]
    assert (result.exit_code, result.version) == (expected, None)
    assert (shop.files(), shop.tables()) == (files, tables)
    assert result.verdict.endswith("(dry run)") or not rows


def test_a_dry_run_comes_to_the_verdict_of_the_real_one(shop: Shop) -> None:
    shop.label(*WARRANTY)
    dry, real = run(shop, dry_run=True).report, run(shop).report
    told = {"title", "started", "seconds", "dry_run", "verdict", "version"}
    assert {key: dry[key] for key in dry.keys() - told} == {key: real[key] for key in real.keys() - told}


def test_a_held_version_waits_and_publishing_it_marks_what_it_learned(shop: Shop) -> None:
    live = shop.live().id
    ids = shop.label(*WARRANTY)
    pending = shop.pending()
    result = run(shop, hold=True)
    assert (result.exit_code, result.verdict) == (ExitCode.PUBLISHED, "held")
    assert result.version is not None
    assert (shop.live().id, shop.pending()) == (live, pending)
    assert (shop.folder / result.version).is_dir()
    assert {version for _, version in shop.marks()} == {live}
    shop.versions().publish(result.version, "lea", "looks good")
    assert shop.live().id == result.version
    assert shop.pending() == []
    assert {example for example, version in shop.marks() if version == result.version} == set(ids)
    assert run(shop).exit_code is ExitCode.NOTHING_TO_DO


def test_while_a_version_waits_no_night_makes_another_of_the_same_corrections(shop: Shop) -> None:
    shop.label(*WARRANTY)
    held = run(shop, hold=True).version
    before = state(shop)
    again = run(shop, hold=True)
    assert (again.exit_code, again.version) == (ExitCode.NOTHING_TO_DO, None)
    assert f"`assistant publish {held}`" in again.reason
    assert state(shop) == before
    shop.plans = FORGETFUL + LADDER  # whoever changes the settings sees what comes of it
    assert run(shop, hold=True).exit_code is not ExitCode.NOTHING_TO_DO
    shop.plans = LADDER
    shop.label(train("warranty", 13)[-1])
    another = run(shop, hold=True)
    assert another.verdict == "held"
    assert another.version not in (None, held)


def test_while_a_version_waits_that_has_forgotten_no_night_makes_another(shop: Shop) -> None:
    shop.label(*WARRANTY)
    knowing = run(shop, hold=True).version
    IntentCare(shop.store).retire("invoice", "lea", erase=True)
    without = run(shop, hold=True)
    assert without.verdict == "held"
    assert without.version not in (None, knowing)
    before = state(shop)
    again = run(shop, hold=True)
    assert (again.exit_code, again.version) == (ExitCode.NOTHING_TO_DO, None)
    assert f"`assistant publish {without.version}`" in again.reason
    assert "without what is to be forgotten" in again.reason
    assert state(shop) == before
    shop.plans = tuple(replace(plan, selector=Spec(name="generative")) for plan in LADDER)  # no row is to be kept
    assert [run(shop, hold=True).exit_code for _ in range(2)] == [ExitCode.PUBLISHED, ExitCode.NOTHING_TO_DO]


def test_while_a_version_waits_that_has_forgotten_corrections_that_are_refused_make_no_other(shop: Shop) -> None:
    IntentCare(shop.store).retire("invoice", "lea", erase=True)
    shop.label(*CHARGEBACKS)
    held = run(shop, hold=True)
    assert (held.verdict, held.report["learned_examples"]) == ("held", [])
    before = state(shop)
    again = run(shop, hold=True)
    assert (again.exit_code, again.version) == (ExitCode.NOTHING_TO_DO, None)
    assert f"version {held.version} waits without what is to be forgotten: `assistant publish" in again.reason
    assert again.reason.endswith("the corrections were refused with it, and are tried again after that")
    assert state(shop) == before
    shop.label(*WARRANTY)
    assert run(shop, hold=True).version not in (None, held.version)


def test_a_version_that_was_rolled_back_does_not_wait_to_be_published_again(shop: Shop) -> None:
    shop.label(*WARRANTY)
    back = run(shop).version
    shop.versions().roll_back("lea", "worse than it looked")
    again = run(shop, hold=True)
    assert again.verdict == "held"
    assert again.version not in (None, back)


def test_corrections_made_while_a_version_was_held_stay_pending_when_it_goes_live(shop: Shop) -> None:
    shop.label(*WARRANTY)
    held = run(shop, hold=True).version
    assert held
    late = train("warranty", 13)[-1]
    shop.label(late)
    shop.versions().publish(held, "lea", "looks good")
    assert shop.pending() == [late.text]


def test_a_held_version_does_not_go_live_once_one_of_its_labels_was_taken_back(shop: Shop) -> None:
    ids = shop.label(*WARRANTY)
    held = run(shop, hold=True).version
    assert held
    with shop.store.unit() as uow:
        uow.examples.undo(ids[0])
    before = state(shop)
    with pytest.raises(InputError, match="taken back"):
        shop.versions().publish(held, "lea", "looks good")
    assert state(shop) == before
