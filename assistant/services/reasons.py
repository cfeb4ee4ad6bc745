"""Why a message is in the operators' queue, in plain English."""

from __future__ import annotations

from assistant.domain import Decision, Signal
from assistant.store import Message


def reason(message: Message) -> str:
    """The strongest reason, in the order of the queue."""
    if Signal.NOT_MEANT in message.signals:
        return "not what the customer meant"
    if Signal.THUMBS_DOWN in message.signals:
        return "thumbs down"
    if Signal.HAND_OVER in message.signals or message.decision is Decision.HAND_OVER:
        return "handed over"
    if message.confidence is None:
        return "written to a person"
    level = "low " if message.threshold is not None and message.confidence < message.threshold else ""
    return f"{level}confidence {message.confidence:.2f}"
