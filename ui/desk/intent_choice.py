"""A list from which one intent is chosen, which a colleague may retire before the choice is used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import gradio as gr

from assistant.domain import Intent


class IntentChoice(gr.Dropdown):
    """Hands on what is no choice any more, so that the desk can say so by the title: Gradio's own refusal lists names.

    Every service looks the intent up that it is given, as it must for what was made up.
    """

    is_template = True  # drawn as the Dropdown that it is

    def preprocess(self, payload: Any) -> str | None:
        """The name of the chosen intent."""
        return payload if isinstance(payload, str) else None


def intent_choices(intents: Iterable[Intent], remark: str = "") -> list[tuple[str, str]]:
    """Title and name of each intent with its name as the value, by title."""
    return sorted((f"{intent.title} ({intent.name}{remark})", intent.name) for intent in intents)


def offer(intents: Iterable[Intent], chosen: str | None) -> Any:
    """The update of a list after a refusal: what can be chosen now, with the choice if it is still among that."""
    choices = intent_choices(intents)
    return gr.update(choices=choices, value=chosen if chosen in {name for _, name in choices} else None)
