"""The components of the intents tab: the list on one side, the open intent with what can be done to it on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.desk import intents_html as html
from ui.desk.cards import lay_out_cards
from ui.desk.drafts import Drafts, keep_drafts
from ui.desk.intent_choice import IntentChoice
from ui.desk.intent_fields import action_field, answer_field, description_field, name_field, title_field


@dataclass(frozen=True)
class IntentsTab:
    """The components of the tab; `outputs` are what `draw` fills, in its order."""

    outputs: list[Any]
    fields: dict[str, Any]
    buttons: dict[str, Any]
    drafts: Drafts  # of title, answer, action and description


def lay_out_intents_tab() -> IntentsTab:
    """Adds the components to the Blocks that are open."""
    with gr.Row(elem_id="intents", elem_classes="shelf"):
        with gr.Column(scale=2, min_width=280, elem_id="intent-list", elem_classes="shelf-list"):
            gr.HTML(html.SEARCH, js_on_load=None)
            listed = lay_out_cards("All intents", "all-intents", "titled")
        with gr.Column(scale=5, min_width=320, elem_id="intent-work", elem_classes="sheet"):
            status = gr.HTML("", elem_id="intents-status", js_on_load=None)
            facts = gr.HTML("", elem_id="intent-facts", js_on_load=None)
            title = title_field("edit-title")
            answer = answer_field("edit-answer")
            action = action_field("edit-action")
            preview = gr.HTML("", elem_id="preview", js_on_load=None)
            description = description_field("edit-description")
            drafts = keep_drafts("intent", [title, answer, action, description])
            unsaved = gr.HTML("", elem_id="unsaved", js_on_load=None)
            with gr.Row(elem_classes="does"):
                save = gr.Button("Save", variant="primary", elem_id="save-intent")
                back = gr.Button("Undo my last action", elem_id="undo-intent")
                discard = gr.Button("Discard my changes", visible=False, elem_id="discard-changes")
            with gr.Accordion("Earlier wordings", open=False, elem_classes="part"):
                history = gr.HTML("", elem_id="wordings", js_on_load=None)
                with gr.Row(elem_classes="does"):
                    wording = gr.Dropdown([], label="Go back to", elem_id="wording")
                    revert = gr.Button("Go back", elem_id="go-back")
            with (
                gr.Accordion("Merge into another intent", open=False, visible=False, elem_classes="part") as merging,
                gr.Row(elem_classes="does"),
            ):
                into = IntentChoice([], label="All its messages mean", elem_id="merge-into")
                join = gr.Button("Merge", elem_id="merge")
            with gr.Accordion("Split off a new intent", open=False, elem_classes="part"):
                chosen = gr.CheckboxGroup([], label="Messages that mean something else", elem_id="split-texts")
                with gr.Row():
                    new_title = title_field("split-title", "New title")
                    new_name = name_field("split-name", "New name")
                new_answer = answer_field("split-answer", "New answer for the customer")
                new_action = action_field("split-action")
                new = keep_drafts("split", [new_title, new_name, new_answer, new_action])
                apart = gr.Button("Split", elem_id="split")
            with gr.Accordion("Retire", open=False, visible=False, elem_classes="part") as retiring:
                erase = gr.Checkbox(False, label="Also forget its rows at the next update", elem_id="erase")
                with gr.Row(elem_classes="does"):
                    out = gr.Button("Retire", elem_id="retire")
                    again = gr.Button("Take into use again", elem_id="restore")
    outputs = [
        *(listed, facts, drafts.drawn, history, wording, into, chosen, new.drawn, erase),
        *(save, revert, join, apart, out, again, merging, retiring, status),
    ]
    fields = {
        "listed": listed, "written_for": drafts.written_for, "seen": drafts.drawn, "title": title, "answer": answer,
        "action": action, "description": description, "preview": preview, "unsaved": unsaved, "wording": wording,
        "into": into, "chosen": chosen, "new_for": new.written_for, "new_title": new_title, "new_name": new_name,
        "new_answer": new_answer, "new_action": new_action, "erase": erase,
    }  # fmt: skip
    buttons = {
        "save": save, "discard": discard, "undo": back, "revert": revert, "join": join, "apart": apart,
        "out": out, "again": again,
    }  # fmt: skip
    return IntentsTab(outputs, fields, buttons, drafts)
