"""Promises of signing in: secrets are stored as hashes, guessing is slow, one refusal tells nothing."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher

from assistant.errors import AccessError, InputError, SlowedError
from assistant.services.accounts.operators import FAILURES_BEFORE_SLOWING, REFUSED, Operators
from assistant.services.accounts.passwords import AT_ONCE, Passwords
from assistant.store import Store
from tests.fakes import FakeClock

PASSWORD = "correct horse battery"


@pytest.fixture
def operators(store: Store, clock: FakeClock) -> Operators:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    operators = Operators(store, cheap, clock)
    operators.create("ada", PASSWORD, role="lead")
    return operators


def refused(operators: Operators, name: str, password: str, where: str = "192.0.2.1") -> type[AccessError]:
    """What was raised."""
    with pytest.raises(AccessError) as error:
        operators.sign_in(name, password, where)
    assert str(error.value) == REFUSED
    return error.type


def test_signing_in_opens_a_session(operators: Operators, clock: FakeClock) -> None:
    signed_in = operators.sign_in("ada", PASSWORD)
    assert (signed_in.name, signed_in.role) == ("ada", "lead")
    assert operators.session(signed_in.token) == signed_in
    assert operators.sign_in("ada", PASSWORD).token != signed_in.token
    assert signed_in.token not in repr(signed_in)
    assert signed_in.csrf not in repr(signed_in)


def test_a_session_lasts_twelve_hours(operators: Operators, clock: FakeClock) -> None:
    token = operators.sign_in("ada", PASSWORD).token
    clock.forward(hours=11, minutes=59)
    assert operators.session(token)
    clock.forward(minutes=1)
    assert operators.session(token) is None


def test_signing_out_ends_this_session_only(operators: Operators) -> None:
    first, second = operators.sign_in("ada", PASSWORD), operators.sign_in("ada", PASSWORD)
    operators.sign_out(first.token)
    operators.sign_out(first.token)
    assert operators.session(first.token) is None
    assert operators.session(second.token) == second


@pytest.mark.parametrize("forged", ["", "nothing", "\ud800", "x" * 10**6])
def test_a_forged_token_is_nobody(operators: Operators, forged: str) -> None:
    assert operators.session(forged) is None
    operators.sign_out(forged)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "wrong password"),
        ("ada", ""),
        ("ada", PASSWORD + " "),
        ("ada", "\ud800"),
        ("ada", "x" * 10**6),
        ("ADA", PASSWORD),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("\ud800", PASSWORD),
        ("ada' --", PASSWORD),
    ],
)
def test_every_refusal_reads_the_same(operators: Operators, name: str, password: str) -> None:
    refused(operators, name, password)


def test_a_damaged_hash_lets_nobody_in_until_the_password_is_reset(
    operators: Operators, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite3.connect(database) as raw:
        raw.execute("UPDATE operators SET password_hash = 'plain'")
    with pytest.raises(AccessError):
        operators.sign_in("ada", "plain")
    assert "operators.password_hash" in caplog.text
    assert operators.sign_in("ada", operators.reset_password("ada")).name == "ada"


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


def test_a_reset_replaces_the_password_ends_sessions_and_lifts_the_lockout(operators: Operators) -> None:
    token = operators.sign_in("ada", PASSWORD).token
    for _ in range(5):
        refused(operators, "ada", "wrong password")
    password = operators.reset_password("ada")
    assert operators.session(token) is None
    assert operators.sign_in("ada", password, "192.0.2.1")
    refused(operators, "ada", PASSWORD)
    with pytest.raises(InputError, match="no operator 'eve'"):
        operators.reset_password("eve")


def test_ones_own_password_is_changed_with_the_present_one_and_ends_other_sessions(
    operators: Operators, store: Store
) -> None:
    here, there = operators.sign_in("ada", PASSWORD), operators.sign_in("ada", PASSWORD)
    for new, says in ((PASSWORD, "choose another"), ("short", "8 to 1024 characters, this one has 5")):
        with pytest.raises(InputError, match=says):
            operators.change_password(here, PASSWORD, new)
    with pytest.raises(AccessError, match="present password is wrong"):
        operators.change_password(here, "wrong password", "battery staple")
    assert operators.session(there.token)
    operators.change_password(here, PASSWORD, "battery staple")
    assert operators.session(here.token) == here
    assert operators.session(there.token) is None
    refused(operators, "ada", PASSWORD)
    assert operators.sign_in("ada", "battery staple")
    with store.unit(read_only=True) as uow:
        newest = uow.audit.matching()[0]
    assert (newest.actor, newest.action, newest.before, newest.after) == ("ada", "change_password", None, None)


def test_an_open_desk_is_no_door_to_guess_the_password(operators: Operators) -> None:
    found = operators.sign_in("ada", PASSWORD)
    for _ in range(5):
        with pytest.raises(AccessError):
            operators.change_password(found, "wrong password", "battery staple")
    with pytest.raises(AccessError, match="closed for 15 minutes"):
        operators.change_password(found, PASSWORD, "battery staple")


def test_another_role_holds_from_the_next_thing_on(operators: Operators) -> None:
    operators.create("bob", PASSWORD)
    token = operators.sign_in("bob", PASSWORD).token
    operators.change_role("bob", "lead", actor="ada")
    found = operators.session(token)
    assert found
    assert found.role == "lead"
    with pytest.raises(InputError, match="has the role 'lead' already"):
        operators.change_role("bob", "lead", actor="ada")
    with pytest.raises(InputError, match=r"'boss'.*operator, lead"):
        operators.change_role("bob", "boss", actor="ada")


def test_a_removed_person_is_out_at_once_and_comes_back_with_a_new_password(
    operators: Operators, store: Store, clock: FakeClock
) -> None:
    operators.create("bob", PASSWORD)
    token = operators.sign_in("bob", PASSWORD).token
    operators.remove("bob", actor="ada")
    assert operators.session(token) is None
    refused(operators, "bob", PASSWORD)
    for act in (operators.create, operators.reset_password):
        with pytest.raises(InputError, match="'bob' was removed; take them back"):
            act("bob")
    password = operators.take_back("bob", actor="ada")
    assert operators.session(token) is None
    refused(operators, "bob", PASSWORD)
    assert operators.sign_in("bob", password).role == "operator"
    with pytest.raises(InputError, match="was not removed"):
        operators.take_back("bob", actor="ada")
    with store.unit(read_only=True) as uow:
        done = [(entry.actor, entry.action, entry.subject) for entry in uow.audit.matching()[:2]]
    assert done == [("ada", "take_back_operator", "operator/bob"), ("ada", "remove_operator", "operator/bob")]


def test_the_only_lead_stays_one(operators: Operators) -> None:
    operators.create("bob", PASSWORD, role="lead")
    operators.remove("bob", actor="ada")
    with pytest.raises(InputError, match="'ada' is the only lead"):
        operators.remove("ada", actor="ada")
    with pytest.raises(InputError, match="'ada' is the only lead"):
        operators.change_role("ada", "operator", actor="ada")
    operators.take_back("bob", actor="ada")
    operators.change_role("ada", "operator", actor="ada")
    assert [person.role for person in operators.people()] == ["operator", "lead"]


def test_a_random_password_is_given_out_once(operators: Operators) -> None:
    password = operators.create("bob")
    assert len(password) >= 16
    assert operators.sign_in("bob", password).role == "operator"


@pytest.mark.parametrize("name", ["", " ", "a b", "ada\n", "-x", "x" * 65, "ädä", "<b>"])
def test_a_malformed_name_is_refused(operators: Operators, name: str) -> None:
    with pytest.raises(InputError, match="letters from a to z"):
        operators.create(name, PASSWORD)


def test_a_taken_name_an_unknown_role_and_a_short_password_are_refused(operators: Operators) -> None:
    with pytest.raises(InputError, match="already exists"):
        operators.create("ada", PASSWORD)
    with pytest.raises(InputError, match=r"'boss'.*operator, lead"):
        operators.create("bob", PASSWORD, role="boss")
    for password in ("", "1234567", "x" * 1025):
        with pytest.raises(InputError, match="8 to 1024"):
            operators.create("bob", password)


def test_no_secret_is_in_the_database(operators: Operators, database: Path) -> None:
    signed_in = operators.sign_in("ada", PASSWORD)
    content = b"".join(path.read_bytes() for path in database.parent.iterdir() if path.is_file())
    assert b"$argon2id$" in content
    assert PASSWORD.encode() not in content
    assert signed_in.token.encode() not in content
