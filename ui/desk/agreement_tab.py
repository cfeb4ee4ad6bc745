"""The agreement tab: second opinions without seeing the label, and how far two people agree."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr

from assistant.errors import InputError
from assistant.services.accounts.operators import Operators
from assistant.services.desk.agreement import Pair, Sample
from assistant.services.desk.desk import DeskServices
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.html import table
from ui.desk.intent_choice import IntentChoice, intent_choices, offer
from ui.desk.titles import title_of
from ui.status import NOTHING, Status

COMPARES = '<p class="facts" role="status">Comparing the opinions …</p>'


def give(desk: DeskServices, operator: str, sample: Sample | None, intent: str | None) -> Status:
    """Records a second opinion on the text that was shown."""
    if sample is None:
        raise InputError("No message is open. There may be nothing left to judge.")
    if not intent:
        raise InputError("No intent is chosen. Pick what the message means first.")
    desk.agreement.give(sample.example_id, intent, operator)
    return Status(f"Your opinion “{title_of(desk.labeling, intent)}” was kept. Here is the next message.")


def sample_html(sample: Sample | None) -> str:
    """The text to judge; escaped."""
    if sample is None:
        return '<div class="empty"><h2>Nothing to judge</h2><p>You have seen all that others labelled.</p></div>'
    return f"<h2>Second opinion</h2><blockquote>{escape(sample.text)}</blockquote>"


def pairs_html(pairs: list[Pair], totals: list[tuple[str, int]]) -> str:
    """Agreement of each two people, and how much everybody labelled."""
    rows = [
        (
            f"{p.first}, {p.second}",
            f"{p.texts:,}",
            f"{p.same:.0%}",
            "not defined" if p.kappa is None else f"{p.kappa:.2f}",
        )
        for p in pairs
    ]
    labels = [(name, f"{count:,}") for name, count in totals]
    return (
        "<h2>Agreement</h2>"
        + table(("Who", "Texts", "Same label", "Cohen’s kappa"), rows)
        + "<h2>Labels given by hand</h2>"
        + table(("Who", "Standing labels"), labels)
    )


def agreement_tab(desk: DeskServices, operators: Operators) -> None:
    """Adds the tab to the Tabs that are open."""
    with gr.Tab("Agreement", id="agreement") as tab:
        state = gr.State(None)
        with gr.Column(elem_id="second-opinion", elem_classes="sheet"):
            status = gr.HTML("", elem_id="agreement-status", js_on_load=None)
            shown = gr.HTML("", elem_id="sample", js_on_load=None)
            with gr.Row(elem_classes="does"):
                intent = IntentChoice([], label="What does it mean?", elem_id="opinion")
                yes = gr.Button("That is my opinion", variant="primary", interactive=False, elem_id="give-opinion")
        figures = gr.HTML("", elem_id="agreement-figures", js_on_load=None)
    outputs = [state, shown, intent, yes, figures, status]

    def draw(operator: str, told: Status) -> list[Any]:
        sample = desk.agreement.next_for(operator)
        intents = intent_choices(desk.labeling.intents())
        figures = pairs_html(desk.agreement.pairs(), desk.agreement.totals())
        ready = gr.update(interactive=sample is not None)
        return [sample, sample_html(sample), gr.update(choices=intents, value=None), ready, figures, told.html()]

    def show(
        request: gr.Request, act: Callable[[str], Status], judged: Sample | None = None, chosen: str | None = None
    ) -> list[Any]:
        def acted() -> list[Any]:
            operator = person(operators, request).name
            told = attempt(lambda: act(operator))
            if told.is_problem and desk.agreement.next_for(operator) == judged:
                offered = offer(desk.labeling.intents(), chosen)
                return [offered if part is intent else gr.skip() for part in outputs[:-1]] + [told.html()]
            return draw(operator, told)

        outcome = attempt(acted)
        return [*(gr.skip() for _ in outputs[1:]), outcome.html()] if isinstance(outcome, Status) else outcome

    def on_open(request: gr.Request) -> list[Any]:
        return show(request, lambda _: NOTHING)

    def on_give(sample: Sample | None, intent: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda operator: give(desk, operator, sample, intent), sample, intent)

    def wait() -> tuple[str, Any]:
        return COMPARES, gr.update(interactive=False)

    tab.select(wait, None, [shown, yes], **EVENT).then(on_open, None, outputs, **EVENT)
    yes.click(on_give, [state, intent], outputs, **EVENT)
