"""The fields in which an intent is worded; those of one line take no more than the store does."""

from __future__ import annotations

import gradio as gr

from assistant.domain import Action, Intent
from assistant.store.intents import NAME_LIMIT, TITLE_LIMIT


def title_field(elem_id: str, label: str = "Title") -> gr.Textbox:
    return gr.Textbox("", label=label, info="Labels the button", elem_id=elem_id, max_length=TITLE_LIMIT, max_lines=1)


def name_field(elem_id: str, label: str = "Name") -> gr.Textbox:
    info = "Like cancel_order; made of the title if you leave it empty"
    return gr.Textbox("", label=label, info=info, elem_id=elem_id, max_length=NAME_LIMIT, max_lines=1)


def action_field(elem_id: str) -> gr.Radio:
    choices = [
        ("Read the answer", Action.ANSWER.value),
        ("Read it and are passed on to a person", Action.HAND_OVER.value),
    ]
    return gr.Radio(choices, value=Action.ANSWER.value, label="Customers", elem_id=elem_id, elem_classes="leads-to")


def answer_field(elem_id: str, label: str = "Answer for the customer") -> gr.Textbox:
    return gr.Textbox("", label=label, elem_id=elem_id, lines=3)  # of a pasted text browsers would drop the end unseen


def description_field(elem_id: str) -> gr.Textbox:
    info = "For whoever labels; customers never read it"
    return gr.Textbox("", label="Which messages it is for", info=info, elem_id=elem_id, lines=2)


NOTHING_TYPED = ["", "", "", Action.ANSWER.value]


def intent_of(name: str, title: str, answer: str, action: str) -> Intent:
    """The intent that stands in the fields of a form."""
    return Intent(name.strip(), title.strip(), answer.strip(), action=Action(action))
