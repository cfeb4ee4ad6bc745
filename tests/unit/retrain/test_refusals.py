"""Refused by the gates, or locked out by another run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assistant.services.intents.care import IntentCare
from assistant.services.runs.candidates import described
from assistant.services.runs.locking import NAME
from assistant.services.runs.retrain import ExitCode, RetrainResult
from tests.nights import CHARGEBACKS, FORGETFUL, LADDER, WARRANTY, folders, run, spied, state
from tests.shops import PLAN, Shop, dead_owner, train


def test_a_refusal_leaves_everything_as_it_was(shop: Shop) -> None:
    shop.plans = LADDER
    shop.label(*CHARGEBACKS)
    before, files, pending = state(shop), folders(shop), shop.pending()
    result = run(shop)
    assert (result.exit_code, int(result.exit_code)) == (ExitCode.REFUSED, 20)
    assert (result.verdict, result.version) == ("refused", None)
    assert "refused by" in result.reason
    assert "new_intents: chargeback:" in result.reason
    assert (state(shop), folders(shop), shop.pending()) == (before, files, pending)
    assert shop.says("refund 7777") == ["refund"]


def test_every_rung_of_the_ladder_is_tried_before_a_refusal(shop: Shop) -> None:
    shop.plans = [replace(plan, memory=kept) for plan in FORGETFUL for kept in (20, 19, 18)]
    shop.label(*WARRANTY)
    report = run(shop).report
    assert [attempt["plan"] for attempt in report["attempts"]] == [described(plan) for plan in shop.plans]
    assert len({described(plan) for plan in shop.plans}) == 3
    assert all(attempt["outcome"].startswith("refused by") for attempt in report["attempts"])
    (people,) = shop.reports.glob("*.md")
    assert "## Plans tried" in people.read_text()
    assert json.loads(people.with_suffix(".json").read_text())["verdict"] == "refused"
    assert report["learned_examples"] == []


def test_of_a_new_intent_that_falls_short_the_refusal_says_what_to_do(shop: Shop) -> None:
    shop.label(*CHARGEBACKS)
    refused = run(shop)
    assert "label more messages of a new intent that falls short, or merge or retire it" in refused.reason
    IntentCare(shop.store).retire("chargeback", "lea")
    shop.plans = FORGETFUL
    shop.label(*train("delivery", 3, start=900))
    assert "merge or retire" not in run(shop).reason


def test_a_rung_that_passes_ends_the_climb(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.plans = (*FORGETFUL, PLAN, LADDER[1])
    seen = spied(monkeypatch)
    shop.label(*WARRANTY)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert [attempt["outcome"] == "passed" for attempt in result.report["attempts"]] == [False, True]
    assert result.report["plan"] == described(PLAN)
    assert len(seen) == 2


def test_without_regulariser_and_replay_it_forgets_and_is_refused(shop: Shop) -> None:
    shop.plans = FORGETFUL
    shop.label(*WARRANTY)
    result = run(shop)
    assert result.exit_code is ExitCode.REFUSED
    assert result.report["forgetting"] > 0.1
    assert "old_accuracy" in result.reason


def test_while_another_run_is_at_work_it_does_nothing_and_says_who_it_is(shop: Shop) -> None:
    shop.label(*WARRANTY)
    with shop.store.unit() as uow:
        assert uow.locks.acquire(NAME, "elsewhere:1:0:abc", 3600)
    before = shop.tables()
    for dry_run in (False, True):
        result = run(shop, dry_run=dry_run)
        assert (result.exit_code, int(result.exit_code), result.verdict) == (ExitCode.LOCKED, 30, "locked")
        assert "elsewhere:1:0:abc" in result.reason
    assert shop.tables() == before


def test_a_run_within_a_run_is_locked_out_and_the_lock_is_free_afterwards(shop: Shop) -> None:
    shop.label(*WARRANTY)
    inner: list[RetrainResult] = []

    def progress(what: str, done: int, total: int) -> None:
        if what == "learning" and done == 1:
            inner.append(run(shop))

    assert run(shop, progress=progress).exit_code is ExitCode.PUBLISHED
    assert [result.exit_code for result in inner] == [ExitCode.LOCKED]
    assert shop.tables()["locks"] == []


def test_the_lock_of_a_killed_run_is_taken_over_at_once(shop: Shop) -> None:
    shop.label(*WARRANTY)
    with shop.store.unit() as uow:
        assert uow.locks.acquire(NAME, dead_owner(), 3600)
    assert run(shop).exit_code is ExitCode.PUBLISHED
    assert shop.tables()["locks"] == []


def test_a_run_that_loses_its_lock_stops_and_publishes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.lock_seconds = 1e-3  # every report of progress renews it
    shop.label(*WARRANTY)

    def progress(what: str, done: int, total: int) -> None:
        with shop.store.unit() as uow:
            uow.locks.acquire(NAME, "elsewhere:1:0:abc", 3600)

    before = shop.live().id
    result = run(shop, progress=progress)
    assert (result.exit_code, shop.live().id) == (ExitCode.LOCKED, before)
    assert "lost" in result.reason
