"""The intents tab: what its components show, and which button calls which function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from assistant.domain import Action, Intent
from assistant.services.accounts.operators import LEAD, Operators
from assistant.services.desk.desk import DeskServices
from assistant.services.views import SignedIn
from ui.desk import intents_html as html
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.cards import opening
from ui.desk.drafts import is_unsaved, turned_to
from ui.desk.intent_choice import intent_choices, offer
from ui.desk.intent_fields import NOTHING_TYPED, intent_of
from ui.desk.intents import Shelf, edit, go_back, merge, open_intents, restore, retire, split, undo
from ui.desk.intents_parts import IntentsTab, lay_out_intents_tab
from ui.status import Status

WORDED = ("title", "answer", "action", "description")  # the fields that an intent is worded in


def intents_tab(desk: DeskServices, operators: Operators) -> None:
    """Adds the tab to the Tabs that are open."""
    with gr.Tab("Intents", id="intents") as tab:
        parts = lay_out_intents_tab()
    _wire(tab, parts, desk, operators)


def draw(
    shelf: Shelf, session: SignedIn, taken: Sequence[str] | None = None, apart: Sequence[str] | None = None
) -> list[Any]:
    """New values of the outputs; what only a lead may do is not there for others.

    `taken` are the title, the answer, the action and the description that stood in the fields and have been done with,
    `apart` what stood in those of an intent that was split off.
    """
    one, is_lead = shelf.selected, session.role == LEAD
    choices = [(html.list_label(each), each.intent.name) for each in shelf.figures]
    name = one.intent.name if one else None
    usable = bool(one and not one.retired)
    wordings = [(html.wording_label(past), past.edit or 0) for past in shelf.wordings]
    others = intent_choices(shelf.others)
    return [
        gr.update(choices=choices, value=name),
        html.facts(shelf) + ("" if is_lead else html.LEADS),
        turned_to(session.name, name, worded(one.intent if one else None), taken),
        html.wordings(shelf),
        gr.update(choices=wordings, value=None),
        gr.update(choices=others, value=None),
        _texts(shelf, ()),
        turned_to(session.name, name, NOTHING_TYPED, apart),
        False,
        *(gr.update(interactive=usable) for _ in range(5)),
        gr.update(interactive=bool(one and one.retired)),
        *(gr.update(visible=is_lead) for _ in range(2)),
        shelf.status.html(),
    ]


def _texts(shelf: Shelf, ticked: Sequence[int]) -> Any:
    """The texts that can be split off; of those that were ticked the ones that are still among them stay so."""
    texts = [(example.text[:120], example.id) for example in shelf.examples]
    return gr.update(choices=texts, value=[number for _, number in texts if number in ticked])


def worded(intent: Intent | None) -> list[str]:
    """What stands in the fields of its wording: title, answer, action and description."""
    if intent is None:
        return ["", "", Action.ANSWER, ""]
    return [intent.title, intent.answer, intent.intended, intent.description]


def _shown(drawn: Any) -> str:
    """The intent that the page shows; empty for none."""
    return str(drawn.get("of", "")) if isinstance(drawn, dict) else ""


def _as_seen(name: str, drawn: Any) -> Intent | None:
    """The intent as the page shows it."""
    saved = drawn.get("saved") if isinstance(drawn, dict) else None
    if not isinstance(saved, list) or len(saved) != len(WORDED) or saved[2] not in list(Action):
        return None
    title, answer, action, description = map(str, saved)
    return Intent(name, title, answer, description, Action(action))


def _wire(tab: Any, parts: IntentsTab, desk: DeskServices, operators: Operators) -> None:
    def show(
        request: gr.Request,
        name: str | None,
        act: Callable[[SignedIn], Shelf],
        into: str | None = None,
        taken: Sequence[str] | None = None,
        apart: Sequence[str] | None = None,
        ticked: Sequence[int] = (),
        shown: str | None = None,
    ) -> list[Any]:
        def acted() -> tuple[Shelf, SignedIn]:
            session = person(operators, request)
            return act(session), session

        done = attempt(acted)
        if isinstance(done, Status):
            return [*(gr.skip() for _ in parts.outputs[1:]), done.html()]
        outcome, session = done
        is_open = outcome.selected is not None and outcome.selected.intent.name == name and shown in (None, name)
        if outcome.status.is_problem and is_open:  # what was typed stays until it has been accepted
            one = outcome.selected.intent if outcome.selected else None
            told = {
                parts.fields["into"]: offer(outcome.others, into) if into else gr.skip(),
                parts.fields["chosen"]: _texts(outcome, ticked) if ticked else gr.skip(),
                parts.drafts.drawn: turned_to(session.name, name, worded(one)),  # a colleague may have worded it anew
                parts.outputs[-1]: outcome.status.html(),
            }
            return [told.get(part, gr.skip()) for part in parts.outputs]
        return draw(outcome, session, taken, apart)

    def on_open(name: str | None, request: gr.Request) -> list[Any]:
        return show(request, name, lambda _: open_intents(desk, name))

    def on_save(
        name: str | None,
        of: str,
        drawn: Any,
        title: str,
        answer: str,
        action: str,
        description: str,
        request: gr.Request,
    ) -> list[Any]:
        given, seen = Intent(of, title, answer, description, Action(action)), _as_seen(of, drawn)
        typed = (title, answer, action, description)
        return show(request, name, lambda session: edit(desk, session, name, given, of, seen), taken=typed)

    def on_discard(
        name: str | None, title: str, answer: str, action: str, description: str, request: gr.Request
    ) -> list[Any]:
        typed = (title, answer, action, description)
        return show(request, name, lambda _: open_intents(desk, name), taken=typed)

    def on_undo(name: str | None, request: gr.Request) -> list[Any]:
        return show(request, name, lambda session: undo(desk, session, name))

    def on_revert(
        name: str | None,
        of: str,
        drawn: Any,
        title: str,
        answer: str,
        action: str,
        description: str,
        wording: int | None,
        request: gr.Request,
    ) -> list[Any]:
        seen, shown = _as_seen(of, drawn) if of == name else None, _shown(drawn)
        typed = (title, answer, action, description)

        def act(session: SignedIn) -> Shelf:
            return go_back(desk, session, name, wording, shown, seen)

        return show(request, name, act, taken=typed, shown=shown)

    def on_merge(name: str | None, drawn: Any, into: str | None, request: gr.Request) -> list[Any]:
        shown = _shown(drawn)
        return show(request, name, lambda session: merge(desk, session, name, into, shown), into, shown=shown)

    def on_split(
        name: str | None,
        chosen: list[int],
        of: str,
        title: str,
        new: str,
        answer: str,
        action: str,
        request: gr.Request,
    ) -> list[Any]:
        typed = (title, new, answer, action)
        intent = intent_of(new, title, answer, action)

        def act(session: SignedIn) -> Shelf:
            return split(desk, session, name, chosen, intent, of)

        return show(request, name, act, apart=typed, ticked=chosen)

    def on_retire(name: str | None, drawn: Any, erase: bool, request: gr.Request) -> list[Any]:
        shown = _shown(drawn)
        return show(request, name, lambda session: retire(desk, session, name, erase, shown), shown=shown)

    def on_restore(name: str | None, drawn: Any, request: gr.Request) -> list[Any]:
        shown = _shown(drawn)
        return show(request, name, lambda session: restore(desk, session, name, shown), shown=shown)

    def on_typed(title: str, answer: str, action: str, description: str, of: str, drawn: Any) -> list[Any]:
        is_draft = is_unsaved((title, answer, action, description), of, drawn)
        if is_draft is None:
            return [html.preview(title, answer), gr.skip(), gr.skip()]
        return [html.preview(title, answer), html.UNSAVED if is_draft else "", gr.update(visible=is_draft)]

    fields, buttons, listed = parts.fields, parts.buttons, parts.fields["listed"]
    tab.select(on_open, listed, parts.outputs, **EVENT)
    listed.input(on_open, listed, parts.outputs, **opening(listed))
    wired = {
        "save": (on_save, ("written_for", "seen", *WORDED)),
        "discard": (on_discard, WORDED),
        "undo": (on_undo, ()),
        "revert": (on_revert, ("written_for", "seen", *WORDED, "wording")),
        "join": (on_merge, ("seen", "into")),
        "apart": (on_split, ("chosen", "new_for", "new_title", "new_name", "new_answer", "new_action")),
        "out": (on_retire, ("seen", "erase")),
        "again": (on_restore, ("seen",)),
    }
    for button, (handler, names) in wired.items():
        buttons[button].click(handler, [listed, *(fields[name] for name in names)], parts.outputs, **EVENT)
    typed = [*(fields[name] for name in WORDED), parts.drafts.written_for, parts.drafts.drawn]
    said = [fields["preview"], fields["unsaved"], buttons["discard"]]
    gr.on([part.change for part in typed], on_typed, typed, said, trigger_mode="always_last", **EVENT)
