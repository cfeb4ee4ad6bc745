"""The components of the inbox tab: filters and list on one side, the open message with what to say on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.services.desk.reasons import CHOICES
from ui.desk import html
from ui.desk.bulk_part import BulkPart, lay_out_bulk
from ui.desk.cards import lay_out_cards
from ui.desk.drafts import Drafts, keep_drafts
from ui.desk.filters import Filters, lay_out_filters
from ui.desk.intent_choice import IntentChoice
from ui.desk.intent_fields import action_field, answer_field, name_field, title_field
from ui.desk.queue import View

ANY_MESSAGE = "any"  # the form of a new intent stays as it is while messages are opened


@dataclass(frozen=True)
class QueueTab:
    """The components of the tab."""

    outputs: list[Any]  # what `draw` fills
    form: list[Any]  # name, title, answer and action of a new intent
    drafts: Drafts  # of the form
    heading: Any
    messages: Any
    intent: Any
    view: Any  # what this operator looks at; kept by the server
    filters: Filters
    picks: list[Any]
    bulk: BulkPart
    buttons: dict[str, Any]


def lay_out_queue_tab() -> QueueTab:
    """Adds the components to the Blocks that are open."""
    view = gr.State(View())
    with gr.Row(elem_id="queue", elem_classes="shelf"):
        with gr.Column(scale=2, min_width=280, elem_id="queue-list", elem_classes="shelf-list"):
            filters = lay_out_filters()
            heading = gr.HTML("", elem_id="count", js_on_load=None)
            messages = lay_out_cards("Messages by need", "messages")
            with gr.Row(elem_id="pager"):
                previous = gr.Button("Previous", elem_id="previous", size="sm")
                number = gr.HTML("", elem_id="page-number", js_on_load=None)
                following = gr.Button("Next", elem_id="following", size="sm")
                refresh = gr.Button("Refresh", elem_id="refresh", size="sm")
            bulk = lay_out_bulk()
        with gr.Column(scale=5, min_width=320, elem_id="work", elem_classes="sheet"):
            status = gr.HTML("", elem_id="queue-status", js_on_load=None)
            text = gr.HTML("", elem_id="open-message", js_on_load=None)
            with gr.Column(visible=False, elem_id="labeling") as work:
                why = gr.HTML("", elem_id="why", js_on_load=None)
                with gr.Row(elem_id="picks"):
                    picks = [gr.Button("", elem_id=f"pick-{key}", visible=False) for key in range(1, CHOICES + 1)]
                with gr.Accordion("Which messages these are for", open=False, elem_id="meanings", elem_classes="part"):
                    meanings = gr.HTML("", js_on_load=None)
                with gr.Row(elem_id="actions"):
                    yes = gr.Button("Confirm", variant="primary", elem_id="confirm")
                    outside = gr.Button("Out of scope", elem_id="out-of-scope")
                    pass_by = gr.Button("Skip", elem_id="skip")
                with gr.Row(elem_id="correction"):
                    intent = IntentChoice([], label="Or choose another intent", elem_id="intent")
                    change = gr.Button("Correct", elem_id="correct")
                with gr.Accordion("New intent", open=False, elem_id="new-intent"):
                    with gr.Row():
                        title = title_field("intent-title")
                        name = name_field("intent-name")
                    answer = answer_field("intent-answer")
                    action = action_field("intent-action")
                    add = gr.Button("Add and give it to this message", elem_id="add-intent")
                near = gr.HTML("", elem_id="neighbours", js_on_load=None)
            form = [name, title, answer, action]
            drafts = keep_drafts("new-intent", form, ANY_MESSAGE)
            with gr.Row(elem_id="foot"):
                back = gr.Button("Undo my last action", elem_id="undo", size="sm")
                gr.HTML(html.KEYS, js_on_load=None)
    gr.HTML(html.HELP, js_on_load=None)
    buttons = {
        "refresh": refresh,
        "confirm": yes,
        "reject": outside,
        "skip": pass_by,
        "undo": back,
        "correct": change,
        "add": add,
        "previous": previous,
        "following": following,
    }
    outputs = [
        *(heading, messages, text, work, why, meanings, near, yes, intent, *filters.intents, bulk.intent, *picks),
        *(previous, number, following, view, status),
    ]
    return QueueTab(outputs, form, drafts, heading, messages, intent, view, filters, picks, bulk, buttons)
