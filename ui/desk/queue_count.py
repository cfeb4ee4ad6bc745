"""The number over the inbox, kept up to date while nothing is pressed."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.services.accounts.operators import Operators
from assistant.services.desk.labeling import Labeling
from assistant.store.inbox import QUEUE
from ui.desk import html
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.queue import View
from ui.status import NOTHING, Status


def count_live(clock: gr.Timer, heading: Any, view: Any, labeling: Labeling, operators: Operators) -> None:
    """At each tick counts the queue anew. The list stays as it is, so that nothing moves under a hand."""
    told = gr.State(None)

    def on_tick(view: View, before: tuple[int, int] | None, request: gr.Request) -> list[Any]:
        def count() -> int:
            person(operators, request)
            return labeling.count()

        # What a filter finds changes by one's own work; customers lengthen the queue.
        total = attempt(count) if view.wanted == QUEUE else NOTHING
        if isinstance(total, Status) or (view.found, total) == before:
            return [gr.skip(), gr.skip()]
        return [html.recount(total, view.found), (view.found, total)]

    clock.tick(on_tick, [view, told], [heading, told], trigger_mode="once", **EVENT)
