"""The operators' page: a header, the queue and the versions."""

from __future__ import annotations

import gradio as gr

from assistant.services.labeling import Labeling
from assistant.services.operators import Operators
from assistant.services.proposals import Proposals
from assistant.services.versions import Versions
from ui import desk_html as html
from ui.attempts import attempt
from ui.desk_access import EVENT, person
from ui.desk_proposals_tab import add_proposals_tab
from ui.desk_queue_tab import lay_out_queue_tab, wire_queue_tab
from ui.desk_versions_tab import lay_out_versions_tab, wire_versions_tab
from ui.status import Status

QUEUE_LENGTH = 64  # waiting events; beyond it the page says that we are busy


def build_desk(labeling: Labeling, versions: Versions, operators: Operators, proposals: Proposals) -> gr.Blocks:
    """The page. It draws nothing before it knows who is asking."""

    def head(request: gr.Request) -> str:
        shown = attempt(lambda: html.header(person(operators, request)))
        return shown.html() if isinstance(shown, Status) else shown

    blocks = gr.Blocks(title="Support desk", analytics_enabled=False, fill_width=True)
    with blocks:
        header = gr.HTML("", elem_id="header", js_on_load=None)
        with gr.Tabs():
            with gr.Tab("Queue", id="queue"):
                queue_tab = lay_out_queue_tab()
            add_proposals_tab(blocks, proposals, operators)
            with gr.Tab("Versions", id="versions") as tab:
                versions_tab = lay_out_versions_tab(tab)
        blocks.load(head, None, header, **EVENT)
        wire_queue_tab(blocks, queue_tab, labeling, operators)
        wire_versions_tab(blocks, versions_tab, versions, operators)
    blocks.queue(max_size=QUEUE_LENGTH, api_open=False)
    return blocks
