"""Related questions under an answer: what else the model thought of, for one click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.domain import Action, ConversationState, Decision, Intent
from assistant.services.views import Option
from assistant.store import Message, UnitOfWork

MOST = 3


def related(messages: Sequence[Message], state: ConversationState, intents: Mapping[str, Intent]) -> tuple[Option, ...]:
    """The intents that the model ranked next for the message behind the latest answer, nearest first.

    `intents` are those that answer now, by the name of each that they answer for. Only such as have an answer and were
    not answered since that message; none unless the last turn is an answer. A click is no message that a model saw, so
    its answer goes on with those of the message before.
    """
    if state is not ConversationState.BOT or not messages or not messages[-1].is_answer:
        return ()
    seen = next((place for place in range(len(messages) - 1, -1, -1) if messages[place].embedding is not None), None)
    if seen is None:
        return ()
    given = {intents.get(message.intent or "") for message in messages[seen:] if message.is_answer}
    ranked = dict.fromkeys(intents.get(score.intent) for score in messages[seen].scores)
    shown = (each for each in ranked if each and each.action is Action.ANSWER and each not in given)
    return tuple(Option(intent.name, intent.title) for intent in shown)[:MOST]


def take_suggestion(uow: UnitOfWork, conversation_id: str, intent: Intent) -> None:
    """Log the click as the customer's own words, and answer it."""
    asked = uow.conversations.add_user_message(
        conversation_id, intent.title, decision=Decision.CHOSEN, intent=intent.name
    )
    uow.conversations.add_bot_message(
        conversation_id, intent.answer, reply_to=asked, decision=Decision.ANSWER, intent=intent.name
    )
    uow.conversations.set_failures(conversation_id, 0)
