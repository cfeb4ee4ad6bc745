"""What people do with intents at the desk, as plain functions, without Gradio. Leads merge, retire and restore."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.domain import Example, Intent
from assistant.errors import InputError
from assistant.services.desk.desk import DeskServices
from assistant.services.intents.care import Wording
from assistant.services.intents.figures import IntentFigures
from assistant.services.views import SignedIn
from ui.desk.attempts import outcome_of
from ui.desk.roles import require_lead
from ui.desk.titles import title_of
from ui.status import NOTHING, Status, gone


@dataclass(frozen=True, slots=True)
class Shelf:
    """All intents with their figures, and the selected one with its wordings and labelled texts."""

    figures: tuple[IntentFigures, ...]
    selected: IntentFigures | None
    wordings: tuple[Wording, ...]
    examples: tuple[Example, ...]
    status: Status = NOTHING

    @property
    def others(self) -> tuple[Intent, ...]:
        """Intents in use that the selected one may be merged into."""
        return tuple(one.intent for one in self.figures if not one.retired and one is not self.selected)


def open_intents(desk: DeskServices, name: str | None = None, status: Status = NOTHING) -> Shelf:
    """Reads the intents and opens `name`, or the first one."""
    figures = tuple(desk.figures())
    selected = next((one for one in figures if one.intent.name == name), figures[0] if figures else None)
    told = status if status.text else gone("intent", name, selected.intent.name if selected else None)
    if selected is None:
        return Shelf((), None, (), (), told)
    wordings, examples = desk.care.wordings(selected.intent.name), desk.care.examples(selected.intent.name)
    return Shelf(figures, selected, tuple(wordings), tuple(examples), told)


def edit(
    desk: DeskServices,
    session: SignedIn,
    name: str | None,
    worded: Intent,
    written_for: str,
    seen: Intent | None = None,
) -> Shelf:
    """Words an intent anew, if that was typed for it; refused words stay in their fields. `seen` is how it read."""

    def act(chosen: str) -> str:
        if chosen != written_for:
            raise InputError("That was typed for another intent; nothing was saved. It waits there.")
        changed = desk.care.edit(
            chosen,
            worded.title,
            worded.answer,
            session.name,
            action=worded.action,
            description=worded.description,
            seen=seen,
        )
        return f"“{worded.title.strip()}” was saved." if changed else "Nothing was changed."

    return _act_on(desk, name, act)


def go_back(
    desk: DeskServices,
    session: SignedIn,
    name: str | None,
    wording: int | None,
    shown: str,
    seen: Intent | None = None,
) -> Shelf:
    """Makes an earlier wording the present one, if that intent is `shown`; 0 stands for the first. `seen` is how it
    read."""

    def act(chosen: str) -> str:
        desk.care.go_back(chosen, wording or None, session.name, seen=seen)
        return "The earlier wording is back."

    return _act_on(desk, name, act, shown)


def merge(desk: DeskServices, session: SignedIn, name: str | None, into: str | None, shown: str) -> Shelf:
    """Gives all labels of an intent to another one and retires it, if it is `shown`. Leads only."""

    def act(chosen: str) -> str:
        require_lead(session, "merge intents")
        if not into:
            raise InputError("No intent is chosen to merge into. Pick one from the list first.")
        count = desk.care.merge(chosen, into, session.name)
        return (
            f"Labels of “{title_of(desk.labeling, chosen)}” that are “{title_of(desk.labeling, into)}” now: {count:,}."
        )

    return _act_on(desk, name, act, shown)


def split(
    desk: DeskServices, session: SignedIn, name: str | None, examples: Sequence[int], new: Intent, written_for: str
) -> Shelf:
    """Gives the chosen texts to a new intent, if it was described while this one was open."""

    def act(chosen: str) -> str:
        if chosen != written_for:
            raise InputError("That was typed for another intent; nothing was split off. It waits there.")
        count = desk.care.split(chosen, list(examples or ()), new, session.name)
        return f"Texts that went to the new intent “{new.title}”: {count:,}."

    return _act_on(desk, name, act)


def retire(desk: DeskServices, session: SignedIn, name: str | None, erase: bool, shown: str) -> Shelf:
    """Takes an intent out of use, if it is `shown`. Leads only."""

    def act(chosen: str) -> str:
        require_lead(session, "retire intents")
        desk.care.retire(chosen, session.name, erase=bool(erase))
        later = " The next update forgets its rows." if erase else ""
        return f"“{title_of(desk.labeling, chosen)}” is neither answered nor offered any more.{later}"

    return _act_on(desk, name, act, shown)


def restore(desk: DeskServices, session: SignedIn, name: str | None, shown: str) -> Shelf:
    """Takes a retired intent into use again, if it is `shown`. Leads only."""

    def act(chosen: str) -> str:
        require_lead(session, "take intents into use again")
        desk.care.restore(chosen, session.name)
        return f"“{title_of(desk.labeling, chosen)}” is in use again."

    return _act_on(desk, name, act, shown)


def undo(desk: DeskServices, session: SignedIn, name: str | None) -> Shelf:
    """Takes back this person's latest action, wherever it was done."""
    return open_intents(desk, name, outcome_of(lambda: f"Undone: {desk.labeling.undo(session.name)}"))


def _act_on(desk: DeskServices, name: str | None, act: Callable[[str], str], shown: str | None = None) -> Shelf:
    def checked() -> str:
        if not name:
            raise InputError("No intent is open. Pick one from the list first.")
        if shown not in (None, name):  # whoever goes through the list faster than the server answers
            raise InputError("The page still showed another intent than the chosen one; nothing was done. Look again.")
        return act(name)

    return open_intents(desk, name, outcome_of(checked))
