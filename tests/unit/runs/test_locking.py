"""Promises of the one lock that all updates take: who gets it, who is told what, and when the dead let go."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from assistant.errors import LockedError
from assistant.services.runs import locking
from assistant.services.runs.locking import NAME, locked, require_free
from assistant.store import Store
from tests.fakes import FakeClock
from tests.shops import dead_owner, zombies

HOST = socket.gethostname()


def holder(store: Store) -> str | None:
    with store.unit(read_only=True) as uow:
        found = uow.locks.holder(NAME)
    return found[0] if found else None


def hold(store: Store, owner: str, seconds: float = 3600) -> None:
    with store.unit() as uow:
        assert uow.locks.acquire(NAME, owner, seconds)


def owner_of(pid: int) -> str:
    return f"{HOST}:{pid}:{locking._started(pid)}:other"


@contextmanager
def written_to(database: Path, monkeypatch: pytest.MonkeyPatch, pauses: int) -> Iterator[list[float]]:
    """Somebody else writes for the time of so many pauses between two tries. Gives the pauses that were made."""
    raw = sqlite3.connect(database, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    made: list[float] = []

    def sleep(seconds: float) -> None:
        made.append(seconds)
        if len(made) == pauses:
            raw.execute("COMMIT")

    monkeypatch.setattr(time, "sleep", sleep)
    yield made
    raw.close()


@pytest.fixture
def zombie() -> Iterator[int]:
    yield from zombies()


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that decides when to renew: its only element, to be moved by the test."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_the_body_runs_under_the_lock_and_leaves_it_free(store: Store) -> None:
    with locked(store, 60):
        assert str(holder(store)).startswith(f"{HOST}:{os.getpid()}:")
    assert holder(store) is None


def test_a_body_that_fails_leaves_it_free_and_its_error_as_it_was(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), locked(store, 60):
        raise ZeroDivisionError
    assert holder(store) is None


def test_a_second_run_is_told_who_holds_it_and_until_when(store: Store) -> None:
    with locked(store, 60):
        owner = str(holder(store))
        with pytest.raises(LockedError, match=rf"owner {re.escape(owner)}, its lock expires at 2025-03-01 12:01"):
            locked(store, 60).__enter__()
        assert holder(store) == owner


def test_the_holder_of_another_machine_is_believed_until_its_lock_expires(store: Store, clock: FakeClock) -> None:
    pid = int(dead_owner().split(":")[1])
    hold(store, f"elsewhere:{pid}:0:abc", 60)
    with pytest.raises(LockedError, match="elsewhere"):
        require_free(store)
    with pytest.raises(LockedError, match="elsewhere"):
        locked(store, 60).__enter__()
    clock.forward(seconds=60)
    require_free(store)
    with locked(store, 60):
        assert str(holder(store)).startswith(f"{HOST}:")


def test_a_holder_whose_process_is_gone_is_replaced_at_once(store: Store) -> None:
    hold(store, dead_owner())
    require_free(store)
    with locked(store, 60):
        assert str(holder(store)).startswith(f"{HOST}:{os.getpid()}:")


def test_a_killed_child_that_nobody_collected_is_gone_too(store: Store, zombie: int) -> None:
    os.kill(zombie, 0)  # it still answers signals
    hold(store, f"{HOST}:{zombie}:{locking._started(zombie)}:abc")
    require_free(store)


def test_a_process_that_got_the_id_of_a_dead_one_does_not_hold_its_lock(store: Store) -> None:
    """A container that was killed and starts again has the same host name and counts its processes from 1 again."""
    hold(store, f"{HOST}:{os.getpid()}:12345:abc")
    require_free(store)
    with locked(store, 60):
        pass


def test_a_process_that_lives_is_never_replaced(store: Store) -> None:
    hold(store, parent := owner_of(os.getppid()))
    with pytest.raises(LockedError):
        require_free(store)
    with pytest.raises(LockedError):
        locked(store, 60).__enter__()
    assert holder(store) == parent


def test_a_run_of_this_process_that_has_ended_does_not_hold_its_lock(store: Store) -> None:
    hold(store, owner_of(os.getpid()))
    require_free(store)
    with locked(store, 60):
        with pytest.raises(LockedError):
            require_free(store)
        assert holder(store) != owner_of(os.getpid())


@pytest.mark.usefixtures("impatient")
def test_a_lock_is_freed_when_others_stop_writing(
    store: Store, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        with locked(store, 60):
            pauses = stack.enter_context(written_to(database, monkeypatch, pauses=2))
        assert pauses == [locking.RELEASE_PAUSE] * 2
        assert holder(store) is None


@pytest.mark.usefixtures("impatient")
def test_a_lock_that_cannot_be_freed_is_told_and_does_not_hide_what_the_run_says(
    store: Store, database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as stack:
        with pytest.raises(ZeroDivisionError), locked(store, 60):
            stack.enter_context(written_to(database, monkeypatch, pauses=locking.RELEASE_TRIES))
            raise ZeroDivisionError
        assert "database is locked" in caplog.text
        assert holder(store)
    require_free(store)  # for this process knows that the run has ended


@pytest.mark.parametrize("owner", ["", "nobody", f"{HOST}:", f"{HOST}:x:y:z"])
def test_an_owner_that_says_nothing_about_its_process_is_believed(store: Store, owner: str) -> None:
    hold(store, owner)
    with pytest.raises(LockedError):
        require_free(store)


def test_asking_whether_it_is_free_takes_nothing(store: Store) -> None:
    require_free(store)
    hold(store, dead := dead_owner())
    require_free(store)
    assert holder(store) == dead


def test_renewing_moves_the_expiry_but_not_at_every_call(
    store: Store, clock: FakeClock, monotonic: list[float]
) -> None:
    def expiry() -> str:
        with store.unit(read_only=True) as uow:
            found = uow.locks.holder(NAME)
        assert found
        return f"{found[1]:%H:%M:%S}"

    with locked(store, 60) as lock:
        clock.forward(seconds=5)
        monotonic[0] += 5
        lock.renew()
        assert expiry() == "12:01:00"
        clock.forward(seconds=5)
        monotonic[0] += 5
        lock.renew()
        assert expiry() == "12:01:10"


def test_a_lock_that_expired_while_the_machine_slept_is_taken_again(
    store: Store, clock: FakeClock, monotonic: list[float]
) -> None:
    with locked(store, 60) as lock:
        owner = holder(store)
        clock.forward(hours=2)
        monotonic[0] += 10
        lock.renew()
        assert holder(store) == owner


def test_a_run_whose_lock_another_took_is_told_and_does_not_free_it(
    store: Store, clock: FakeClock, monotonic: list[float]
) -> None:
    with locked(store, 60) as lock:
        clock.forward(seconds=61)
        hold(store, "elsewhere:1:0:abc")
        monotonic[0] += 61
        with pytest.raises(LockedError, match="lost"):
            lock.renew()
    assert holder(store) == "elsewhere:1:0:abc"
