"""While labels are compared, which takes seconds, the desk says so and offers no decision about what is not shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from assistant.services.accounts.operators import Operators
from assistant.services.desk.desk import desk_services
from assistant.store import Store
from tests.browser.serving import CHEAP_HASHER, outside_loops
from tests.fakes import FakeLive
from ui.desk.agreement_tab import agreement_tab
from ui.desk.conflicts_tab import conflicts_tab


@pytest.mark.parametrize(
    ("add", "buttons"),
    [
        (conflicts_tab, ("keep-first", "keep-second", "keep-both", "next-conflict")),
        (agreement_tab, ("give-opinion",)),
    ],
)
def test_nothing_is_decided_before_it_is_shown(
    store: Store, live: FakeLive, add: Callable[..., None], buttons: tuple[str, ...]
) -> None:
    def build() -> Any:
        with gr.Blocks() as page, gr.Tabs():
            add(desk_services(store, live), Operators(store, CHEAP_HASHER))
        return page

    page: Any = outside_loops(build)
    shown: dict[str, Any] = {str(part.elem_id): part for part in page.blocks.values()}
    assert [shown[name].interactive for name in buttons] == [False] * len(buttons)
    told, *pressed = page.fns[0].fn()  # what opening the tab does first
    assert "Comparing" in told
    assert [button["interactive"] for button in pressed] == [False] * len(buttons)
