"""Turns what an action returns or raises into one line for the person who asked for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from assistant.errors import AssistantError, InputError
from ui.status import Status

T = TypeVar("T")
LOG = logging.getLogger(__name__)

FAILURE = "Something went wrong on our side; nothing was changed. Please try again in a moment."


def attempt(act: Callable[[], T]) -> T | Status:
    """What `act` returns, or why it could not be done. Anything unexpected is told only to the log."""
    try:
        return act()
    except AssistantError as refusal:
        return Status(str(refusal), is_problem=True)
    except Exception:  # an operator must never meet a stack trace; the log keeps it
        LOG.exception("a desk action failed")
        return Status(FAILURE, is_problem=True)


def outcome_of(act: Callable[[], str]) -> Status:
    """What `act` says that it did, or why it could not be done."""
    done = attempt(act)
    return done if isinstance(done, Status) else Status(done)


def stated(reason: str) -> str:
    """The reason as it is kept. Raises InputError for none."""
    if not reason.strip():
        raise InputError("Please write down why; the history keeps it.")
    return reason.strip()
