"""Accounts over a real store, with passwords that are cheap to check."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from assistant.errors import AccessError
from assistant.services.accounts.operators import REFUSED, Operators
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
