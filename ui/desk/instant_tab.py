"""The corrections tab: what operators said that holds already, until a version has learned it."""

from __future__ import annotations

from html import escape

import gradio as gr

from assistant.services.accounts.operators import Operators
from assistant.services.desk.labeling import Labeling
from assistant.services.views import InstantItem
from ui.desk import html
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.titles import Titles, titles_of
from ui.status import Status


def add_instant_tab(labeling: Labeling, operators: Operators) -> None:
    """Adds the tab to the Tabs that are open; it is read afresh whenever somebody opens it."""

    def show(request: gr.Request) -> str:
        def drawn() -> str:
            person(operators, request)
            return draw(labeling.at_work(), titles_of(labeling))

        shown = attempt(drawn)
        return shown.html() if isinstance(shown, Status) else shown

    with gr.Tab("At work now", id="instant") as tab, gr.Column(elem_classes="sheet"):
        listed = gr.HTML("", elem_id="instant", js_on_load=None)
    tab.select(show, None, listed, **EVENT)


def draw(items: list[InstantItem], titles: Titles) -> str:
    """The list as HTML; all values show as plain text."""
    rows = [
        (
            item.text,
            titles.get(item.intent, item.intent),
            item.operator,
            f"{item.created_at:{html.MINUTE}}",
            str(item.used),
        )
        for item in items
    ]
    table = html.table(("Message", "Intent", "Who", "When (UTC)", "Messages answered by it"), rows)
    hint = escape("These labels answer the same and near-identical messages already; the next version learns them.")
    return f"<h2>{len(rows)} at work now</h2><p class='facts'>{hint}</p>{table}"
