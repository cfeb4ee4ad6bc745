"""The people tab: everyone's own password, and for leads who may sign in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from assistant.services.accounts.operators import LEAD, ROLES, Operators
from assistant.services.views import SignedIn
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.people import ACTS, add_person, change_password, change_role, people_html
from ui.status import NOTHING, Status


def people_tab(operators: Operators) -> None:
    """Adds the tab to the Tabs that are open. What only leads may do is not shown to others, and asked anew."""
    with gr.Tab("People", id="people") as tab, gr.Column(elem_id="people", elem_classes="sheet"):
        status = gr.HTML("", elem_id="people-status", js_on_load=None)
        listed = gr.HTML("", elem_id="people-list", js_on_load=None)
        with gr.Column(visible=False, elem_id="people-leads") as leads:
            with gr.Row(elem_classes="does"):
                known = gr.Dropdown([], label="Somebody’s account", elem_id="person-known")
                renew = gr.Button("Reset the password", elem_id="reset-password")
                out = gr.Button("Remove", elem_id="remove-person")
                back = gr.Button("Take back", elem_id="take-back-person")
            with gr.Row(elem_classes="does"):
                to = gr.Dropdown(list(ROLES), value=ROLES[0], label="Their new role", elem_id="new-role")
                turn = gr.Button("Change the role", elem_id="change-role")
            gr.HTML("<h2>Somebody new</h2>", js_on_load=None)
            with gr.Row(elem_classes="does"):
                name = gr.Textbox(label="Name to sign in with", elem_id="person-name", max_lines=1)
                role = gr.Dropdown(list(ROLES), value=ROLES[0], label="Role", elem_id="person-role")
                add = gr.Button("Add", variant="primary", elem_id="add-person")
        gr.HTML("<h2>Your password</h2>", js_on_load=None)
        with gr.Row(elem_classes="does"):
            present = _password("Present password", "present-password", "current-password")
            new = _password("New password", "new-password", "new-password")
            again = _password("New password again", "new-password-again", "new-password")
            change = gr.Button("Change my password", elem_id="change-password")
    typed = [name, present, new, again]
    outputs = [listed, leads, known, *typed, status]

    def show(request: gr.Request, act: Callable[[SignedIn], Status]) -> list[Any]:
        def acted() -> list[Any]:
            session = person(operators, request)
            told = act(session)
            people = operators.people()
            used = ["" if told.text else gr.skip()] * len(typed)  # what is being typed stays until it has been used
            choices = gr.update(choices=[one.name for one in people], value=None)
            return [people_html(people), gr.update(visible=session.role == LEAD), choices, *used, told.html()]

        outcome = attempt(acted)
        return [*(gr.skip() for _ in outputs[1:]), outcome.html()] if isinstance(outcome, Status) else outcome

    def on_open(request: gr.Request) -> list[Any]:
        return show(request, lambda _: NOTHING)

    def on_add(name: str, role: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: add_person(operators, session, name, role))

    def on_role(name: str | None, role: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: change_role(operators, session, name, role))

    def on_password(present: str, new: str, again: str, request: gr.Request) -> list[Any]:
        return show(request, lambda session: change_password(operators, session, present, new, again))

    def acting(act: str) -> Callable[..., list[Any]]:
        def on_act(name: str | None, request: gr.Request) -> list[Any]:
            return show(request, lambda session: ACTS[act](operators, session, name))

        return on_act

    tab.select(on_open, None, outputs, **EVENT)
    gr.on([add.click, name.submit], on_add, [name, role], outputs, **EVENT)
    turn.click(on_role, [known, to], outputs, **EVENT)
    for button, act in ((renew, "reset"), (out, "remove"), (back, "take_back")):
        button.click(acting(act), known, outputs, **EVENT)
    gr.on([change.click, again.submit], on_password, typed[1:], outputs, **EVENT)


def _password(label: str, name: str, purpose: str) -> gr.Textbox:
    """A field that shows dots; password managers go by `purpose`."""
    attributes = gr.InputHTMLAttributes(autocomplete=purpose)
    return gr.Textbox(label=label, type="password", elem_id=name, max_lines=1, html_attributes=attributes)
