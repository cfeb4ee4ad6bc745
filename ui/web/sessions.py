"""What Gradio keeps of each page that was opened, for as long as it keeps it."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

MOST = 2000  # of a page; of one that was used longest ago is forgotten what was half done there, not whose it is


class Session(SessionState):
    """Without a copy of all that the page shows, whole conversations included: Gradio keeps it for links to a state of
    a page, which nobody can ask for here."""

    def __init__(self, blocks: gr.Blocks) -> None:
        super().__init__(blocks)
        self.config_values.clear()

    def __setitem__(self, key: int, value: Any) -> None:
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None:
        """Nothing is kept."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Likewise."""


class Sessions(StateHolder):
    """The sessions of one page, by the names that browsers give them."""

    def __init__(self, blocks: gr.Blocks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.set_blocks(blocks)
        self.capacity = MOST

    def delete_all_expired_state(self) -> None:
        """Nothing expires: Gradio would forget what is half done in a page an hour after its connection broke, as it
        does when a machine sleeps, and the page goes on without a word."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = Session(self.blocks)
        return super().__getitem__(session_id)
