"""Promises of a lock: one holder at a time, across threads and processes; a dead holder's lock expires."""

from __future__ import annotations

import threading
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

import pytest

from assistant.store import Store, open_engine
from tests.fakes import FakeClock


def acquire(store: Store, owner: str, seconds: float = 60) -> bool:
    with store.unit() as uow:
        return uow.locks.acquire("retrain", owner, seconds)


def renew(store: Store, owner: str, seconds: float = 60) -> bool:
    with store.unit() as uow:
        return uow.locks.renew("retrain", owner, seconds)


def holder(store: Store) -> str | None:
    with store.unit(read_only=True) as uow:
        found = uow.locks.holder("retrain")
    return found[0] if found else None


def acquire_in_process(url: str, owner: str, won: Queue[str]) -> None:
    store = Store(open_engine(url))
    won.put(owner if acquire(store, owner) else "")


def test_the_first_gets_it_and_nobody_else_not_even_the_holder_again(store: Store) -> None:
    assert acquire(store, "one")
    assert not acquire(store, "two")
    assert not acquire(store, "one")
    assert holder(store) == "one"


def test_an_expired_lock_is_taken_over_and_its_old_holder_notices(store: Store, clock: FakeClock) -> None:
    assert acquire(store, "one", 60)
    clock.forward(seconds=59)
    assert not acquire(store, "two")
    clock.forward(seconds=1)
    assert holder(store) is None
    assert acquire(store, "two")
    assert not renew(store, "one")
    with store.unit() as uow:
        uow.locks.release("retrain", "one")
    assert holder(store) == "two"


def test_renewing_extends_and_an_expired_lock_cannot_be_renewed(store: Store, clock: FakeClock) -> None:
    assert acquire(store, "one", 60)
    clock.forward(seconds=50)
    assert renew(store, "one", 60)
    clock.forward(seconds=50)
    assert holder(store) == "one"
    clock.forward(seconds=10)
    assert not renew(store, "one", 60)


def test_releasing_frees_it_and_locks_have_names(store: Store) -> None:
    assert acquire(store, "one")
    with store.unit() as uow:
        assert uow.locks.acquire("other", "two", 60)
        uow.locks.release("retrain", "one")
    assert acquire(store, "three")


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_lock_lasts_a_while(store: Store, seconds: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        acquire(store, "one", seconds)


def test_of_many_threads_one_gets_it(store: Store) -> None:
    won: list[str] = []

    def attempt(owner: str) -> None:
        if acquire(store, owner):
            won.append(owner)

    threads = [threading.Thread(target=attempt, args=(f"thread {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [holder(store)]


def test_of_many_processes_one_gets_it(database: Path) -> None:
    spawn = get_context("spawn")
    won: Queue[str] = spawn.Queue()
    url = f"sqlite:///{database}"
    processes = [spawn.Process(target=acquire_in_process, args=(url, f"process {number}", won)) for number in range(2)]
    for process in processes:
        process.start()
    answers = [won.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert [answer for answer in answers if answer] == [holder(Store(open_engine(url)))]
