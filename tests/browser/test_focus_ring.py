"""Whoever goes by the keyboard sees where they are: the ring around a text field is whole."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.pages.chat import ChatPage
from tests.browser.pages.desk import Desk
from tests.browser.pages.tab import field
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser

# How far the ring reaches past what cuts it off, in pixels.
CUT = """(field) => {
    const style = getComputedStyle(field), reach = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset);
    const box = field.getBoundingClientRect();
    const cuts = [];
    for (let around = field.parentElement; around !== document.body; around = around.parentElement) {
        if (getComputedStyle(around).overflow === "visible") continue;
        const edge = around.getBoundingClientRect();
        cuts.push(edge.left - box.left + reach, box.right + reach - edge.right);
        cuts.push(edge.top - box.top + reach, box.bottom + reach - edge.bottom);
    }
    return style.outlineStyle === "solid" ? Math.max(0, ...cuts) : -1;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_ring_around_a_text_field_is_whole(
    page: Page, site: Site, scheme: Literal["light", "dark"], width: int
) -> None:
    page.emulate_media(color_scheme=scheme)
    desk = Desk(page, site.address).sign_in("lea", PASSWORD)
    page.set_viewport_size({"width": width, "height": 850})
    desk.intents.open()
    for name in ("edit-title", "edit-answer"):
        field(page, name).focus()
        assert field(page, name).evaluate(CUT) == 0, name
    desk.people.open()
    field(page, "present-password").focus()
    assert field(page, "present-password").evaluate(CUT) == 0
    chat = ChatPage(page, site.address).open()
    chat.box.focus()
    # The whole bar has the ring there.
    expect(page.locator("#composer")).to_have_css("box-shadow", re.compile("0px 0px 0px 3px"))
