"""The queue tab: what it looks like, and which button calls which function of the queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.domain import Intent
from assistant.services.labeling import Labeling
from assistant.services.operators import Operators
from ui import desk_html as html
from ui.attempts import attempt
from ui.desk_access import EVENT, person
from ui.desk_queue import Desk, confirm, correct, create_intent, list_label, open_desk, skip, undo
from ui.status import Status


@dataclass(frozen=True)
class QueueTab:
    """The components of the tab."""

    outputs: list[Any]  # what `draw` fills
    form: list[Any]  # name, title and answer of a new intent
    messages: Any
    intent: Any
    buttons: dict[str, Any]


def draw(desk: Desk) -> list[Any]:
    """New values of the outputs."""
    item = desk.item
    choices = [(list_label(listed), listed.message_id) for listed in desk.items]
    intents = sorted((f"{intent.title} ({intent.name})", intent.name) for intent in desk.intents)
    first = desk.predicted_title()
    return [
        html.count(desk),
        gr.update(choices=choices, value=item.message_id if item else None, visible=bool(choices)),
        html.message(desk),
        gr.update(visible=item is not None),
        html.suggestions(desk),
        html.neighbours(desk),
        gr.update(value=f"Confirm: {first}" if first else "Confirm", interactive=bool(first)),
        gr.update(choices=intents, value=None),
        desk.status.html(),
    ]


def lay_out_queue_tab() -> QueueTab:
    """Adds the components to the Blocks that are open."""
    with gr.Row(elem_id="queue"):
        with gr.Column(scale=2, min_width=280, elem_id="queue-list"):
            heading = gr.HTML("", js_on_load=None)
            messages = gr.Radio([], label="Messages by need", show_label=False, container=False, elem_id="messages")
            refresh = gr.Button("Refresh", elem_id="refresh", size="sm")
        with gr.Column(scale=5, min_width=320, elem_id="work"):
            status = gr.HTML("", elem_id="queue-status", js_on_load=None)
            text = gr.HTML("", elem_id="open-message", js_on_load=None)
            with gr.Column(visible=False, elem_id="labeling") as work:
                scores = gr.HTML("", elem_id="suggestions", js_on_load=None)
                with gr.Row(elem_id="actions"):
                    yes = gr.Button("Confirm", variant="primary", elem_id="confirm")
                    pass_by = gr.Button("Skip", elem_id="skip")
                with gr.Row(elem_id="correction"):
                    intent = gr.Dropdown([], label="Or choose another intent", elem_id="intent")
                    change = gr.Button("Correct", elem_id="correct")
                with gr.Accordion("New intent", open=False, elem_id="new-intent"):
                    with gr.Row():
                        title = gr.Textbox(label="Title", info="Labels the button", elem_id="intent-title")
                        name = gr.Textbox(label="Name", info="Like cancel_order", elem_id="intent-name")
                    answer = gr.Textbox(label="Answer for the customer", lines=3, elem_id="intent-answer")
                    add = gr.Button("Add and give it to this message", elem_id="add-intent")
                near = gr.HTML("", elem_id="neighbours", js_on_load=None)
            with gr.Row(elem_id="foot"):
                back = gr.Button("Undo my last action", elem_id="undo", size="sm")
                gr.HTML(html.KEYS, js_on_load=None)
    buttons = {
        "refresh": refresh,
        "confirm": yes,
        "skip": pass_by,
        "undo": back,
        "correct": change,
        "add": add,
    }
    outputs = [heading, messages, text, work, scores, near, yes, intent, status]
    return QueueTab(outputs, [name, title, answer], messages, intent, buttons)


def wire_queue_tab(blocks: gr.Blocks, tab: QueueTab, labeling: Labeling, operators: Operators) -> None:
    """Connects the components with the queue; every handler asks anew who is acting."""

    def run(request: gr.Request, act: Callable[[str], Desk]) -> Desk | Status:
        return attempt(lambda: act(person(operators, request).name))

    def show(outcome: Desk | Status) -> list[Any]:
        if isinstance(outcome, Status):
            return [*(gr.skip() for _ in tab.outputs[1:]), outcome.html()]
        return draw(outcome)

    def on_load(request: gr.Request) -> list[Any]:
        return show(run(request, lambda _: open_desk(labeling)))

    def on_open(message: int | None, request: gr.Request) -> list[Any]:
        return show(run(request, lambda _: open_desk(labeling, message)))

    def on_confirm(message: int | None, request: gr.Request) -> list[Any]:
        return show(run(request, lambda operator: confirm(labeling, operator, message)))

    def on_skip(message: int | None, request: gr.Request) -> list[Any]:
        return show(run(request, lambda operator: skip(labeling, operator, message)))

    def on_undo(message: int | None, request: gr.Request) -> list[Any]:
        return show(run(request, lambda operator: undo(labeling, operator, message)))

    def on_correct(message: int | None, intent: str | None, request: gr.Request) -> list[Any]:
        return show(run(request, lambda operator: correct(labeling, operator, message, intent)))

    def on_add(message: int | None, name: str, title: str, answer: str, request: gr.Request) -> list[Any]:
        intent = Intent(name.strip(), title.strip(), answer.strip())
        outcome = run(request, lambda operator: create_intent(labeling, operator, message, intent))
        accepted = isinstance(outcome, Desk) and not outcome.status.is_problem
        # What was typed stays in the form until it has been accepted.
        return [*show(outcome), *("" if accepted else gr.skip() for _ in tab.form)]

    blocks.load(on_load, None, tab.outputs, **EVENT)
    tab.messages.input(on_open, tab.messages, tab.outputs, **EVENT)
    for button, handler in (
        ("refresh", on_open),
        ("confirm", on_confirm),
        ("skip", on_skip),
        ("undo", on_undo),
    ):
        tab.buttons[button].click(handler, tab.messages, tab.outputs, **EVENT)
    tab.buttons["correct"].click(on_correct, [tab.messages, tab.intent], tab.outputs, **EVENT)
    tab.buttons["add"].click(on_add, [tab.messages, *tab.form], [*tab.outputs, *tab.form], **EVENT)
