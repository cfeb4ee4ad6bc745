"""The conflicts tab: contradicting labels side by side, settled with one click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from assistant.errors import InputError
from assistant.services.accounts.operators import Operators
from assistant.services.desk.conflicts import Conflict
from assistant.services.desk.desk import DeskServices
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.status import NOTHING, Status

COMPARES = '<p class="facts" role="status">Comparing the labels …</p>'


@dataclass(frozen=True, slots=True)
class Quarrels:
    """All conflicts, strongest first, the one that is open, and titles of intents."""

    conflicts: tuple[Conflict, ...] = ()
    opened: int = 0
    titles: tuple[tuple[str, str], ...] = ()

    @property
    def conflict(self) -> Conflict | None:
        return self.conflicts[self.opened] if 0 <= self.opened < len(self.conflicts) else None


def open_conflicts(desk: DeskServices, place: int = 0) -> Quarrels:
    """Compares the labels anew and opens the conflict at `place`, the strongest first; behind the last the first."""
    titles = tuple((intent.name, intent.title) for intent in desk.labeling.intents())
    found = tuple(desk.conflicts.all())
    return Quarrels(found, place if place < len(found) else 0, titles)


def settle(desk: DeskServices, seen: Quarrels | None, operator: str, keep: str) -> tuple[Quarrels, Status]:
    """Settles the open conflict and opens the next one; after a refusal, such as when a colleague has settled it, what
    is open is compared anew too."""
    conflict = seen.conflict if seen else None
    if conflict is None:
        raise InputError("No conflict is open. Compare the labels again.")
    told = attempt(lambda: Status(desk.conflicts.settle(conflict, keep, operator)))
    return open_conflicts(desk, seen.opened if seen else 0), told


def keeping(seen: Quarrels) -> tuple[str, str]:
    """What stands on the buttons that keep a label."""
    conflict, titles = seen.conflict, dict(seen.titles)
    labels = (conflict.first_label, conflict.second_label) if conflict else ("", "")
    first, second = (f": {titles.get(label, label)}" if label else "" for label in labels)
    return f"Keep A{first}", f"Keep B{second}"


def card(seen: Quarrels) -> str:
    """The open conflict side by side; texts and titles are escaped."""
    conflict, titles = seen.conflict, dict(seen.titles)
    if conflict is None:
        return '<div class="empty"><h2>No conflict</h2><p>Labels agree with each other and with the memory.</p></div>'
    sides = "".join(
        f'<div class="side"><h3>{name}</h3><blockquote>{escape(text)}</blockquote>'
        f'<p class="label">{escape(titles.get(label, label))}</p></div>'
        for name, text, label in (
            ("A", conflict.first, conflict.first_label),
            ("B", conflict.second, conflict.second_label),
        )
    )
    place = f"Conflict {seen.opened + 1} of {len(seen.conflicts)}"
    why = f"{conflict.why[:1].upper()}{conflict.why[1:]}; strength {conflict.grade:.0%}"
    return f'<h2>{place}</h2><p class="facts">{escape(why)}</p><div class="sides">{sides}</div>'


def conflicts_tab(desk: DeskServices, operators: Operators) -> None:
    """Adds the tab to the Tabs that are open."""
    with gr.Tab("Conflicts", id="conflicts") as tab, gr.Column(elem_id="conflicts", elem_classes="sheet"):
        state = gr.State(Quarrels())
        status = gr.HTML("", elem_id="conflicts-status", js_on_load=None)
        shown = gr.HTML("", elem_id="conflict", js_on_load=None)
        with gr.Row(elem_classes="does"):
            first = gr.Button("Keep A", variant="primary", interactive=False, elem_id="keep-first")
            second = gr.Button("Keep B", variant="primary", interactive=False, elem_id="keep-second")
            both = gr.Button("Both are fine", interactive=False, elem_id="keep-both")
            following = gr.Button("Next conflict", interactive=False, elem_id="next-conflict")
            back = gr.Button("Undo my last action", elem_id="undo-conflict")
    outputs = [state, shown, first, second, both, following, status]

    def draw(seen: Quarrels, told: Status) -> list[Any]:
        more = gr.update(interactive=len(seen.conflicts) > 1)
        is_open = seen.conflict is not None
        kept = [gr.update(value=said, interactive=is_open) for said in keeping(seen)]
        return [seen, card(seen), *kept, gr.update(interactive=is_open), more, told.html()]

    def show(request: gr.Request, act: Callable[[str], tuple[Quarrels, Status]]) -> list[Any]:
        outcome = attempt(lambda: act(person(operators, request).name))
        if isinstance(outcome, Status):
            return [*(gr.skip() for _ in outputs[1:]), outcome.html()]
        return draw(*outcome)

    def on_open(request: gr.Request) -> list[Any]:
        return show(request, lambda _: (open_conflicts(desk), NOTHING))

    def settling(keep: str) -> Callable[..., list[Any]]:
        def on_settle(seen: Quarrels, request: gr.Request) -> list[Any]:
            return show(request, lambda operator: settle(desk, seen, operator, keep))

        return on_settle

    def on_next(seen: Quarrels, request: gr.Request) -> list[Any]:
        turned = (seen.opened + 1) % max(1, len(seen.conflicts))
        return show(request, lambda _: (Quarrels(seen.conflicts, turned, seen.titles), NOTHING))

    def on_undo(request: gr.Request) -> list[Any]:
        def act(operator: str) -> tuple[Quarrels, Status]:
            told = Status(f"Undone: {desk.labeling.undo(operator)}")
            return open_conflicts(desk), told

        return show(request, act)

    deciding = [first, second, both, following]

    def wait() -> list[Any]:
        return [COMPARES, *(gr.update(interactive=False) for _ in deciding)]

    tab.select(wait, None, [shown, *deciding], **EVENT).then(on_open, None, outputs, **EVENT)
    for button, keep in ((first, "first"), (second, "second"), (both, "both")):
        button.click(settling(keep), state, outputs, **EVENT)
    following.click(on_next, state, outputs, **EVENT)
    back.click(on_undo, None, outputs, **EVENT)
