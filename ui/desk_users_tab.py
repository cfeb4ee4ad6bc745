"""The people tab: leads add operators and reset passwords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from assistant.errors import InputError
from assistant.services.operators import ROLES, Operators
from assistant.services.views import SignedIn
from ui.attempts import attempt
from ui.desk_access import EVENT, person
from ui.desk_html import table
from ui.roles import require_lead
from ui.status import NOTHING, Status

TASKS = {"operator": "labels", "lead": "also publishes, rolls back, merges, retires and adds people"}


def add_person(operators: Operators, session: SignedIn, name: str, role: str | None) -> Status:
    """Creates an account. Leads only."""
    require_lead(session, "add people")
    password = operators.create(name.strip(), role=role or "", actor=session.name)
    return Status(f"{name.strip()} may sign in with the password {password} — it is shown only now.")


def reset(operators: Operators, session: SignedIn, name: str | None) -> Status:
    """Replaces a password and ends that person's sessions. Leads only."""
    require_lead(session, "reset passwords")
    if not name:
        raise InputError("Nobody is chosen. Pick a person from the list first.")
    password = operators.reset_password(name, actor=session.name)
    return Status(f"{name} may sign in with the password {password} — it is shown only now.")


def users_tab(blocks: gr.Blocks, operators: Operators) -> None:
    """Adds the tab to the Tabs that are open."""
    with gr.Tab("People", id="people") as tab, gr.Column(elem_id="people", elem_classes="sheet"):
        status = gr.HTML("", elem_id="people-status", js_on_load=None)
        listed = gr.HTML("", elem_id="people-list", js_on_load=None)
        with gr.Row(elem_classes="does"):
            name = gr.Textbox(label="Name to sign in with", elem_id="person-name", max_lines=1)
            role = gr.Dropdown(list(ROLES), value=ROLES[0], label="Role", elem_id="person-role")
            add = gr.Button("Add", variant="primary", elem_id="add-person")
        with gr.Row(elem_classes="does"):
            known = gr.Dropdown([], label="Forgot the password", elem_id="person-known")
            renew = gr.Button("Reset the password", elem_id="reset-password")
    outputs = [listed, known, name, status]

    def show(request: gr.Request, act: Callable[[SignedIn], Status]) -> list[Any]:
        def acted() -> list[Any]:
            told = act(person(operators, request))
            roles = operators.roles()
            people = "<h2>People</h2>" + table(("Name", "Role", "May"), [(n, r, TASKS[r]) for n, r in roles])
            used = "" if told.text else gr.skip()  # a name that is being typed stays
            return [people, gr.update(choices=[n for n, _ in roles], value=None), used, told.html()]

        outcome = attempt(acted)
        return [*(gr.skip() for _ in outputs[1:]), outcome.html()] if isinstance(outcome, Status) else outcome

    def on_open(request: gr.Request) -> list[Any]:
        return show(request, lambda _: NOTHING)

    def on_add(name: str, role: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: add_person(operators, session, name, role))

    def on_reset(name: str | None, request: gr.Request) -> list[Any]:
        return show(request, lambda session: reset(operators, session, name))

    tab.select(on_open, None, outputs, **EVENT)
    add.click(on_add, [name, role], outputs, **EVENT)
    renew.click(on_reset, known, outputs, **EVENT)
