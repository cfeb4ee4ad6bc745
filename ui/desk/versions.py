"""What an operator sees of the versions and what a lead may do, as plain functions, without Gradio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.domain import Publication, Version
from assistant.errors import InputError
from assistant.services.versions import Versions
from assistant.services.views import SignedIn
from ui.desk.attempts import outcome_of, stated
from ui.desk.roles import require_lead
from ui.status import NOTHING, Status, gone

READY = "ready"


@dataclass(frozen=True, slots=True)
class Shelf:
    """All versions newest first, the live one, the selected one with its gate report, and the history."""

    live: Version | None
    versions: tuple[Version, ...]
    selected: Version | None
    report: str
    history: tuple[Publication, ...]
    status: Status = NOTHING

    @property
    def can_publish(self) -> bool:
        """Whether the selected version is held: it passed its gates and is not the live one."""
        return self.selected is not None and self.selected.state == READY and self.selected != self.live

    @property
    def can_roll_back(self) -> bool:
        return self.live is not None and self.live.parent is not None


def open_shelf(versions: Versions, version_id: str | None = None, status: Status = NOTHING) -> Shelf:
    """Reads the versions and opens `version_id`, or the newest one."""
    known = tuple(versions.all())
    selected = next((version for version in known if version.id == version_id), known[0] if known else None)
    report = versions.report_markdown(selected.id) if selected else ""
    told = status if status.text else gone("version", version_id, selected.id if selected else None)
    return Shelf(versions.live(), known, selected, report, tuple(versions.history()), told)


def publish(versions: Versions, session: SignedIn, version_id: str | None, reason: str, seen: str | None) -> Shelf:
    """Makes a held version the live one, while `seen` is live. Leads only."""

    def act() -> str:
        require_lead(session, "change the live version")
        shelf = open_shelf(versions, version_id)
        if shelf.selected is None or shelf.selected.id != version_id:
            raise InputError(f"There is no version {version_id!r}. Pick one from the list.")
        if not shelf.can_publish:
            raise InputError(f"Version {version_id} is live or was refused; pick a held one.")
        versions.publish(version_id, session.name, stated(reason), seen=seen)
        return f"Version {version_id} is live now."

    return _after(versions, version_id, act)


def roll_back(versions: Versions, session: SignedIn, version_id: str | None, reason: str, seen: str | None) -> Shelf:
    """Goes back to the version before the live one, while that is `seen`. Leads only."""

    def act() -> str:
        require_lead(session, "change the live version")
        restored = versions.roll_back(session.name, stated(reason), seen=seen)
        return f"Rolled back: version {restored.id} is live again."

    return _after(versions, version_id, act)


def list_label(version: Version, live: Version | None) -> str:
    """Two lines for the list: the id, then state and birthday."""
    state = "Live" if live is not None and version.id == live.id else version.state.capitalize()
    return f"{version.id}\n{state} · {version.created_at:%Y-%m-%d %H:%M} UTC"


def _after(versions: Versions, version_id: str | None, act: Callable[[], str]) -> Shelf:
    return open_shelf(versions, version_id, outcome_of(act))
