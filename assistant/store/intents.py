"""The intents that operators maintain."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from assistant.dialogue.text import LIMIT, clean
from assistant.domain import Action, Intent
from assistant.errors import InputError
from assistant.store.columns import Clock
from assistant.store.tables import ExampleRow, IntentRow
from assistant.strategies import nearest

NAME_LIMIT = 40
NAME = re.compile(rf"[a-z][a-z0-9_]{{1,{NAME_LIMIT - 1}}}")
TITLE_LIMIT = 80


class Intents:
    """Names are permanent (models and examples refer to them); everything else may change."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def all(self) -> list[Intent]:
        """All intents, by name."""
        rows = self._session.execute(
            select(IntentRow.name, IntentRow.title, IntentRow.answer, IntentRow.description, IntentRow.action).order_by(
                IntentRow.name
            )
        )
        return [Intent(name, title, answer, about, Action(action)) for name, title, answer, about, action in rows]

    def in_use(self) -> list[Intent]:
        """Those that are not retired, by name."""
        retired = self.retired()
        return [intent for intent in self.all() if intent.name not in retired]

    def titles(self) -> dict[str, str]:
        """What people call each intent, by name, those out of use included."""
        return {row.name: row.title for row in self._session.execute(select(IntentRow.name, IntentRow.title))}

    def retired(self) -> dict[str, str | None]:
        """The intents that are out of use, and which one took over their messages, if any."""
        rows = self._session.execute(
            select(IntentRow.name, IntentRow.merged_into).where(IntentRow.retired_at.is_not(None))
        )
        return {row.name: row.merged_into for row in rows}

    def retire(self, name: str, *, into: str | None = None, erase: bool = False) -> None:
        """Take an intent out of use, `into` another one if given; `erase` orders the next update to forget its rows.

        Raises InputError as `get` does.
        """
        self.get(name)
        values = {"retired_at": self._now(), "merged_into": into, "erase_at": self._now() if erase else None}
        self._session.execute(update(IntentRow).where(IntentRow.name == name).values(**values))

    def restore(self, name: str) -> None:
        """Take a retired intent into use again."""
        values = {"retired_at": None, "merged_into": None, "erase_at": None}
        self._session.execute(update(IntentRow).where(IntentRow.name == name).values(**values))

    def to_erase(self) -> list[str]:
        """The retired intents whose rows the next update shall forget."""
        return list(self._session.scalars(select(IntentRow.name).where(IntentRow.erase_at.is_not(None))))

    def get(self, name: str) -> Intent:
        """Raises InputError naming the nearest known intent."""
        known = {intent.name: intent for intent in self.all()}
        if name not in known:
            raise InputError(f"unknown intent {name[:60]!r}{nearest(name[:60], known)}; create it first")
        return known[name]

    def add(self, intent: Intent, created_by: str) -> None:
        """Raises InputError for a malformed or taken name, an empty title, or no answer to give."""
        values = storable(intent)
        title = self.titles().get(intent.name)
        if title is not None:
            raise InputError(f"intent {intent.name!r} already exists: “{title}”; choose another name or use it")
        self._session.execute(
            insert(IntentRow).values(name=intent.name, **values, created_at=self._now(), created_by=created_by)
        )

    def update(
        self,
        name: str,
        *,
        title: str | None = None,
        answer: str | None = None,
        action: Action | None = None,
        description: str | None = None,
    ) -> Intent:
        """Change what is given, keep the rest. Raises InputError as `get` and `add` do."""
        before = self.get(name)
        after = replace(
            before,
            title=before.title if title is None else title,
            answer=before.answer if answer is None else answer,
            action=before.action if action is None else action,
            description=before.description if description is None else description,
        )
        self._session.execute(update(IntentRow).where(IntentRow.name == name).values(**storable(after)))
        return self.get(name)

    def remove(self, name: str) -> None:
        """Delete an intent without examples. Raises InputError when it has some, undone ones included."""
        title = self.get(name).title
        count = self._session.scalar(select(func.count()).select_from(ExampleRow).where(ExampleRow.intent == name))
        if count:
            raise InputError(f"the intent “{title}” has {count} examples and cannot be removed; retire it instead")
        self._session.execute(delete(IntentRow).where(IntentRow.name == name))


def storable(intent: Intent) -> dict[str, str]:
    """What is stored of an intent beside its name, cleaned.

    Raises InputError naming the field: a malformed name, an empty or too long title, no answer to give, too long texts.
    """
    if not NAME.fullmatch(intent.name):
        raise InputError(
            f"intent name {intent.name[:60]!r}: use 2 to 40 small letters from a to z, digits and _, a letter first"
        )
    if intent.action is Action.ANSWER and not intent.answer.strip():
        called = intent.title.strip() or intent.name
        raise InputError(f"the intent “{called[:TITLE_LIMIT]}” has no answer; write what customers shall read")
    return {
        "title": _cleaned("Title", intent.title, TITLE_LIMIT),
        "answer": _cleaned("Answer", intent.answer) if intent.answer.strip() else "",
        "description": _cleaned("Description", intent.description) if intent.description.strip() else "",
        "action": Action(intent.action).value,
    }


def _cleaned(field: str, text: str, limit: int = LIMIT) -> str:
    try:
        return clean(text, limit)
    except InputError as refusal:
        raise InputError(f"{field}: {refusal}") from None
