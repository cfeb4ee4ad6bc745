"""The parts of the versions tab that compare a version with the live one and try it on customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.services.accounts.operators import LEAD, Operators
from assistant.services.desk.desk import DeskServices
from assistant.services.views import SignedIn
from ui.desk import trial_html as html
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.drafts import Drafts, keep_drafts, turned_to
from ui.desk.trial import Trying, compare, drop, look, publish, start
from ui.status import Status

# Beside the other events: a comparison takes seconds, in which nobody's labelling waits.
COMPARING = EVENT | {"concurrency_id": "shadow", "concurrency_limit": 1}
ASKS = '<p class="facts" role="status">Both versions are being asked …</p>'
ABOUT = (
    '<p class="facts">A conversation stays with the version that it began with. Whatever goes live meanwhile, such as a'
    " nightly update, ends the trial.</p>"
)


@dataclass(frozen=True)
class ComparePart:
    """What concerns the version that is open."""

    days: Any
    compare: Any
    result: Any
    share: Any
    start: Any


@dataclass(frozen=True)
class ExperimentPart:
    """The experiment that is running or was the last one; `seen` is the version that the page shows being tried."""

    status: Any
    shown: Any
    seen: Any
    actions: Any
    reason: Any
    drafts: Drafts  # of the reason
    publish: Any
    drop: Any

    @property
    def outputs(self) -> list[Any]:
        return [self.shown, self.seen, self.actions, self.drafts.drawn, self.status]


def lay_out_compare() -> ComparePart:
    """Adds the components to the column that is open."""
    with gr.Accordion("Compare with the live version", open=False, elem_id="shadow", elem_classes="part"):
        with gr.Row(elem_classes="does"):
            days = gr.Number(14, label="On the messages of the last days", precision=0, elem_id="days")
            go = gr.Button("Compare", elem_id="compare")
        result = gr.HTML("", elem_id="comparison", js_on_load=None)
    with gr.Accordion("Try on customers", open=False, elem_id="trial", elem_classes="part"):
        gr.HTML(ABOUT, js_on_load=None)
        with gr.Row(elem_classes="does"):
            share = gr.Number(10, label="Share of the new conversations (%)", elem_id="share")
            begin = gr.Button("Start", elem_id="start-trial")
    return ComparePart(days, go, result, share, begin)


def lay_out_experiment() -> ExperimentPart:
    """Adds the components to the tab that is open."""
    with gr.Column(elem_classes="trying"):
        status = gr.HTML("", elem_id="experiment-status", js_on_load=None)
        shown = gr.HTML("", elem_id="experiment", js_on_load=None)
        seen = gr.State(None)
        with gr.Row(visible=False, elem_id="experiment-actions", elem_classes="does") as actions:
            why = gr.Textbox("", label="Why", info="Kept in the history", elem_id="trial-reason", max_lines=3)
            go = gr.Button("Publish for everybody", variant="primary", elem_id="publish-tried")
            end = gr.Button("Drop", elem_id="drop-tried")
        drafts = keep_drafts("trial-reason", [why])
    return ExperimentPart(status, shown, seen, actions, why, drafts, go, end)


def wire_trial(
    opened: list[Any],
    versions: Any,
    redraw: Callable[[Any], None],
    parts: tuple[ComparePart, ExperimentPart],
    desk: DeskServices,
    operators: Operators,
) -> None:
    """Connects the parts; every handler asks anew who is acting.

    After the events `opened` the experiment is drawn anew; `redraw` draws the versions anew after an event. `versions`
    is the list whose value is the open version.
    """
    one, tried = parts
    if desk.shadow is None or desk.experiments is None:
        return
    shadow, experiments = desk.shadow, desk.experiments

    def on_compare(version: str | None, days: float | None, request: gr.Request) -> str:
        def act() -> str:
            found = compare(shadow, person(operators, request), version, days)
            return html.comparison(found, {intent.name: intent.title for intent in desk.labeling.intents()})

        outcome = attempt(act)
        return outcome.html() if isinstance(outcome, Status) else outcome

    def show(request: gr.Request, act: Callable[[SignedIn], Trying], why: str | None = None) -> list[Any]:
        """`why` stood in the box for what is done; it stays there until it has been used."""

        def acted() -> tuple[Trying, SignedIn]:
            session = person(operators, request)
            return act(session), session

        done = attempt(acted)
        if isinstance(done, Status):
            return [*(gr.skip() for _ in tried.outputs[1:]), done.html()]
        outcome, session = done
        used = None if why is None or outcome.status.is_problem else [why]
        trial = str(outcome.found.experiment.id) if outcome.found else None  # the one that has just ended, too
        return [
            html.experiment(outcome.found),
            outcome.version,
            gr.update(visible=session.role == LEAD and outcome.is_running),
            turned_to(session.name, trial, [""], used),
            outcome.status.html(),
        ]

    def on_look(request: gr.Request) -> list[Any]:
        return show(request, lambda _: look(experiments))

    def on_start(version: str | None, percent: float | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: start(experiments, session, version, percent))

    def on_publish(seen: str | None, why: str, request: gr.Request) -> list[Any]:
        return show(request, lambda session: publish(experiments, session, seen, why), why)

    def on_drop(seen: str | None, why: str, request: gr.Request) -> list[Any]:
        return show(request, lambda session: drop(experiments, session, seen, why), why)

    asking = one.compare.click(lambda: ASKS, None, one.result, **EVENT)
    asking.then(on_compare, [versions, one.days], one.result, **COMPARING)
    versions.input(lambda: "", None, one.result, **EVENT)  # it was about another version
    for event in opened:
        event.then(on_look, None, tried.outputs, **EVENT)
    one.start.click(on_start, [versions, one.share], tried.outputs, **EVENT)
    redraw(tried.publish.click(on_publish, [tried.seen, tried.reason], tried.outputs, **EVENT))
    redraw(tried.drop.click(on_drop, [tried.seen, tried.reason], tried.outputs, **EVENT))
