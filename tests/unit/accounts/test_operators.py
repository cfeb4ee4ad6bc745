"""Promises of signing in: secrets are stored as hashes, guessing is slow, one refusal tells nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from assistant.errors import AccessError, InputError
from assistant.services.accounts.operators import Operators
from assistant.store import Store
from tests.fakes import FakeClock
from tests.unit.accounts.conftest import PASSWORD, refused


def test_signing_in_opens_a_session(operators: Operators, clock: FakeClock) -> None:
    signed_in = operators.sign_in("ada", PASSWORD)
    assert (signed_in.name, signed_in.role) == ("ada", "lead")
    assert operators.session(signed_in.token) == signed_in
    assert operators.sign_in("ada", PASSWORD).token != signed_in.token
    assert signed_in.token not in repr(signed_in)
    assert signed_in.csrf not in repr(signed_in)


def test_a_session_outlives_no_clock_that_was_ahead_when_it_was_opened(operators: Operators, clock: FakeClock) -> None:
    clock.forward(days=365)
    opened = operators.sign_in("ada", PASSWORD)
    clock.forward(hours=-2)  # a clock that is set right by hours signs nobody out
    assert operators.session(opened.token)
    clock.forward(days=-364)
    assert operators.session(opened.token) is None


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
