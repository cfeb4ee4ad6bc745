"""The versions tab: what it looks like, and which button calls which function of the versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.services.accounts.operators import LEAD, Operators
from assistant.services.desk.desk import DeskServices
from assistant.services.versions import Versions
from assistant.services.views import SignedIn
from ui.desk import html
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.cards import lay_out_cards, opening
from ui.desk.drafts import keep_drafts, turned_to
from ui.desk.trial_part import (
    ComparePart,
    ExperimentPart,
    lay_out_compare,
    lay_out_experiment,
    wire_trial,
)
from ui.desk.versions import Shelf, list_label, open_shelf, publish, roll_back
from ui.status import Status

LEADS = '<p class="facts">Only a lead may publish, roll back, compare and try versions.</p>'
POLL_SECONDS = 3.0  # while the tab is open
ANY_VERSION = "any"  # the reason stays while versions are opened


@dataclass(frozen=True)
class VersionsTab:
    """The components of the tab."""

    tab: Any
    outputs: list[Any]  # what `draw` fills
    versions: Any
    seen: Any  # the version that the page shows as live
    reason: Any
    publish: Any
    roll_back: Any
    clock: Any
    trial: tuple[ComparePart, ExperimentPart]


def versions_tab(blocks: gr.Blocks, desk: DeskServices, versions: Versions, operators: Operators) -> None:
    """Adds the tab to the Tabs that are open."""
    with gr.Tab("Versions", id="versions") as tab:
        parts = lay_out_versions_tab(tab)
    wire_versions_tab(blocks, parts, desk, versions, operators)


def draw(shelf: Shelf, session: SignedIn, reason: str = "") -> list[Any]:
    """New values of the outputs; what only a lead may do is no choice for others. `reason` stood in the box."""
    is_lead = session.role == LEAD
    choices = [(list_label(version, shelf.live), version.id) for version in shelf.versions]
    done = bool(shelf.status.text) and not shelf.status.is_problem
    return [
        html.live(shelf.live),
        gr.update(choices=choices, value=shelf.selected.id if shelf.selected else None),
        html.selected(shelf.selected, shelf.live) + ("" if is_lead else LEADS),
        shelf.report,
        gr.update(interactive=is_lead and shelf.can_publish),
        gr.update(interactive=is_lead and shelf.can_roll_back),
        turned_to(session.name, ANY_VERSION, [""], [reason] if done else None),  # it stays until it has been used
        gr.update(interactive=is_lead),
        gr.update(interactive=is_lead),
        html.history(shelf.history),
        shelf.live.id if shelf.live else None,
        shelf.status.html(),
    ]


def lay_out_versions_tab(tab: gr.Tab) -> VersionsTab:
    """Adds the components to the Blocks that are open."""
    experiment = lay_out_experiment()
    with gr.Row(elem_id="shelf", elem_classes="shelf"):
        with gr.Column(scale=2, min_width=280, elem_id="version-list", elem_classes="shelf-list"):
            live = gr.HTML("", elem_id="live-version", js_on_load=None)
            versions = lay_out_cards("All versions", "versions", "titled")
        with gr.Column(scale=5, min_width=320, elem_id="version", elem_classes="sheet"):
            status = gr.HTML("", elem_id="versions-status", js_on_load=None)
            selected = gr.HTML("", elem_id="selected-version", js_on_load=None)
            reason = gr.Textbox("", label="Reason", info="Kept in the history", elem_id="reason", max_lines=3)
            drafts = keep_drafts("reason", [reason], ANY_VERSION)
            with gr.Row(elem_id="version-actions"):
                go = gr.Button("Publish this version", variant="primary", elem_id="publish")
                back = gr.Button("Roll back the live version", elem_id="roll-back")
            compare = lay_out_compare()
            report = gr.Markdown("", elem_id="report")
    history = gr.HTML("", elem_id="history", js_on_load=None)
    seen = gr.State(None)
    outputs = [
        live,
        versions,
        selected,
        report,
        go,
        back,
        drafts.drawn,
        compare.compare,
        compare.start,
        history,
        seen,
        status,
    ]
    return VersionsTab(tab, outputs, versions, seen, reason, go, back, gr.Timer(POLL_SECONDS), (compare, experiment))


def wire_versions_tab(
    blocks: gr.Blocks, tab: VersionsTab, desk: DeskServices, versions: Versions, operators: Operators
) -> None:
    """Connects the components with the versions; every handler asks anew who is acting."""

    def show(request: gr.Request, act: Callable[[SignedIn], Shelf], reason: str = "") -> list[Any]:
        def acted() -> list[Any]:
            session = person(operators, request)
            return draw(act(session), session, reason)

        outcome = attempt(acted)
        return [*(gr.skip() for _ in tab.outputs[1:]), outcome.html()] if isinstance(outcome, Status) else outcome

    def on_open(version: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda _: open_shelf(versions, version))

    def on_tick(version: str | None, seen: str | None, request: gr.Request) -> list[Any]:
        def is_seen() -> bool:
            person(operators, request)
            live = versions.live()
            return (live.id if live else None) == seen

        # Asked for ever by every open page, so that the others, of which a year makes hundreds, are not read for it.
        if attempt(is_seen) is True:
            return [gr.skip()] * len(tab.outputs)
        drawn = on_open(version, request)
        # A look that began before a press ends after it, and must not take away what the press was told.
        return drawn if drawn[-1] else [*drawn[:-1], gr.skip()]

    def on_publish(version: str | None, reason: str, seen: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: publish(versions, session, version, reason, seen), reason)

    def on_roll_back(version: str | None, reason: str, seen: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: roll_back(versions, session, version, reason, seen), reason)

    def redraw(event: Any) -> None:
        event.then(on_open, tab.versions, tab.outputs, **EVENT)

    blocks.load(on_open, tab.versions, tab.outputs, **EVENT)
    tab.versions.input(on_open, tab.versions, tab.outputs, **opening(tab.versions))
    tab.clock.tick(on_tick, [tab.versions, tab.seen], tab.outputs, trigger_mode="once", **EVENT)
    changing = [tab.versions, tab.reason, tab.seen]
    events = [
        tab.tab.select(on_open, tab.versions, tab.outputs, **EVENT),
        tab.publish.click(on_publish, changing, tab.outputs, **EVENT),
        tab.roll_back.click(on_roll_back, changing, tab.outputs, **EVENT),
    ]
    wire_trial(events, tab.versions, redraw, tab.trial, desk, operators)
