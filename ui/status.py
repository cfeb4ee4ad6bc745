"""One line that tells a person what happened."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Status:
    """One line saying what happened."""

    text: str = ""
    is_problem: bool = False

    def html(self) -> str:
        """The line as escaped HTML; a problem is announced at once by screen readers, the rest politely."""
        role, look = ("alert", "problem") if self.is_problem else ("status", "calm")
        return f'<p role="{role}" class="{look}">{escape(self.text)}</p>' if self.text else ""


NOTHING = Status()


def gone(what: str, wanted: str | int | None, opened: str | int | None) -> Status:
    """Says that another card is open than the one that was wanted; nothing where it is that one, or none was wanted."""
    if wanted in (None, opened):
        return NOTHING
    instead = "" if opened is None else " Another one is open instead."
    return Status(f"That {what} is not in the list any more; a colleague may have dealt with it.{instead}", True)
