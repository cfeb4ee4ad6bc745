"""Whoever guesses passwords is slowed and locked out, and nobody else."""

from __future__ import annotations

import threading
import time
from typing import Literal

import pytest
from argon2 import PasswordHasher

from assistant.errors import AccessError, SlowedError
from assistant.services.accounts.operators import FAILURES_BEFORE_SLOWING, Operators
from assistant.services.accounts.passwords import AT_ONCE, Passwords
from assistant.store import Store
from tests.fakes import FakeClock
from tests.unit.accounts.conftest import PASSWORD, refused


def test_five_failures_close_the_account_for_fifteen_minutes(operators: Operators, clock: FakeClock) -> None:
    for _ in range(5):
        refused(operators, "ada", "wrong password")
    refused(operators, "ada", PASSWORD)
    clock.forward(minutes=14, seconds=59)
    refused(operators, "ada", PASSWORD)
    clock.forward(seconds=1)
    assert operators.sign_in("ada", PASSWORD, "192.0.2.1")


@pytest.mark.parametrize("name", ["ada", "eve"])
def test_a_lockout_ends_in_time_though_the_clock_was_set_back(
    operators: Operators, clock: FakeClock, name: str
) -> None:
    operators.create("eve", PASSWORD)
    for _ in range(5):
        refused(operators, "ada", "wrong password")
    clock.forward(hours=-2)  # as where the machine starts by its local time
    for _ in range(5):
        refused(operators, name, "wrong password")
    refused(operators, name, PASSWORD)
    clock.forward(minutes=15)
    assert operators.sign_in("ada", PASSWORD, "192.0.2.1")
    assert operators.sign_in(name, PASSWORD, "192.0.2.1")


def test_who_guesses_locks_out_nobody_else(operators: Operators, store: Store) -> None:
    for _ in range(6):
        refused(operators, "ada", "wrong password", "192.0.2.1")
    assert operators.sign_in("ada", PASSWORD, "192.0.2.2")
    refused(operators, "ada", PASSWORD, "192.0.2.1")
    with store.unit(read_only=True) as uow:
        assert [entry.action for entry in uow.audit.matching()].count("lockout") == 1


def test_guesses_from_many_addresses_are_slowed_until_one_is_right_or_time_went_by(
    operators: Operators, clock: FakeClock
) -> None:
    def guess(times: int) -> set[type[AccessError]]:
        return {refused(operators, "ada", "wrong password", str(address)) for address in range(times)}

    assert guess(FAILURES_BEFORE_SLOWING) == {AccessError}
    assert guess(FAILURES_BEFORE_SLOWING) == {SlowedError}
    assert operators.sign_in("ada", PASSWORD, "192.0.2.1")
    assert guess(FAILURES_BEFORE_SLOWING) == {AccessError}
    clock.forward(minutes=15)
    assert guess(1) == {AccessError}


@pytest.mark.parametrize("name", ["ada", "gone", "nobody", "no name"])
def test_how_fast_a_name_is_refused_does_not_tell_whether_it_may_sign_in(
    operators: Operators, clock: FakeClock, name: str
) -> None:
    operators.create("gone", PASSWORD)
    operators.remove("gone", actor="ada")
    guesses = [refused(operators, name, "wrong password", str(number // 10)) for number in range(70)]
    # Five from each address count; the 26th of those is the first that is slowed.
    slowed = [number for number in range(50, 70) if number % 10 < 5]
    assert [number for number, kind in enumerate(guesses) if kind is SlowedError] == slowed
    clock.forward(minutes=15)
    assert refused(operators, name, "wrong password", "0") is AccessError


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_every_refusal_waits_for_whoever_writes(operators: Operators, store: Store, name: str) -> None:
    """One that did not, while rows are imported, would tell that there is no such name."""
    came: list[AccessError] = []

    def guess() -> None:
        with pytest.raises(AccessError) as refusal:
            operators.sign_in(name, "wrong-password")
        came.append(refusal.value)

    with store.unit():
        guessing = threading.Thread(target=guess)
        guessing.start()
        guessing.join(0.3)
        assert not came
    guessing.join(10)
    assert came


def test_few_passwords_are_hashed_at_a_time() -> None:
    class Counting(PasswordHasher):
        now = most = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            self.now += 1
            self.most = max(self.most, self.now)
            time.sleep(0.02)  # the others come meanwhile
            self.now -= 1
            return True

    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(hasher)
    threads = [threading.Thread(target=passwords.matches, args=("", PASSWORD)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hasher.most == AT_ONCE


def test_a_success_forgets_earlier_failures(operators: Operators) -> None:
    for _ in range(3):
        for _ in range(4):
            refused(operators, "ada", "wrong password")
        operators.sign_in("ada", PASSWORD, "192.0.2.1")


def test_guesses_made_at_the_same_time_are_all_counted(operators: Operators) -> None:
    def guess() -> None:
        refused(operators, "ada", "wrong password")

    threads = [threading.Thread(target=guess) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused(operators, "ada", PASSWORD)


def test_an_open_desk_is_no_door_to_guess_the_password(operators: Operators) -> None:
    found = operators.sign_in("ada", PASSWORD)
    for _ in range(5):
        with pytest.raises(AccessError):
            operators.change_password(found, "wrong password", "battery staple")
    with pytest.raises(AccessError, match="closed for 15 minutes"):
        operators.change_password(found, PASSWORD, "battery staple")
