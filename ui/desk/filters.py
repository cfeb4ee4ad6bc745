"""The inbox's filters: the components, and what their values mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.services.desk.filtering import WORDS_LIMIT, inbox_filter
from ui.desk.access import EVENT
from ui.desk.intent_choice import IntentChoice
from ui.desk.queue import View

SHOWN = (("To review", "waiting"), ("Without a label", "unlabelled"), ("All messages", "all"))
SORTS = (
    ("Most needed first", "need"),
    ("Newest first", "newest"),
    ("Least sure first", "least_sure"),
    ("Most worth a label", "value"),
)
DECISIONS = (
    ("Any", ""),
    ("Answered", "answer"),
    ("Asked back", "clarify"),
    ("Handed over", "hand_over"),
    ("Silent", "silent"),
    ("Customer chose", "chosen"),
)
SIGNALS = (
    ("Any", ""),
    ("Thumbs up", "thumbs_up"),
    ("Thumbs down", "thumbs_down"),
    ("Not what I meant", "not_meant"),
    ("Asked for a person", "hand_over"),
)
ANY = ("Any", "")


@dataclass(frozen=True)
class Filters:
    """The components; `inputs` are in the order of `read_view`, `intents` are filled when the page is drawn."""

    inputs: list[Any]
    intents: list[Any]
    words: Any
    at_once: list[Any]  # whose change is applied without a button
    apply: Any
    clear: Any

    @property
    def events(self) -> list[Any]:
        """What asks for another selection of messages."""
        return [self.words.submit, self.apply.click, *(each.input for each in self.at_once), self.clear.click]


def lay_out_filters() -> Filters:
    """Adds the components to the Blocks that are open."""
    words = gr.Textbox(
        label="Search", placeholder="Search messages  ( / )", show_label=False, container=False, elem_id="search",
        max_lines=1, max_length=WORDS_LIMIT,
    )  # fmt: skip
    with gr.Row(elem_id="view"):
        shown = gr.Dropdown(list(SHOWN), value="waiting", label="Show", elem_id="shown", min_width=120)
        sort = gr.Dropdown(list(SORTS), value="need", label="Order", elem_id="sort", min_width=120)
    with gr.Accordion("More filters", open=False, elem_id="more-filters"):
        with gr.Row():
            since = gr.Textbox(
                label="From day (UTC)", placeholder="2026-01-31", elem_id="since", min_width=110, max_lines=1
            )
            until = gr.Textbox(
                label="To day (UTC)", placeholder="2026-01-31", elem_id="until", min_width=110, max_lines=1
            )
        predicted = IntentChoice([ANY], value="", label="Assistant took it for", elem_id="predicted")
        labelled = IntentChoice([ANY], value="", label="Labelled as", elem_id="labelled")
        with gr.Row():
            least = gr.Number(0, label="Sure from %", elem_id="least", min_width=110)
            most = gr.Number(100, label="to %", elem_id="most", min_width=110)
        with gr.Row():
            decision = gr.Dropdown(list(DECISIONS), value="", label="What it did", elem_id="decision", min_width=110)
            signal = gr.Dropdown(list(SIGNALS), value="", label="Customer said", elem_id="signal", min_width=110)
        with gr.Row(elem_id="filter-actions"):
            apply = gr.Button("Apply", elem_id="apply", size="sm")
            clear = gr.Button("Clear filters", elem_id="clear", size="sm")
    inputs = [words, shown, sort, since, until, predicted, labelled, least, most, decision, signal]
    return Filters(inputs, [predicted, labelled], words, [shown, sort], apply, clear)


def read_view(
    words: str | None,
    shown: str | None,
    sort: str | None,
    since: str | None,
    until: str | None,
    predicted: str | None,
    labelled: str | None,
    least: float | None,
    most: float | None,
    decision: str | None,
    signal: str | None,
) -> View:
    """The first page of what the filters say. Raises InputError naming the value that cannot be used."""
    wanted = inbox_filter(
        shown=shown, words=words, since=since, until=until, predicted=predicted, labelled=labelled,
        least=least, most=most, decision=decision, signal=signal,
    )  # fmt: skip
    return View(wanted, sort or "need")


def cleared() -> list[Any]:
    """The values of `inputs` without any filter."""
    return ["", "waiting", "need", "", "", "", "", 0, 100, "", ""]


def wire_filters(
    filters: Filters, outputs: list[Any], on_filter: Callable[..., list[Any]], on_clear: Callable[..., list[Any]]
) -> None:
    """Connects the components; `on_filter` gives the values of `outputs`, `on_clear` also those of `inputs`."""

    def filtered(
        words: str, shown: str, sort: str, since: str, until: str, predicted: str, labelled: str,
        least: float | None, most: float | None, decision: str, signal: str, request: gr.Request,
    ) -> list[Any]:  # fmt: skip
        # Spelt out: Gradio hands the request over only where a parameter asks for it.
        return on_filter(words, shown, sort, since, until, predicted, labelled, least, most, decision, signal, request)

    gr.on([filters.words.submit, filters.apply.click], filtered, filters.inputs, outputs, **EVENT)
    for component in filters.at_once:
        component.input(filtered, filters.inputs, outputs, **EVENT)
    filters.clear.click(on_clear, None, [*outputs, *filters.inputs], **EVENT)
