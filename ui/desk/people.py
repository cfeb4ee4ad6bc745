"""What people do with accounts at the desk, as plain functions, without Gradio. Leads look after others' accounts."""

from __future__ import annotations

from collections.abc import Callable

from assistant.errors import InputError
from assistant.services.accounts.operators import LEAD, Operators
from assistant.services.views import Person, SignedIn
from ui.desk.html import table
from ui.desk.roles import require_lead
from ui.status import Status

TASKS = {"operator": "labels and answers customers", LEAD: "also publishes, merges, retires and looks after people"}
ONCE = "it is shown only now."


def change_password(operators: Operators, session: SignedIn, present: str, new: str, again: str) -> Status:
    """One's own, by whoever is signed in."""
    if new != again:
        raise InputError("The new password was typed in two different ways. Please type it again.")
    operators.change_password(session, present, new)
    return Status("Your password was changed. Wherever else you were signed in, you are signed out.")


def add_person(operators: Operators, session: SignedIn, name: str, role: str | None) -> Status:
    """Creates an account. Leads only."""
    require_lead(session, "add people")
    password = operators.create(name.strip(), role=role or "", actor=session.name)
    return Status(f"{name.strip()} may sign in with the password {password} — {ONCE}")


def change_role(operators: Operators, session: SignedIn, name: str | None, role: str | None) -> Status:
    """Gives somebody another role. Leads only."""
    chosen = _chosen(session, "change roles", name)
    operators.change_role(chosen, role or "", actor=session.name)
    return Status(f"{chosen} has the role “{role}” now.")


def reset(operators: Operators, session: SignedIn, name: str | None) -> Status:
    """Replaces a password and ends that person's sessions. Leads only, and of others: one's own page would be gone
    before the new password can be read."""
    chosen = _chosen(session, "reset passwords", name)
    if chosen == session.name:
        raise InputError("This account is your own. Change your password below, or ask another lead to reset it.")
    password = operators.reset_password(chosen, actor=session.name)
    return Status(f"{chosen} may sign in with the password {password} — {ONCE}")


def remove(operators: Operators, session: SignedIn, name: str | None) -> Status:
    """Closes somebody's account. Leads only."""
    chosen = _chosen(session, "remove people", name)
    operators.remove(chosen, actor=session.name)
    return Status(f"{chosen} was signed out and cannot sign in any more. What they did stays in the log.")


def take_back(operators: Operators, session: SignedIn, name: str | None) -> Status:
    """Opens a closed account again. Leads only."""
    chosen = _chosen(session, "take people back", name)
    password = operators.take_back(chosen, actor=session.name)
    return Status(f"{chosen} may sign in again with the password {password} — {ONCE}")


ACTS: dict[str, Callable[[Operators, SignedIn, str | None], Status]] = {
    "reset": reset,
    "remove": remove,
    "take_back": take_back,
}


def people_html(people: list[Person]) -> str:
    """Who may sign in and do what; escaped."""
    rows = [(one.name, one.role, "cannot sign in, removed" if one.is_removed else TASKS[one.role]) for one in people]
    return "<h2>People</h2>" + table(("Name", "Role", "May"), rows)


def _chosen(session: SignedIn, what: str, name: str | None) -> str:
    require_lead(session, what)
    if not name:
        raise InputError("Nobody is chosen. Pick a person from the list first.")
    return name
