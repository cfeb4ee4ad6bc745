"""The log tab: who changed what and when."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from assistant.services.accounts.operators import Operators
from assistant.services.desk.audit_log import PAGE, shown
from assistant.services.desk.desk import DeskServices
from assistant.store import AuditEntry
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.html import MINUTE, table
from ui.desk.log_file import LOG_FILE
from ui.status import Status

ANYBODY, ANYTHING = ("Everybody", ""), ("Everything", "")


def log_html(entries: list[AuditEntry], number: int) -> str:
    """One page of the log; escaped."""
    rows = [
        (f"{entry.at:{MINUTE}}", entry.actor, entry.action, entry.subject, shown(entry.before), shown(entry.after))
        for entry in entries
    ]
    heads = ("When (UTC)", "Who", "What", "Of what", "Before", "After")
    save = f'<a class="data" href="{LOG_FILE}" download>Save the whole log as CSV</a>'
    return f"<h2>Changes</h2><p class='facts'>Page {escape(str(number))} · {save}</p>" + table(heads, rows)


def audit_tab(desk: DeskServices, operators: Operators) -> None:
    """Adds the tab to the Tabs that are open."""
    with gr.Tab("Log", id="log") as tab, gr.Column(elem_id="log-sheet", elem_classes="sheet"):
        with gr.Row(elem_classes="does"):
            who = gr.Dropdown([ANYBODY], value="", label="Who", elem_id="log-who")
            what = gr.Dropdown([ANYTHING], value="", label="What", elem_id="log-what")
        status = gr.HTML("", elem_id="log-status", js_on_load=None)
        shown_log = gr.HTML("", elem_id="log-table", js_on_load=None)
        page = gr.State(1)
        with gr.Row(elem_classes="does"):
            newer = gr.Button("Newer", elem_id="log-newer")
            older = gr.Button("Older", elem_id="log-older")
    outputs = [who, what, page, shown_log, newer, older, status]

    def show(request: gr.Request, actor: str | None, action: str | None, number: int) -> list[Any]:
        def read() -> list[Any]:
            person(operators, request)
            entries = desk.audit.page(who=actor or "", what=action or "", number=number)
            people, actions = desk.audit.names()
            return [
                gr.update(choices=[ANYBODY, *((name, name) for name in people)]),
                gr.update(choices=[ANYTHING, *((name, name) for name in actions)]),
                number,
                log_html(entries, number),
                gr.update(interactive=number > 1),
                gr.update(interactive=len(entries) == PAGE),
                "",
            ]

        outcome = attempt(read)
        return [*(gr.skip() for _ in outputs[1:]), outcome.html()] if isinstance(outcome, Status) else outcome

    def on_open(actor: str | None, action: str | None, request: gr.Request) -> list[Any]:
        return show(request, actor, action, 1)

    def on_newer(actor: str | None, action: str | None, number: int, request: gr.Request) -> list[Any]:
        return show(request, actor, action, number - 1)

    def on_older(actor: str | None, action: str | None, number: int, request: gr.Request) -> list[Any]:
        return show(request, actor, action, number + 1)

    tab.select(on_open, [who, what], outputs, **EVENT)
    for chosen in (who, what):
        chosen.input(on_open, [who, what], outputs, **EVENT)
    newer.click(on_newer, [who, what, page], outputs, **EVENT)
    older.click(on_older, [who, what, page], outputs, **EVENT)
