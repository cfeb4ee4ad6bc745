"""The fields in which an intent is worded; none of them takes more than the store does."""

from __future__ import annotations

import gradio as gr

from assistant.dialogue.text import LIMIT
from assistant.store.intents import NAME_LIMIT, TITLE_LIMIT


def title_field(elem_id: str, label: str = "Title") -> gr.Textbox:
    return gr.Textbox(label=label, info="Labels the button", elem_id=elem_id, max_length=TITLE_LIMIT, max_lines=1)


def name_field(elem_id: str, label: str = "Name") -> gr.Textbox:
    return gr.Textbox(label=label, info="Like cancel_order", elem_id=elem_id, max_length=NAME_LIMIT, max_lines=1)


def answer_field(elem_id: str, label: str = "Answer for the customer") -> gr.Textbox:
    return gr.Textbox(label=label, elem_id=elem_id, max_length=LIMIT, lines=3)
