"""Whether a version is right as often as it says, on messages that operators labelled since."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.services.intents.retiring import heirs
from assistant.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Reliability:
    """Messages of one tenth of the confidences: how sure the first guess was on average, and the share that was right.

    Both lie in [0, 1].
    """

    messages: int
    sure: float
    right: float


def reliability(uow: UnitOfWork) -> tuple[Reliability, ...]:
    """From the least sure to the surest; tenths without labelled messages are left out."""
    tenths = uow.inbox.reliability(heirs(uow))
    return tuple(Reliability(messages, sure, right / messages) for messages, sure, right in tenths)
