"""What the bot does with a message, a choice or a complaint, inside the transaction that logs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.dialogue.choices import Reply
from assistant.dialogue.costs import Costs
from assistant.dialogue.languages import PHRASES, Phrases
from assistant.dialogue.policy import FAILURES_BEFORE_HAND_OVER, Turn, act_on, decide
from assistant.domain import ConversationState, Decision, Intent, Prediction, Score, Thresholds
from assistant.services.conversation.instant import Match
from assistant.services.conversation.transcript import COMPLAINTS
from assistant.store import Conversation, Message, UnitOfWork


@dataclass(frozen=True, slots=True)
class Seen:
    """What one version made of a message."""

    prediction: Prediction
    thresholds: Thresholds
    encoder: str
    version: str
    instant: Match | None = None  # an operator's correction of the same message, which no version has learned yet


def take_turn(uow: UnitOfWork, conversation: Conversation, text: str, seen: Seen, costs: Costs) -> None:
    """Decide about a new message, log both, and say what was decided."""
    intents = {intent.name: intent for intent in uow.intents.all()}
    failures = _failures(uow, conversation)
    turn = decide(seen.prediction, seen.thresholds, failures, intents, costs)
    instant = seen.instant
    if instant is not None and (instant.intent not in intents or instant.intent in uow.intents.retired()):
        instant = None
    if instant is not None:
        turn = act_on(intents[instant.intent])
    message_id = uow.conversations.add_user_message(
        conversation.id,
        text,
        decision=turn.decision,
        prediction=seen.prediction,
        encoder=seen.encoder,
        thresholds=seen.thresholds,
        intent=turn.intent,
        version=seen.version,
        instant=instant.example if instant is not None else None,
    )
    uow.conversations.set_failures(conversation.id, failures + (turn.decision is Decision.CLARIFY))
    if turn.decision is Decision.CLARIFY:
        offered = [score for score in seen.prediction.ranked if score.intent in turn.options]
        _ask_back(uow, conversation.id, message_id, offered, turn.understood)
    else:
        _act(uow, conversation.id, message_id, turn, intents)


def _failures(uow: UnitOfWork, conversation: Conversation) -> int:
    """Failures in a row so far: an answer that nobody complained about has ended the row."""
    last = uow.conversations.last_user_message(conversation.id)
    answered = last is not None and last.decision in (Decision.ANSWER, Decision.CHOSEN)
    if last is not None and answered and not last.signals & COMPLAINTS:
        return 0
    return conversation.failures


def _ask_back(uow: UnitOfWork, conversation_id: str, reply_to: int, offered: list[Score], understood: bool) -> None:
    phrases = _phrases(uow, conversation_id)
    question = phrases.CLARIFY if understood else phrases.NOT_UNDERSTOOD
    text = question if offered else phrases.REPHRASE
    uow.conversations.add_bot_message(
        conversation_id, text, reply_to=reply_to, decision=Decision.CLARIFY, options=offered
    )


def _act(uow: UnitOfWork, conversation_id: str, reply_to: int, turn: Turn, intents: Mapping[str, Intent]) -> None:
    intent = intents[turn.intent] if turn.intent is not None else None
    if turn.decision is Decision.HAND_OVER or intent is None:
        hand_over(uow, conversation_id, reply_to, intent)
        return
    uow.conversations.add_bot_message(
        conversation_id, intent.answer, reply_to=reply_to, decision=Decision.ANSWER, intent=intent.name
    )


def hand_over(uow: UnitOfWork, conversation_id: str, reply_to: int | None, intent: Intent | None = None) -> None:
    """Say so (in the intent's words, when it has some) and fall silent."""
    text = intent.answer if intent and intent.answer else _phrases(uow, conversation_id).HAND_OVER
    uow.conversations.add_bot_message(conversation_id, text, reply_to=reply_to, decision=Decision.HAND_OVER)
    uow.conversations.set_state(conversation_id, ConversationState.WAITING)


def take_choice(uow: UnitOfWork, conversation_id: str, reply_to: int, chosen: Intent | None) -> None:
    """React to an option of the question about message `reply_to`; None stands for none of these."""
    if chosen is None:
        uow.conversations.add_bot_message(conversation_id, _phrases(uow, conversation_id).REPHRASE, reply_to=reply_to)
        return
    uow.conversations.set_choice(reply_to, chosen.name)
    uow.conversations.set_failures(conversation_id, 0)
    _act(uow, conversation_id, reply_to, act_on(chosen), {chosen.name: chosen})


def take_words(
    uow: UnitOfWork, conversation_id: str, question: Message, asked_about: int, text: str, said: Intent | Reply
) -> None:
    """Log the answer to a question in the customer's words, and react as to an option of it; which of several was
    meant is asked once more. `asked_about` is the message that the question is about."""
    intent = said if isinstance(said, Intent) else None
    decision = Decision.CLARIFY if intent is None else Decision.CHOSEN
    uow.conversations.add_user_message(
        conversation_id, text, decision=decision, intent=intent.name if intent else None, reply_to=question.id
    )
    if said is Reply.ONE_OF_THEM:
        which = _phrases(uow, conversation_id).WHICH
        uow.conversations.add_bot_message(
            conversation_id, which, reply_to=asked_about, decision=Decision.CLARIFY, options=question.scores
        )
    else:
        take_choice(uow, conversation_id, asked_about, intent)


def take_complaint(uow: UnitOfWork, conversation: Conversation, reply_to: int) -> None:
    """Count a failure for a complaint about the latest answer; the second in a row hands over."""
    if conversation.state is not ConversationState.BOT:
        return
    failures = conversation.failures + 1
    uow.conversations.set_failures(conversation.id, failures)
    if failures >= FAILURES_BEFORE_HAND_OVER:
        hand_over(uow, conversation.id, reply_to)
    else:
        sorry = _phrases(uow, conversation.id).NOT_HELPFUL
        uow.conversations.add_bot_message(conversation.id, sorry, reply_to=reply_to)


def _phrases(uow: UnitOfWork, conversation_id: str) -> Phrases:
    """In the language of the conversation."""
    return PHRASES[uow.conversations.get(conversation_id).language]
