"""Why a message is in the operators' queue, in plain English."""

from __future__ import annotations

from collections.abc import Collection, Sequence

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


CHOICES = 9  # as many as there are number keys
CLOSE = 0.15  # two guesses nearer than this are told as a close call
TOLD = {
    Signal.NOT_MEANT: "The customer said that the answer is not what they meant.",
    Signal.THUMBS_DOWN: "The customer gave the answer a thumbs down.",
    Signal.HAND_OVER: "The customer asked for a person.",
}


def why(message: Message) -> tuple[str, ...]:
    """What speaks for a person looking at this message, in sentences, the strongest first."""
    found = [told for signal, told in TOLD.items() if signal in message.signals]
    if message.confidence is None:
        return (*found, "It was written while a person had taken over, so no model has looked at it.")
    sure, needed = message.confidence, message.threshold
    if needed is not None and sure < needed:
        found.append(f"The assistant was {sure:.0%} sure of its best guess; 95 in 100 right ones reach {needed:.0%}.")
    elif message.decision is Decision.CLARIFY:
        found.append(f"The assistant was {sure:.0%} sure, but the message is unlike what it has learned.")
    if len(message.scores) > 1 and message.scores[0].probability - message.scores[1].probability < CLOSE:
        found.append("Its two best guesses are close to each other.")
    if message.decision is Decision.HAND_OVER:
        found.append("It handed the conversation over to a person.")
    if message.decision is Decision.CHOSEN:
        found.append("The customer picked the meaning from the choices that were offered.")
    return tuple(found) or (f"It is not in the queue: the assistant was {sure:.0%} sure, and nobody complained.",)


def choices(suggested: Sequence[str], near: Sequence[str], usable: Collection[str]) -> tuple[str, ...]:
    """The intents that one key picks, each once: suggestions first, then what the neighbours carry."""
    return tuple(name for name in dict.fromkeys((*suggested, *near)) if name in usable)[:CHOICES]
