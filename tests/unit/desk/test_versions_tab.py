"""An open page asks every few seconds whether another version went live; that reads no others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import gradio as gr

from assistant.domain import Version
from assistant.services.accounts.operators import Operators
from assistant.services.desk.desk import desk_services
from assistant.services.versions import Versions
from assistant.store import Store
from tests.browser.fakes import FakeVersions
from tests.browser.serving import CHEAP_HASHER, outside_loops
from tests.fakes import FakeLive
from ui.desk.versions_tab import versions_tab


class Counted(FakeVersions):
    """How often all versions were read."""

    reads = 0

    def all(self) -> list[Version]:
        self.reads += 1
        return super().all()


def test_the_list_is_read_again_only_when_another_version_went_live(store: Store, live: FakeLive) -> None:
    versions, operators = Counted(), Operators(store, CHEAP_HASHER)
    token = operators.sign_in("lea", operators.create("lea", role="lead"), "here").token
    request = SimpleNamespace(username="lea", request=SimpleNamespace(cookies={"desk_session": token}))

    def build() -> Any:
        with gr.Blocks() as page, gr.Tabs():
            versions_tab(page, desk_services(store, live), cast(Versions, versions), operators)
        return page

    tick = next(each.fn for each in outside_loops(build).fns.values() if each.name == "on_tick")
    assert all(part == gr.skip() for part in tick("v3", "v2", request))
    assert versions.reads == 0
    versions.publish("v3", "night", "all gates passed")
    drawn = tick("v3", "v2", request)
    assert "v3" in drawn
    assert drawn[-1] == gr.skip(), "what a press was told meanwhile stays"
    operators.sign_out(token)
    assert "session has ended" in tick("v3", "v3", request)[-1]
