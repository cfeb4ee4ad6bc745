"""A list of cards, one of which is open, and which a colleague or an update may shorten before another is clicked."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui.desk.access import EVENT


class Cards(gr.Radio):
    """Hands on what is no card any more, so that the desk can say so and draw anew: Gradio's own refusal lists ids.

    Every service looks up what it is given, as it must for what was made up.
    """

    is_template = True  # drawn as the Radio that it is

    def preprocess(self, payload: Any) -> str | int | None:
        """The id of the chosen card."""
        return payload if isinstance(payload, str | int) else None


def lay_out_cards(label: str, elem_id: str, *looks: str) -> Cards:
    """Adds an empty list to the Blocks that are open; `titled` cards begin with a title."""
    classes = ["cards", *looks]
    return Cards([], label=label, show_label=False, container=False, elem_id=elem_id, elem_classes=classes)


def opening(cards: Cards) -> dict[str, Any]:
    """How clicks on cards are answered: each, also one that comes while another is being answered, in their order."""
    in_order = {"concurrency_limit": 1, "concurrency_id": f"open-{cards.elem_id}"}
    return EVENT | in_order | {"trigger_mode": "multiple"}  # Gradio drops the second of two otherwise
