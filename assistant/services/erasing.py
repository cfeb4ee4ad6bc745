"""Conversations that are to be kept no longer: those that have been quiet for long, or that a customer wants erased."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import east_asian_width

from assistant.counting import counted
from assistant.dialogue.text import clean
from assistant.errors import InputError, StoreError
from assistant.store import Store
from assistant.store.columns import Clock, utc_now
from assistant.store.erasing import AT_ONCE, Erased

LEAST_WORDS = 3  # letters to search for: fewer are in every conversation


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation by when it began, in UTC, and what the customer wrote first."""

    conversation_id: str
    began: datetime
    text: str


class Erasing:
    """What was said goes, with its embeddings, signals and comments. What operators labelled stays as a training row
    without its message, unless it is to go too."""

    def __init__(self, store: Store, now: Clock = utc_now) -> None:
        self._store, self._now = store, now

    def quiet(self, days: int) -> list[str]:
        """Conversations in which nobody has said anything for `days` >= 1. Raises InputError for fewer."""
        if days < 1:
            raise InputError(f"conversations older than {days} days: name at least 1 day")
        now = self._now()
        with self._store.unit(read_only=True) as uow:
            return uow.erasing.quiet_since(now - timedelta(days=min(days, now.toordinal() - 1)))  # not before year 1

    def saying(self, words: str) -> list[Found]:
        """Conversations in which a customer wrote these words. Raises InputError for words that are no text."""
        words = clean(words)
        # A sign of Chinese, Japanese or Korean says as much as two letters: many a name has two.
        if sum(2 if east_asian_width(char) in "FW" else 1 for char in words) < LEAST_WORDS:
            advice = f"name at least {LEAST_WORDS} letters, or two Chinese characters"
            raise InputError(f"the words {words!r} are too short to search for; {advice}")
        with self._store.unit(read_only=True) as uow:
            return [Found(each, *uow.erasing.begun(each)) for each in uow.erasing.saying(words)]

    def erase(
        self,
        conversations: Sequence[str],
        *,
        actor: str,
        because: str,
        labels: bool = False,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Erased:
        """Erases them a few at a time, so that chat and desk go on; stopped half way, what is left is whole.

        With `labels` what operators labelled of them goes too, and the next version forgets what its memory has of it.
        Raises StoreError also where all is erased, but the files keep a copy for now: called again, for none, it tries
        once more to be rid of that.
        """
        gone = Erased()
        for start in range(0, len(conversations), AT_ONCE):
            with self._store.unit() as uow:
                one = uow.erasing.erase(conversations[start : start + AT_ONCE], labels=labels)
                gone = Erased(
                    gone.conversations + one.conversations, gone.messages + one.messages, gone.labels + one.labels
                )
                after: dict[str, object] = {"conversations": one.conversations, "messages": one.messages}
                after |= {"labels": one.labels} if labels else {}
                uow.audit.add(actor, "erase_conversations", "conversations", None, {**after, "because": because})
            if progress:
                progress("erasing", min(start + AT_ONCE, len(conversations)), len(conversations))
        try:
            # Its own anew in any case: another process may be at the end of doing so.
            self._store.checkpoint(afresh=bool(conversations) or self._store.may_hold_erased())
        except StoreError as error:
            raise StoreError(
                f"erased {counted(gone.conversations, 'conversation')}, but what erased ones said stays in the files"
                f" until the database can be written anew: {error}"
            ) from error
        return gone
