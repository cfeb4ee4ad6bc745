"""The inbox tab: what its components show, and which button calls which function of the inbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from assistant.services.accounts.operators import Operators
from assistant.services.desk.labeling import Labeling
from ui.desk import html
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.bulk_part import wire_bulk
from ui.desk.cards import opening
from ui.desk.drafts import turned_to
from ui.desk.filters import ANY, cleared, read_view, wire_filters
from ui.desk.intent_choice import intent_choices
from ui.desk.intent_fields import NOTHING_TYPED, intent_of
from ui.desk.queue import Desk, View, confirm, correct, create_intent, list_label, open_desk, pick, reject, skip, undo
from ui.desk.queue_parts import ANY_MESSAGE, QueueTab, lay_out_queue_tab
from ui.status import Status


def queue_tab(blocks: gr.Blocks, labeling: Labeling, operators: Operators) -> QueueTab:
    """Adds the tab to the Tabs that are open."""
    with gr.Tab("Inbox", id="queue"):
        parts = lay_out_queue_tab()
    wire_queue_tab(blocks, parts, labeling, operators)
    return parts


def draw(desk: Desk) -> list[Any]:
    """New values of the outputs."""
    item = desk.item
    choices = [(list_label(desk, listed), listed.message_id) for listed in desk.items]
    intents = intent_choices(desk.intents)
    # What a filter was set to stays a choice of it.
    retired = intent_choices(desk.retired, ", retired")
    first = desk.predicted_title()
    labels = html.choice_labels(desk)
    return [
        html.count(desk),
        gr.update(choices=choices, value=item.message_id if item else None, visible=bool(choices)),
        html.message(desk),
        gr.update(visible=item is not None),
        html.why(desk),
        html.meanings(desk),
        html.neighbours(desk),
        gr.update(value=f"Confirm: {first}" if first else "Confirm", interactive=bool(first)),
        gr.update(choices=intents, value=None),
        *(gr.update(choices=[ANY, *intents, *retired]) for _ in range(2)),
        gr.update(choices=intents),
        *(gr.update(value=label, visible=bool(label)) for label in labels),
        gr.update(interactive=desk.page.number > 1),
        html.page_number(desk),
        gr.update(interactive=desk.page.number < desk.page.pages or desk.page.is_more),
        desk.view,
        desk.status.html(),
    ]


def wire_queue_tab(blocks: gr.Blocks, tab: QueueTab, labeling: Labeling, operators: Operators) -> None:
    """Connects the components with the inbox; every handler asks anew who is acting."""
    looked_at = [tab.messages, tab.view]

    def run(request: gr.Request, act: Callable[[str], Desk]) -> Desk | Status:
        return attempt(lambda: act(person(operators, request).name))

    def show(outcome: Desk | Status) -> list[Any]:
        if isinstance(outcome, Status):
            return [*(gr.skip() for _ in tab.outputs[1:]), outcome.html()]
        return draw(outcome)

    def on_load(request: gr.Request) -> list[Any]:
        return show(run(request, lambda _: open_desk(labeling)))

    def on_open(message: int | None, view: View, request: gr.Request) -> list[Any]:
        return show(run(request, lambda _: open_desk(labeling, message, view=view)))

    def on_confirm(message: int | None, view: View, request: gr.Request) -> list[Any]:
        return show(run(request, lambda operator: confirm(labeling, operator, message, view)))

    def picking(key: int) -> Callable[..., list[Any]]:
        def on_pick(message: int | None, view: View, request: gr.Request) -> list[Any]:
            return show(run(request, lambda operator: pick(labeling, operator, message, key, view)))

        return on_pick

    def on_reject(message: int | None, view: View, request: gr.Request) -> list[Any]:
        return show(run(request, lambda operator: reject(labeling, operator, message, view)))

    def on_skip(message: int | None, view: View, request: gr.Request) -> list[Any]:
        return show(run(request, lambda operator: skip(labeling, operator, message, view)))

    def on_undo(message: int | None, view: View, request: gr.Request) -> list[Any]:
        return show(run(request, lambda operator: undo(labeling, operator, message, view)))

    def on_correct(message: int | None, view: View, intent: str | None, request: gr.Request) -> list[Any]:
        return show(run(request, lambda operator: correct(labeling, operator, message, intent, view)))

    def turning(step: int) -> Callable[..., list[Any]]:
        def on_turn(view: View, request: gr.Request) -> list[Any]:
            turned = replace(view, number=view.number + step)
            return show(run(request, lambda _: open_desk(labeling, view=turned)))

        return on_turn

    def on_filter(*values: Any) -> list[Any]:
        *given, request = values
        return show(run(request, lambda _: open_desk(labeling, view=read_view(*given))))

    def on_clear(request: gr.Request) -> list[Any]:
        return [*on_load(request), *cleared()]

    def empty_form(request: gr.Request, taken: Sequence[str] | None = None) -> Any:
        drawn = attempt(lambda: turned_to(person(operators, request).name, ANY_MESSAGE, NOTHING_TYPED, taken))
        return gr.skip() if isinstance(drawn, Status) else drawn

    def on_begin(request: gr.Request) -> Any:
        return empty_form(request)

    def on_add(
        message: int | None, view: View, name: str, title: str, answer: str, action: str, request: gr.Request
    ) -> list[Any]:
        intent, typed = intent_of(name, title, answer, action), (name, title, answer, action)
        outcome = run(request, lambda operator: create_intent(labeling, operator, message, intent, view))
        accepted = isinstance(outcome, Desk) and not outcome.status.is_problem
        # What was typed stays in the form until it has been accepted.
        return [*show(outcome), empty_form(request, typed) if accepted else gr.skip()]

    blocks.load(on_load, None, tab.outputs, **EVENT)
    blocks.load(on_begin, None, tab.drafts.drawn, **EVENT)
    tab.messages.input(on_open, looked_at, tab.outputs, **opening(tab.messages))
    acts = {"refresh": on_open, "confirm": on_confirm, "reject": on_reject, "skip": on_skip, "undo": on_undo}
    for button, handler in acts.items():
        tab.buttons[button].click(handler, looked_at, tab.outputs, **EVENT)
    for key, choice in enumerate(tab.picks, 1):
        choice.click(picking(key), looked_at, tab.outputs, **EVENT)
    for button, step in (("previous", -1), ("following", 1)):
        tab.buttons[button].click(turning(step), tab.view, tab.outputs, **EVENT)
    wire_filters(tab.filters, tab.outputs, on_filter, on_clear)
    tab.buttons["correct"].click(on_correct, [*looked_at, tab.intent], tab.outputs, **EVENT)
    tab.buttons["add"].click(on_add, [*looked_at, *tab.form], [*tab.outputs, tab.drafts.drawn], **EVENT)
    wire_bulk(
        tab.bulk,
        tab.view,
        operators,
        labeling,
        lambda request, view: on_open(view.opened, view, request),
        tab.outputs,
        tab.filters.events,
    )
