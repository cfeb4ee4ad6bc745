"""The intents tab: what it looks like, and which button calls which function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.domain import Intent
from assistant.services.desk import DeskServices
from assistant.services.operators import LEAD, Operators
from assistant.services.views import SignedIn
from ui import desk_intents_html as html
from ui.attempts import attempt
from ui.desk_access import EVENT, person
from ui.desk_drafts import Drafts, is_unsaved, keep_drafts, turned_to
from ui.desk_intent_choice import IntentChoice, intent_choices, offer
from ui.desk_intent_fields import answer_field, name_field, title_field
from ui.desk_intents import Shelf, edit, go_back, merge, open_intents, restore, retire, split, undo
from ui.status import Status


@dataclass(frozen=True)
class IntentsTab:
    """The components of the tab; `outputs` are in the order of `draw`."""

    outputs: list[Any]
    fields: dict[str, Any]
    buttons: dict[str, Any]
    drafts: Drafts  # of title and answer


def intents_tab(blocks: gr.Blocks, desk: DeskServices, operators: Operators) -> None:
    """Adds the tab to the Tabs that are open."""
    with gr.Tab("Intents", id="intents") as tab:
        parts = _lay_out()
    _wire(tab, parts, desk, operators)


def draw(shelf: Shelf, *, is_lead: bool, taken: Sequence[str] | None = None) -> list[Any]:
    """New values of the outputs; what only a lead may do is not there for others.

    `taken` are the title and the answer that stood in the fields and have been done with.
    """
    one = shelf.selected
    choices = [(html.list_label(each), each.intent.name) for each in shelf.figures]
    name, title, answer = (one.intent.name, one.intent.title, one.intent.answer) if one else (None, "", "")
    usable = bool(one and not one.retired)
    wordings = [(html.wording_label(past), past.edit or 0) for past in shelf.wordings]
    others = intent_choices(shelf.others)
    texts = [(example.text[:120], example.id) for example in shelf.examples]
    return [
        gr.update(choices=choices, value=name),
        html.facts(shelf) + ("" if is_lead else html.LEADS),
        turned_to(name, [title, answer], taken),
        html.wordings(shelf),
        gr.update(choices=wordings, value=None),
        gr.update(choices=others, value=None),
        gr.update(choices=texts, value=[]),
        *(gr.update(interactive=usable) for _ in range(5)),
        gr.update(interactive=bool(one and one.retired)),
        *(gr.update(visible=is_lead) for _ in range(2)),
        shelf.status.html(),
    ]


def _lay_out() -> IntentsTab:
    with gr.Row(elem_id="intents", elem_classes="shelf"):
        with gr.Column(scale=2, min_width=280, elem_id="intent-list", elem_classes="shelf-list"):
            gr.HTML(html.SEARCH, js_on_load=None)
            listed = gr.Radio(
                [], label="All intents", show_label=False, container=False, elem_id="all-intents",
                elem_classes=["cards", "titled"],
            )  # fmt: skip
        with gr.Column(scale=5, min_width=320, elem_id="intent-work", elem_classes="sheet"):
            status = gr.HTML("", elem_id="intents-status", js_on_load=None)
            facts = gr.HTML("", elem_id="intent-facts", js_on_load=None)
            title = title_field("edit-title")
            answer = answer_field("edit-answer")
            drafts = keep_drafts("intent", [title, answer])
            preview = gr.HTML("", elem_id="preview", js_on_load=None)
            unsaved = gr.HTML("", elem_id="unsaved", js_on_load=None)
            with gr.Row(elem_classes="does"):
                save = gr.Button("Save", variant="primary", elem_id="save-intent")
                back = gr.Button("Undo my last action", elem_id="undo-intent")
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
                apart = gr.Button("Split", elem_id="split")
            with gr.Accordion("Retire", open=False, visible=False, elem_classes="part") as retiring:
                erase = gr.Checkbox(False, label="Also forget its rows at the next update", elem_id="erase")
                with gr.Row(elem_classes="does"):
                    out = gr.Button("Retire", elem_id="retire")
                    again = gr.Button("Take into use again", elem_id="restore")
    outputs = [
        *(listed, facts, drafts.drawn, history, wording, into, chosen),
        *(save, revert, join, apart, out, again, merging, retiring, status),
    ]
    fields = {
        "listed": listed, "written_for": drafts.written_for, "title": title, "answer": answer, "preview": preview,
        "unsaved": unsaved, "wording": wording, "into": into, "chosen": chosen, "new_name": new_name,
        "new_title": new_title, "new_answer": new_answer, "erase": erase,
    }  # fmt: skip
    buttons = {
        "save": save, "undo": back, "revert": revert, "join": join, "apart": apart, "out": out, "again": again,
    }  # fmt: skip
    return IntentsTab(outputs, fields, buttons, drafts)


def _wire(tab: Any, parts: IntentsTab, desk: DeskServices, operators: Operators) -> None:
    def show(
        request: gr.Request,
        act: Callable[[SignedIn], Shelf],
        into: str | None = None,
        taken: Sequence[str] | None = None,
    ) -> list[Any]:
        def acted() -> tuple[Shelf, bool]:
            session = person(operators, request)
            return act(session), session.role == LEAD

        done = attempt(acted)
        if isinstance(done, Status):
            return [*(gr.skip() for _ in parts.outputs[1:]), done.html()]
        outcome, is_lead = done
        if outcome.status.is_problem:  # what was typed stays until it has been accepted
            offered = offer(outcome.others, into) if into else gr.skip()
            return [offered if part is parts.fields["into"] else gr.skip() for part in parts.outputs[:-1]] + [
                outcome.status.html()
            ]
        return draw(outcome, is_lead=is_lead, taken=taken)

    def on_open(name: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda _: open_intents(desk, name))

    def on_save(name: str | None, of: str, title: str, answer: str, request: gr.Request) -> list[Any]:
        return show(request, lambda session: edit(desk, session, name, title, answer, of), taken=(title, answer))

    def on_undo(name: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: undo(desk, session, name))

    def on_revert(name: str | None, title: str, answer: str, wording: int | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: go_back(desk, session, name, wording), taken=(title, answer))

    def on_merge(name: str | None, into: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: merge(desk, session, name, into), into)

    def on_split(
        name: str | None, chosen: list[int], new: str, title: str, answer: str, request: gr.Request
    ) -> list[Any]:
        intent = Intent(new.strip(), title.strip(), answer.strip())
        return show(request, lambda session: split(desk, session, name, chosen, intent))

    def on_retire(name: str | None, erase: bool, request: gr.Request) -> list[Any]:
        return show(request, lambda session: retire(desk, session, name, erase))

    def on_restore(name: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: restore(desk, session, name))

    def on_typed(title: str, answer: str, of: str, drawn: Any) -> list[Any]:
        is_draft = is_unsaved((title, answer), of, drawn)
        told = gr.skip() if is_draft is None else html.UNSAVED if is_draft else ""
        return [html.preview(title, answer), told]

    fields, buttons, listed = parts.fields, parts.buttons, parts.fields["listed"]
    tab.select(on_open, listed, parts.outputs, **EVENT)
    listed.input(on_open, listed, parts.outputs, **EVENT)
    wired = {
        "save": (on_save, ("written_for", "title", "answer")),
        "undo": (on_undo, ()),
        "revert": (on_revert, ("title", "answer", "wording")),
        "join": (on_merge, ("into",)),
        "apart": (on_split, ("chosen", "new_name", "new_title", "new_answer")),
        "out": (on_retire, ("erase",)),
        "again": (on_restore, ()),
    }
    for button, (handler, names) in wired.items():
        buttons[button].click(handler, [listed, *(fields[name] for name in names)], parts.outputs, **EVENT)
    typed = [fields["title"], fields["answer"], parts.drafts.written_for, parts.drafts.drawn]
    said = [fields["preview"], fields["unsaved"]]
    gr.on([part.change for part in typed], on_typed, typed, said, trigger_mode="always_last", **EVENT)
