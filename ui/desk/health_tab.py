"""The health tab: how the versions do, for whoever leads the team."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from assistant.services.accounts.operators import Operators
from assistant.services.desk.desk import DeskServices
from assistant.services.health.overview import HealthView
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.health import has_pictures, lists, pictures, words
from ui.desk.titles import titled, titles_of
from ui.status import Status

# Beside the other events: drawing takes seconds, in which nobody's labelling waits.
DRAWING = EVENT | {"concurrency_id": "health"}
DRAWS = '<p class="facts" role="status">The curves are being drawn …</p>'


def health_tab(desk: DeskServices, operators: Operators) -> None:
    """Adds the tab to the Tabs that are open. The words are there at once, the curves follow."""
    with gr.Tab("Health", id="health") as tab, gr.Column(elem_id="health", elem_classes="sheet"):
        status = gr.HTML("", elem_id="health-status", js_on_load=None)
        told = gr.HTML("", elem_id="health-words", js_on_load=None)
        drawn = gr.HTML("", elem_id="health-plots", js_on_load=None)
        listed = gr.HTML("", elem_id="health-lists", js_on_load=None)

    def show(request: gr.Request, outputs: int, read: Callable[[HealthView], list[str]]) -> list[Any]:
        def seen() -> list[str]:
            person(operators, request)
            return read(titled(desk.health.view(), titles_of(desk.labeling)))

        outcome = attempt(seen)
        if isinstance(outcome, Status):
            return [*(gr.skip() for _ in range(outputs)), outcome.html()]
        return [*outcome, ""]

    def on_open(request: gr.Request) -> list[Any]:
        return show(request, 3, lambda view: [words(view), DRAWS if has_pictures(view) else "", lists(view)])

    def on_draw(request: gr.Request) -> list[Any]:
        return show(request, 1, lambda view: [pictures(view)])

    opened = tab.select(on_open, None, [told, drawn, listed, status], **EVENT)
    opened.then(on_draw, None, [drawn, status], **DRAWING)
