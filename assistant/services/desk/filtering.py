"""What an operator types into the inbox's filters, checked at the door."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from assistant.dialogue.text import clean
from assistant.domain import Decision, Signal
from assistant.errors import InputError
from assistant.store.inbox import SHOWN, InboxFilter

WORDS_LIMIT = 200
E = TypeVar("E", bound=StrEnum)


def inbox_filter(
    *,
    shown: str | None = None,
    words: str | None = None,
    since: str | None = None,
    until: str | None = None,
    predicted: str | None = None,
    labelled: str | None = None,
    least: float | None = None,
    most: float | None = None,
    decision: str | None = None,
    signal: str | None = None,
) -> InboxFilter:
    """The filter that these values mean; what is empty does not narrow.

    Days are written like 2026-01-31 and mean UTC, the last one included; `least` and `most` are confidences in percent,
    from 0 to 100. Raises InputError naming the value that cannot be used; intents are checked where they are looked up.
    """
    if shown and shown not in SHOWN:
        raise InputError(f"unknown selection {shown[:60]!r}; choose one of: {', '.join(SHOWN)}")
    first, last = _day(since), _day(until)
    if first and last and last < first:
        raise InputError(f"the last day {until} is before the first day {since}; swap them")
    low, high = _share("“Sure from %”", least), _share("“to %”", most)
    if low is not None and high is not None and high < low:
        raise InputError(f"the confidence cannot be at least {least:g} % and at most {most:g} %; swap them")
    return InboxFilter(
        shown=shown or "waiting",
        words=clean(words, WORDS_LIMIT) if words and words.strip() else "",
        since=first,
        until=last + timedelta(days=1) if last else None,
        predicted=predicted or None,
        labelled=labelled or None,
        least=low or None,
        most=high if high != 1 else None,
        decision=_one_of(Decision, "decision", decision),
        signal=_one_of(Signal, "signal", signal),
    )


def _day(text: str | None) -> datetime | None:
    if not text or not text.strip():
        return None
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
        return day if day.year < 9999 else None
    except ValueError:
        raise InputError(f"{text[:60]!r} is not a day; write it like 2026-01-31") from None


def _share(name: str, percent: float | None) -> float | None:
    if percent is None:
        return None
    if not isinstance(percent, int | float) or not 0 <= percent <= 100:
        raise InputError(f"{name} is {str(percent)[:60]}: please give a percentage from 0 to 100")
    return percent / 100


def _one_of(kind: type[E], name: str, value: str | None) -> E | None:
    known: Mapping[str, E] = {member.value: member for member in kind}
    if value and value not in known:
        raise InputError(f"unknown {name} {value[:60]!r}; choose one of: {', '.join(known)}")
    return known[value] if value else None
