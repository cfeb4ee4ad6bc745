"""Labelling everything that a filter finds: the preview, and the button that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.errors import InputError
from assistant.services.bulk import Bulk, BulkPreview
from assistant.services.operators import Operators
from ui import desk_html as html
from ui.attempts import attempt
from ui.desk_access import EVENT, person
from ui.desk_queue import View
from ui.status import Status


@dataclass(frozen=True)
class BulkPart:
    """The components; `preview` keeps on the server what was looked at, so that nothing else can be labelled."""

    intent: Any
    look: Any
    shown: Any
    go: Any
    preview: Any


def lay_out_bulk() -> BulkPart:
    """Adds the components to the Blocks that are open."""
    preview = gr.State(None)
    with gr.Accordion("Label all that are found", open=False, elem_id="bulk"):
        intent = gr.Dropdown([], label="Intent for all of them", elem_id="bulk-intent")
        with gr.Row(elem_id="bulk-actions"):
            look = gr.Button("Preview", elem_id="bulk-preview", size="sm")
            go = gr.Button("Label them all", elem_id="bulk-go", size="sm", interactive=False)
        shown = gr.HTML("", elem_id="bulk-shown", js_on_load=None)
    return BulkPart(intent, look, shown, go, preview)


def look_at(bulk: Bulk, view: View, intent: str | None) -> BulkPreview:
    """What labelling the operator's present filter would change. Raises InputError."""
    if not intent:
        raise InputError("No intent is chosen. Pick the one that all of these messages mean.")
    return bulk.preview(view.wanted, intent)


def label_all(bulk: Bulk, preview: BulkPreview | None, operator: str) -> Status:
    """Labels what was looked at."""
    if preview is None:
        raise InputError("Nothing was looked at yet. Press Preview first.")
    count = bulk.label(preview, operator)
    done = f"{len(preview.messages):,} messages are “{preview.intent}” now; {count:,} labels changed."
    return Status(f"{done} One undo takes all of it back.")


def wire_bulk(
    part: BulkPart,
    view: Any,
    operators: Operators,
    bulk: Bulk,
    redraw: Callable[[gr.Request, View], list[Any]],
    outputs: list[Any],
) -> None:
    """Connects the components; `redraw` gives the values of `outputs`, of which the last is the status line."""

    def on_look(view: View, intent: str | None, request: gr.Request) -> list[Any]:
        found = attempt(lambda: (person(operators, request), look_at(bulk, view, intent))[1])
        if isinstance(found, Status):
            return [None, found.html(), gr.update(interactive=False)]
        return [found, html.bulk_preview(found), gr.update(interactive=True)]

    def on_go(view: View, preview: BulkPreview | None, request: gr.Request) -> list[Any]:
        done = attempt(lambda: label_all(bulk, preview, person(operators, request).name))
        if done.is_problem:
            return [*(gr.skip() for _ in outputs[1:]), done.html(), None, done.html(), gr.update(interactive=False)]
        return [*redraw(request, view)[:-1], done.html(), None, "", gr.update(interactive=False)]

    part.look.click(on_look, [view, part.intent], [part.preview, part.shown, part.go], **EVENT)
    part.go.click(on_go, [view, part.preview], [*outputs, part.preview, part.shown, part.go], **EVENT)
