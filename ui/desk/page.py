"""The operators' page: a header and a tab for each kind of work."""

from __future__ import annotations

import gradio as gr

from assistant.services.accounts.operators import Operators
from assistant.services.desk.desk import DeskServices
from assistant.services.versions import Versions
from ui.desk import html
from ui.desk.access import EVENT, person
from ui.desk.agreement_tab import agreement_tab
from ui.desk.attempts import attempt
from ui.desk.audit_tab import audit_tab
from ui.desk.conflicts_tab import conflicts_tab
from ui.desk.handover_tab import add_handover_tab
from ui.desk.health_tab import health_tab
from ui.desk.instant_tab import add_instant_tab
from ui.desk.intents_tab import intents_tab
from ui.desk.people_tab import people_tab
from ui.desk.proposals_tab import add_proposals_tab
from ui.desk.queue_count import count_live
from ui.desk.queue_tab import queue_tab
from ui.desk.versions_tab import versions_tab
from ui.status import Status
from ui.web.page import Page

QUEUE_LENGTH = 64  # waiting events; beyond it the page says that we are busy


def build_desk(desk: DeskServices, versions: Versions, operators: Operators) -> gr.Blocks:
    """The page. It draws nothing before it knows who is asking."""

    def head(request: gr.Request) -> str:
        shown = attempt(lambda: html.header(person(operators, request)))
        return shown.html() if isinstance(shown, Status) else shown

    blocks = Page(title="Support desk", analytics_enabled=False, fill_width=True)
    with blocks:
        header = gr.HTML("", elem_id="header", js_on_load=None)
        with gr.Tabs(overflow_behavior="wrap"):
            inbox = queue_tab(blocks, desk.labeling, operators)
            clock = add_handover_tab(blocks, desk.handover, operators)
            add_proposals_tab(desk.proposals, operators)
            add_instant_tab(desk.labeling, operators)
            intents_tab(desk, operators)
            conflicts_tab(desk, operators)
            agreement_tab(desk, operators)
            versions_tab(blocks, desk, versions, operators)
            health_tab(desk, operators)
            audit_tab(desk, operators)
            people_tab(operators)
        clock.render()  # type: ignore[no-untyped-call]
        count_live(clock, inbox.heading, inbox.view, desk.labeling, operators)
        blocks.load(head, None, header, **EVENT)
    blocks.queue(max_size=QUEUE_LENGTH, api_open=False)
    return blocks
