"""Half-typed texts: each stays with what it was typed for, such as a customer or an intent.

The page keeps them (`ui/static/desk-drafts.js`), over a reload too, and not the server, whose answers come later than
what is typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import gradio as gr

from ui.desk.access import EVENT


@dataclass(frozen=True)
class Drafts:
    """What belongs to text fields that are for one thing after another."""

    written_for: Any  # what stands in the fields was typed for this
    drawn: Any  # what the server says of the fields; the page turns them to it


def keep_drafts(name: str, fields: Sequence[Any], of: str = "") -> Drafts:
    """Adds it to the Blocks that are open, outside of columns that are shown later: they would show it too.

    Fields that are for one thing only are for it from the start: whoever types before the server answers goes on.
    Their value is a text from the start, not None.
    """
    written_for = gr.Textbox(of, visible="hidden", elem_id=f"{name}-written-for")
    drawn = gr.JSON(visible="hidden", elem_id=f"{name}-drawn")
    ids = [field.elem_id for field in fields]
    turn = f"(...given) => window.deskDrafts.turn('{name}', {ids}, ...given)"
    drawn.change(None, [drawn, written_for, *fields], [written_for, *fields], js=turn, **EVENT)
    return Drafts(written_for, drawn)


def turned_to(
    by: str, of: str | None, saved: Sequence[str], taken: Sequence[str] | None = None, done: str | None = None
) -> dict[str, Any]:
    """The value of `drawn`: who is signed in, what the fields are for, what is saved of it, and what was taken from
    them, if anything. A text that was on its way when the page was loaded anew and is `done` is no draft any more."""
    fresh = uuid4().hex  # the page acts on what is new, and the same reply may be sent twice
    was_taken = None if taken is None else list(taken)
    return {"by": by, "of": of or "", "saved": list(saved), "taken": was_taken, "done": done, "fresh": fresh}


def kept_of(name: str) -> str:
    """What hands on as the last input of an event what there are drafts of."""
    return f"(...given) => given.with(-1, window.deskDrafts.kept('{name}'))"


def is_unsaved(texts: Sequence[str], written_for: str, drawn: Any) -> bool | None:
    """Whether other texts stand in the fields than those that are saved; None while they are about to be turned."""
    if not isinstance(drawn, dict) or written_for != drawn.get("of"):
        return None
    return list(texts) != drawn.get("saved")
