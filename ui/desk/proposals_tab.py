"""The tab of proposed intents: what it looks like, and which button calls which function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.services.accounts.operators import Operators
from assistant.services.desk.proposals import Proposals
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.cards import lay_out_cards, opening
from ui.desk.drafts import keep_drafts, turned_to
from ui.desk.intent_choice import IntentChoice, intent_choices, offer
from ui.desk.intent_fields import NOTHING_TYPED, action_field, answer_field, intent_of, name_field, title_field
from ui.desk.proposals import Topics, approve, dismiss, heading, list_label, merge, open_topics, ticks, title_of
from ui.status import Status


@dataclass(frozen=True)
class ProposalsTab:
    """The components of the tab."""

    outputs: list[Any]  # what `draw` fills
    proposals: Any
    messages: Any
    form: list[Any]  # name, title, answer and action
    intent: Any
    buttons: dict[str, Any]


def add_proposals_tab(proposals: Proposals, operators: Operators) -> None:
    """Adds the tab to the Tabs that are open, and connects it."""
    with gr.Tab("New topics", id="topics") as tab:
        parts = _lay_out()
    _wire(tab, parts, proposals, operators)


def draw(topics: Topics, by: str) -> list[Any]:
    """New values of the outputs; `by` is signed in."""
    view = topics.selected
    choices = [(list_label(each), each.id) for each in topics.proposals]
    intents = intent_choices(topics.intents)
    messages = ticks(view) if view else []
    return [
        gr.update(choices=choices, value=view.id if view else None, visible=bool(choices)),
        heading(topics),
        gr.update(visible=view is not None),
        gr.update(choices=messages, value=[number for _, number in messages]),
        turned_to(by, str(view.id), ["", title_of(view), *NOTHING_TYPED[2:]])
        if view
        else turned_to(by, None, NOTHING_TYPED),
        gr.update(choices=intents, value=view.nearest if view and view.nearest in dict(intents).values() else None),
        topics.status.html(),
    ]


def _lay_out() -> ProposalsTab:
    with gr.Row(elem_id="topics", elem_classes="shelf"):
        with gr.Column(scale=2, min_width=280, elem_id="topic-list", elem_classes="shelf-list"):
            listed = lay_out_cards("Proposed intents", "proposals", "titled")
            refresh = gr.Button("Refresh", elem_id="topics-refresh", size="sm")
        with gr.Column(scale=5, min_width=320, elem_id="topic", elem_classes="sheet"):
            status = gr.HTML("", elem_id="topics-status", js_on_load=None)
            head = gr.HTML("", elem_id="open-topic", js_on_load=None)
            with gr.Column(visible=False, elem_id="deciding") as work:
                messages = gr.CheckboxGroup([], label="Messages that mean it", elem_id="topic-messages")
                with gr.Row():
                    title = title_field("topic-title")
                    name = name_field("topic-name")
                answer = answer_field("topic-answer")
                action = action_field("topic-action")
                with gr.Row(elem_classes="does"):
                    yes = gr.Button("Approve as a new intent", variant="primary", elem_id="approve")
                    no = gr.Button("Dismiss", elem_id="dismiss")
                with gr.Row(elem_classes="does"):
                    intent = IntentChoice([], label="Or they mean an intent that exists", elem_id="topic-intent")
                    same = gr.Button("Merge into it", elem_id="topic-merge")
            form = [name, title, answer, action]
            drafts = keep_drafts("topic", form)
    outputs = [listed, head, work, messages, drafts.drawn, intent, status]
    buttons = {"refresh": refresh, "approve": yes, "merge": same, "dismiss": no}
    return ProposalsTab(outputs, listed, messages, form, intent, buttons)


def _wire(tab: gr.Tab, parts: ProposalsTab, proposals: Proposals, operators: Operators) -> None:
    """Every handler asks anew who is acting."""

    def show(
        request: gr.Request, proposal: int | None, act: Callable[[str], Topics], chosen: str | None = None
    ) -> list[Any]:
        def acted() -> tuple[Topics, str]:
            by = person(operators, request).name
            return act(by), by

        done = attempt(acted)
        if isinstance(done, Status):
            return [*(gr.skip() for _ in parts.outputs[1:]), done.html()]
        outcome, by = done
        is_open = outcome.selected is not None and outcome.selected.id == proposal
        if outcome.status.is_problem and is_open:  # what was typed and ticked stays until it has been accepted
            offered = offer(outcome.intents, chosen) if chosen else gr.skip()
            return [offered if part is parts.intent else gr.skip() for part in parts.outputs[:-1]] + [
                outcome.status.html()
            ]
        return draw(outcome, by)

    def on_open(proposal: int | None, request: gr.Request) -> list[Any]:
        return show(request, proposal, lambda _: open_topics(proposals, proposal))

    def on_approve(
        proposal: int | None, chosen: list[int], name: str, title: str, answer: str, action: str, request: gr.Request
    ) -> list[Any]:
        intent = intent_of(name, title, answer, action)
        return show(request, proposal, lambda operator: approve(proposals, operator, proposal, chosen, intent))

    def on_merge(proposal: int | None, chosen: list[int], intent: str | None, request: gr.Request) -> list[Any]:
        return show(request, proposal, lambda operator: merge(proposals, operator, proposal, chosen, intent), intent)

    def on_dismiss(proposal: int | None, request: gr.Request) -> list[Any]:
        return show(request, proposal, lambda operator: dismiss(proposals, operator, proposal))

    tab.select(on_open, parts.proposals, parts.outputs, **EVENT)
    parts.proposals.input(on_open, parts.proposals, parts.outputs, **opening(parts.proposals))
    parts.buttons["refresh"].click(on_open, parts.proposals, parts.outputs, **EVENT)
    chosen = [parts.proposals, parts.messages]
    parts.buttons["approve"].click(on_approve, [*chosen, *parts.form], parts.outputs, **EVENT)
    parts.buttons["merge"].click(on_merge, [*chosen, parts.intent], parts.outputs, **EVENT)
    parts.buttons["dismiss"].click(on_dismiss, parts.proposals, parts.outputs, **EVENT)
