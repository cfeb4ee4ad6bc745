"""The conversation with a customer: every turn is logged with what the model said and what was decided."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.dialogue.choices import Reply, choice_in
from assistant.dialogue.costs import Costs
from assistant.dialogue.front import FRONTS, Fronts, spoken
from assistant.dialogue.languages import PHRASES
from assistant.dialogue.policy import USUAL
from assistant.dialogue.text import clean
from assistant.domain import ConversationState, Decision, Language, Signal
from assistant.errors import BusyError, InputError
from assistant.services.conversation.instant import Instant
from assistant.services.conversation.reactions import (
    Seen,
    hand_over,
    take_choice,
    take_complaint,
    take_turn,
    take_words,
)
from assistant.services.conversation.suggestions import related, take_suggestion
from assistant.services.conversation.transcript import (
    COMPLAINTS,
    RATINGS,
    chat_view,
    is_question,
    open_question,
    titles_of,
)
from assistant.services.conversation.visitors import Visitors
from assistant.services.intents.retiring import answering
from assistant.services.live import Live, Snapshot, Tried
from assistant.services.views import ChatView
from assistant.store import Message, PendingLabel, Store

COMMENT_LIMIT = 1000
# Turns of a conversation. It is read, drawn and sent whole at each of them, so a program that goes on and on would
# make every answer dearer, and the desk's page too.
TURNS_LIMIT = 600


class Chat:
    """Ids come from the customer's browser, so each is looked up within its own conversation.

    All methods raise InputError for a conversation that does not exist.
    """

    def __init__(
        self,
        store: Store,
        live: Live,
        costs: Costs = USUAL,
        tried: Tried | None = None,
        fronts: Fronts = FRONTS,
    ) -> None:
        self.visitors = Visitors(store, fronts)
        self.fronts = fronts
        self._store = store
        self._live = live
        self._costs = costs
        self._tried = tried
        self._instant = Instant()
        self._instant_tried = Instant()  # of its own, since its encoder may be another one

    def start(self, language: Language = Language.ENGLISH) -> ChatView:
        """A new conversation that belongs to no browser, with the bot's greeting."""
        language = spoken(self.fronts, language)
        with self._store.unit() as uow:
            conversation_id = uow.conversations.create(language=language)
            uow.conversations.add_bot_message(conversation_id, self.fronts[language].greeting)
            return chat_view(uow, conversation_id)

    def view(self, conversation_id: str) -> ChatView:
        """The conversation as it is now."""
        with self._store.unit(read_only=True) as uow:
            return chat_view(uow, conversation_id)

    def reply(self, conversation_id: str, text: str) -> ChatView:
        """React to what the customer wrote: a message, or the answer to an open question in words.

        Raises InputError, logging nothing, for an unacceptable text, and in a conversation that is too long.
        """
        with self._store.unit(read_only=True) as uow:
            before = uow.conversations.get(conversation_id)
            if uow.conversations.length(conversation_id) >= TURNS_LIMIT:
                raise InputError(PHRASES[before.language].TOO_MANY)
            cleaned = clean(text, phrases=PHRASES[before.language])
            untaught = uow.instants.untaught(cleaned)
            corrections = (*self._instant.pending(uow), *([untaught] if untaught else ()))
            question = open_question(uow.conversations.latest(conversation_id), before.state)
            titles = titles_of(uow, question) if question else {}
        said = choice_in(cleaned, titles, PHRASES[before.language]) if titles else Reply.SOMETHING_ELSE
        if question is not None and said is not Reply.SOMETHING_ELSE:
            chosen = self._choose_in_words(conversation_id, question, cleaned, said)
            if chosen is not None:
                return chosen
        # Between the two units, so that nobody waits in the database for a prediction.
        seen = self._look_at(conversation_id, cleaned, corrections) if before.state is ConversationState.BOT else None
        with self._store.unit() as uow:
            conversation = uow.conversations.get(conversation_id)
            if conversation.state is ConversationState.WAITING:
                uow.conversations.add_user_message(conversation_id, cleaned, decision=Decision.SILENT)
                return chat_view(uow, conversation_id)
            if seen is not None:
                take_turn(uow, conversation, cleaned, seen, self._costs)
                return chat_view(uow, conversation_id)
        return self.reply(conversation_id, text)  # handed back meanwhile: it is ours to answer

    def _choose_in_words(
        self, conversation_id: str, question: Message, text: str, said: str | Reply
    ) -> ChatView | None:
        """None where something was said since the question, or what was chosen is out of use."""
        with self._store.unit() as uow:
            state = uow.conversations.get(conversation_id).state
            waiting = open_question(uow.conversations.latest(conversation_id), state)
            if waiting is None or waiting.id != question.id or waiting.reply_to is None:
                return None
            meant = said if isinstance(said, Reply) else answering(uow).get(said)
            if meant is None:
                return None
            take_words(uow, conversation_id, waiting, waiting.reply_to, text, meant)
            return chat_view(uow, conversation_id)

    def _look_at(self, conversation_id: str, text: str, corrections: Sequence[PendingLabel]) -> Seen:
        tried = self._tried.snapshot(conversation_id) if self._tried else None
        if self._tried is not None and tried is not None:
            try:
                return _seen(tried, text, self._instant_tried, corrections)
            except BusyError:
                raise
            except Exception as error:  # whatever it is, the customer gets an answer
                self._tried.broke(error)
        return _seen(self._live.snapshot(), text, self._instant, corrections)

    def choose(self, conversation_id: str, message_id: int, intent: str | None) -> ChatView:
        """The customer pressed an option of the question `message_id`; None stands for none of these.

        Changes nothing once the question is closed (by a choice or by anything said since). Raises
        InputError for a message that is no question here, or an intent that it did not offer.
        """
        with self._store.unit() as uow:
            conversation = uow.conversations.get(conversation_id)
            question = uow.conversations.message(message_id, conversation_id)
            if not is_question(question) or question.reply_to is None:
                raise InputError(f"Message {message_id} offers no choice. Please reload the page.")
            intents = answering(uow)
            offered = {intents[score.intent] for score in question.scores if score.intent in intents}
            chosen = intents.get(intent) if intent is not None else None
            if intent is not None and chosen not in offered:
                raise InputError(f"{intent[:60]!r} was not among the choices. Please pick one of them.")
            waiting = open_question(uow.conversations.messages(conversation_id), conversation.state)
            if waiting is not None and waiting.id == message_id:
                take_choice(uow, conversation_id, question.reply_to, chosen)
            return chat_view(uow, conversation_id)

    def follow(self, conversation_id: str, message_id: int, intent: str) -> ChatView:
        """The customer pressed a suggestion under the answer `message_id`.

        Changes nothing once anything was said since. Raises InputError for what was not suggested there.
        """
        with self._store.unit() as uow:
            conversation = uow.conversations.get(conversation_id)
            messages = uow.conversations.messages(conversation_id)
            uow.conversations.message(message_id, conversation_id)
            if messages[-1].id == message_id:
                intents = answering(uow)
                asked = intents.get(intent)
                shown = {option.intent for option in related(messages, conversation.state, intents)}
                if asked is None or asked.name not in shown:
                    raise InputError(f"{intent[:60]!r} was not suggested. Please pick one of the suggestions.")
                take_suggestion(uow, conversation_id, asked)
            return chat_view(uow, conversation_id)

    def signal(self, conversation_id: str, message_id: int, kind: Signal, comment: str | None = None) -> ChatView:
        """The customer rated an answer. A complaint about the latest one is a failure, counted once.

        Raises InputError for a message that is no answer here, a kind that is no rating, or a comment
        above 1000 characters.
        """
        if kind not in RATINGS:
            raise InputError(f"{kind!r} is not a rating; use one of: {', '.join(sorted(RATINGS))}")
        with self._store.unit() as uow:
            conversation = uow.conversations.get(conversation_id)
            phrases = PHRASES[conversation.language]
            said = clean(comment, COMMENT_LIMIT, phrases) if comment and comment.strip() else None
            answer = uow.conversations.message(message_id, conversation_id)
            if not answer.is_answer or answer.reply_to is None:
                raise InputError(f"Message {message_id} is not an answer that can be rated.")
            complained = bool(uow.conversations.message(answer.reply_to).signals & COMPLAINTS)
            uow.conversations.add_signal(message_id, kind, said)
            last = uow.conversations.last_user_message(conversation_id)
            latest = last is not None and last.id == answer.reply_to
            if kind in COMPLAINTS and not complained and latest:
                take_complaint(uow, conversation, answer.reply_to)
            return chat_view(uow, conversation_id)

    def hand_over(self, conversation_id: str) -> ChatView:
        """The customer asked for a person. Changes nothing when they wait for one already."""
        with self._store.unit() as uow:
            if uow.conversations.get(conversation_id).state is ConversationState.BOT:
                last = uow.conversations.last_user_message(conversation_id)
                if last is not None:
                    uow.conversations.add_signal(last.id, Signal.HAND_OVER)
                hand_over(uow, conversation_id, last.id if last else None)
            return chat_view(uow, conversation_id)


def _seen(snapshot: Snapshot, text: str, instant: Instant, corrections: Sequence[PendingLabel]) -> Seen:
    """What this version makes of the text, with the correction that decides in its place, if one does."""
    (prediction,) = snapshot.predict([text])
    match = instant.match(prediction, snapshot, corrections)
    return Seen(prediction, snapshot.thresholds, snapshot.encoder_hash, snapshot.version, match)
