"""Labelling everything that a filter finds: the preview, and the button that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.counting import counted
from assistant.errors import InputError
from assistant.services.accounts.operators import Operators
from assistant.services.desk.bulk import Bulk, BulkPreview
from assistant.services.desk.labeling import Labeling
from assistant.store.inbox import InboxFilter
from ui.desk import html
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.intent_choice import IntentChoice, offer
from ui.desk.queue import View
from ui.desk.titles import Titles, titles_of
from ui.status import Status


@dataclass(frozen=True, slots=True)
class Looked:
    """A preview, and the filter that it is of."""

    wanted: InboxFilter
    preview: BulkPreview


@dataclass(frozen=True)
class BulkPart:
    """The components; `looked` keeps on the server what was looked at, so that nothing else can be labelled."""

    intent: Any
    look: Any
    shown: Any
    go: Any
    looked: Any


def lay_out_bulk() -> BulkPart:
    """Adds the components to the Blocks that are open."""
    looked = gr.State(None)
    with gr.Accordion("Label all that are found", open=False, elem_id="bulk"):
        intent = IntentChoice([], label="Intent for all of them", elem_id="bulk-intent")
        with gr.Row(elem_id="bulk-actions"):
            look = gr.Button("Preview", elem_id="bulk-preview", size="sm")
            go = gr.Button("Label them all", elem_id="bulk-go", size="sm", interactive=False)
        shown = gr.HTML("", elem_id="bulk-shown", js_on_load=None)
    return BulkPart(intent, look, shown, go, looked)


def unseen() -> list[Any]:
    """What was looked at, how it is shown, and the button that labels: as before a preview."""
    return [None, "", gr.update(interactive=False)]


def look_at(bulk: Bulk, view: View, intent: str | None) -> Looked:
    """What labelling the operator's present filter would change. Raises InputError."""
    if not intent:
        raise InputError("No intent is chosen. Pick the one that all of these messages mean.")
    return Looked(view.wanted, bulk.preview(view.wanted, intent))


def label_all(
    bulk: Bulk, looked: Looked | None, view: View, intent: str | None, titles: Titles, operator: str
) -> Status:
    """Labels what was looked at, while filter and intent are those of the preview. Raises InputError."""
    if looked is None:
        raise InputError("Nothing was looked at yet. Press Preview first.")
    meant = looked.preview.intent
    if (looked.wanted, meant) != (view.wanted, intent):
        raise InputError("The filter or the intent was changed after the preview; nothing was labelled. Preview again.")
    count = bulk.label(looked.preview, operator)
    done = f"Labelled “{titles.get(meant, meant)}”: {counted(len(looked.preview.messages), 'message')}"
    return Status(f"{done}; {counted(count, 'label')} changed. One undo takes all of it back.")


def wire_bulk(
    part: BulkPart,
    view: Any,
    operators: Operators,
    labeling: Labeling,
    redraw: Callable[[gr.Request, View], list[Any]],
    outputs: list[Any],
    filtered: list[Any],
) -> None:
    """Connects the components; `redraw` gives the values of `outputs`, of which the last is the status line.

    After the events `filtered` and after another intent the preview is taken away.
    """
    fresh = [part.looked, part.shown, part.go]

    def on_look(view: View, intent: str | None, request: gr.Request) -> list[Any]:
        def act() -> list[Any]:
            person(operators, request)
            found = attempt(lambda: look_at(labeling.bulk, view, intent))
            if isinstance(found, Status):
                return [None, found.html(), gr.update(interactive=False), offer(labeling.intents(), intent)]
            shown = html.bulk_preview(found.preview, titles_of(labeling))
            return [found, shown, gr.update(interactive=True), gr.skip()]

        outcome = attempt(act)
        if isinstance(outcome, Status):
            return [None, outcome.html(), gr.update(interactive=False), gr.skip()]
        return outcome

    def on_go(view: View, intent: str | None, looked: Looked | None, request: gr.Request) -> list[Any]:
        def act() -> tuple[Status, Any]:
            operator = person(operators, request).name
            done = attempt(lambda: label_all(labeling.bulk, looked, view, intent, titles_of(labeling), operator))
            return done, offer(labeling.intents(), intent)

        outcome = attempt(act)
        done, offered = (outcome, gr.skip()) if isinstance(outcome, Status) else outcome
        if done.is_problem:
            kept = [offered if each is part.intent else gr.skip() for each in outputs[:-1]]
            return [*kept, done.html(), None, done.html(), gr.update(interactive=False)]
        return [*redraw(request, view)[:-1], done.html(), *unseen()]

    part.look.click(on_look, [view, part.intent], [*fresh, part.intent], **EVENT)
    part.go.click(on_go, [view, part.intent, part.looked], [*outputs, *fresh], **EVENT)
    gr.on([part.intent.input, *filtered], unseen, None, fresh, **EVENT)
