"""`assistant learn --follow` learns as corrections come in, by the gates and the lock of the nightly command."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.domain import LabelledText
from assistant.errors import InputError, StoreError
from assistant.services.intents.care import IntentCare
from assistant.services.rows.importing import import_labelled
from assistant.services.runs import ladder
from assistant.services.runs.follow import DAY_SECONDS, RETRY_SECONDS, Follow
from assistant.services.runs.locking import locked
from assistant.services.runs.retrain import RetrainResult
from assistant.store.versions import Versions
from assistant.strategies import Spec
from tests.nights import CHARGEBACKS, WARRANTY
from tests.shops import PLAN, Shop, train

MORE = train("refund", 40, start=700)


def following(shop: Shop, every: int = 5, seconds: float = 100.0) -> tuple[Follow, list[RetrainResult]]:
    results: list[RetrainResult] = []
    follow = Follow(shop.store, shop.retrain(), "tests", every, seconds, poll=0.05, on_result=results.append)
    follow.to_forget = shop.versions().to_forget
    return follow, results


def locked_out(*_: object) -> None:
    raise StoreError("the database shop.db failed: database is locked")


def corrected(shop: Shop, rows: list[LabelledText]) -> None:
    import_labelled(shop.store, rows, "tests")


def test_an_update_waits_for_enough_corrections(shop: Shop) -> None:
    follow, results = following(shop)
    assert not follow.step(0.0)
    corrected(shop, MORE[:4])
    assert not follow.step(1.0)
    corrected(shop, MORE[4:5])
    assert follow.step(2.0)
    assert [(r.verdict, r.report["trained_rows"]) for r in results] == [("published", 5)]
    assert not follow.step(3.0)


def test_a_single_correction_does_not_wait_for_ever(shop: Shop) -> None:
    follow, results = following(shop)
    corrected(shop, MORE[:1])
    assert not follow.step(10.0)
    assert not follow.step(109.0)
    assert follow.step(110.0)
    assert results[0].report["trained_rows"] == 1
    corrected(shop, MORE[1:2])  # and the clock starts anew
    assert not follow.step(111.0)
    assert not follow.step(210.0)
    assert follow.step(211.0)


def test_what_is_to_be_forgotten_waits_for_no_correction(shop: Shop) -> None:
    follow, results = following(shop)
    care = IntentCare(shop.store)
    for start in (0.0, 1000.0):
        care.retire("invoice", "lea", erase=True)
        assert not follow.step(start)
        assert follow.step(start + 100.0)
        assert results[-1].verdict == "published"
        assert "invoice" not in shop.learner().memory.intents
        assert not follow.step(start + 300.0)
        care.restore("invoice", "lea")
        assert follow.step(start + 400.0)  # learned anew
        assert "invoice" in shop.learner().memory.intents
    again, results = following(shop)
    care.retire("invoice", "lea", erase=True)
    shop.retrain().run(actor="night")
    for now in (0.0, 100.0, 200.0):
        assert not again.step(now)  # it is gone already
    assert results == []


def test_what_the_gates_refused_is_not_tried_again_until_more_comes(shop: Shop) -> None:
    shop.plans = (replace(PLAN, regularizer=Spec(name="none"), replay=0.0),)  # which forgets
    follow, results = following(shop, every=20)
    corrected(shop, [LabelledText(row.text, "invoice") for row in train("refund", 20)])
    assert follow.step(0.0)
    assert results[0].verdict == "refused"
    assert not follow.step(1000.0)
    corrected(shop, MORE[:1])
    assert not follow.step(1001.0)
    assert follow.step(1101.0)


def test_what_was_refused_with_an_intent_is_tried_again_once_that_is_retired(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "ROUNDS", 1)  # as where no round without it passes
    follow, results = following(shop)
    shop.label(*CHARGEBACKS, *WARRANTY)
    assert follow.step(0.0)
    assert not follow.step(1000.0)
    care = IntentCare(shop.store)
    care.retire("chargeback", "lea")
    assert not follow.step(1001.0)
    assert follow.step(1101.0)
    assert [result.verdict for result in results] == ["refused", "published"]
    assert not follow.step(1102.0)  # labels of what is out of use are none that a run could learn
    assert not follow.step(2000.0)
    care.restore("chargeback", "lea")
    assert follow.step(2001.0)
    assert len(results) == 3


def test_while_another_run_holds_the_lock_nothing_is_lost(shop: Shop) -> None:
    follow, results = following(shop)
    corrected(shop, MORE[:5])
    with locked(shop.store, 60):
        assert not follow.step(0.0)
        assert not follow.step(1.0)
    assert [result.verdict for result in results] == ["locked"]  # told once
    assert follow.step(2.0)
    assert results[1].verdict == "published"


def test_what_a_busy_database_did_not_let_through_is_tried_again(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow, results = following(shop)
    corrected(shop, MORE[:5])
    with monkeypatch.context() as patched:
        patched.setattr(Versions, "add", locked_out)
        assert follow.step(0.0)
    assert "database is locked" in caplog.text
    assert not follow.step(RETRY_SECONDS - 1)
    assert follow.step(RETRY_SECONDS)
    assert [result.verdict for result in results] == ["published"]


def test_what_a_full_disk_did_not_let_through_is_tried_again(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    follow, results = following(shop)
    corrected(shop, MORE[:5])
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert follow.step(0.0)
    assert "could not be saved" in caplog.text
    assert not follow.step(RETRY_SECONDS - 1)
    assert follow.step(RETRY_SECONDS)
    assert [result.verdict for result in results] == ["published"]


def test_what_a_lost_version_did_not_let_through_is_tried_again(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    follow, results = following(shop)
    corrected(shop, MORE[:5])
    live = shop.folder / shop.live().id
    away = live.rename(shop.data / "away")
    assert follow.step(0.0)
    assert "cannot be used" in caplog.text
    away.rename(live)  # as from a backup
    assert follow.step(RETRY_SECONDS)
    assert [result.verdict for result in results] == ["published"]


def test_a_database_that_is_out_of_reach_for_a_while_does_not_end_it(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    follow, results = following(shop)
    corrected(shop, MORE[:5])
    there, away = shop.data / "assistant.db", shop.data / "away.db"
    there.rename(away)
    assert not follow.step(0.0)
    assert not follow.step(1.0)
    assert caplog.text.count("is gone or out of reach") == 1
    away.rename(there)
    assert follow.step(2.0)
    assert [result.verdict for result in results] == ["published"]


def test_it_stops_when_told_and_has_learned_what_came(shop: Shop) -> None:
    follow, results = following(shop)
    corrected(shop, MORE[:5])
    stop, counted = threading.Event(), list[int]()
    thread = threading.Thread(target=lambda: counted.append(follow.run(stop)))
    thread.start()
    while not results and thread.is_alive():
        thread.join(0.05)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert counted == [1]


def test_what_is_done_daily_begins_at_once_and_is_tried_again_after_a_failure(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    days = list[float]()

    def daily() -> None:
        days.append(now)
        if len(days) == 2:
            locked_out()

    follow, _ = following(shop)
    follow.daily = daily
    for now in (0.0, 1.0, DAY_SECONDS, DAY_SECONDS + RETRY_SECONDS, 2 * DAY_SECONDS):
        follow.step(now)
    assert days == [0.0, DAY_SECONDS, DAY_SECONDS + RETRY_SECONDS]
    assert "database is locked" in caplog.text
    corrected(shop, MORE[:5])
    assert follow.step(2 * DAY_SECONDS + 1)


@pytest.mark.parametrize(("every", "seconds"), [(0, 1.0), (1, 0.0), (1, float("nan"))])
def test_numbers_that_cannot_be_are_refused(shop: Shop, every: int, seconds: float) -> None:
    with pytest.raises(InputError, match=f"every = {every}"):
        following(shop, every, seconds)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_cleanly_on_a_signal(shop: Shop, tmp_path: Path, number: signal.Signals) -> None:
    shop.files()
    environment = {**os.environ, "ASSISTANT_DATA": str(shop.data)}
    child = subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", "learn", "--follow"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline().startswith("following")
    child.send_signal(number)
    said, errors = child.communicate(timeout=60)
    assert child.returncode == 0, errors
    assert "stopped after 0 updates" in said
