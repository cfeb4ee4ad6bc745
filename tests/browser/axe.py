"""What axe-core finds on a page that keeps people out."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
# Gradio follows the system a moment later than pages of our own, and colours fade into each other.
DRESSED = """look => !document.getAnimations().some(each => each instanceof CSSTransition)
    && (!document.querySelector(".gradio-container")
        || document.body.classList.contains("dark") === (look === "dark"))"""


def grave(page: Page) -> list[str]:
    """One line for each kind of barrier, with the first element that has it."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in GRAVE]


def in_both_looks(page: Page) -> list[str]:
    """What is grave in the light, then in the dark."""
    found = []
    for look in ("light", "dark"):
        page.emulate_media(color_scheme=look)
        page.wait_for_function(DRESSED, arg=look)
        found += [f"{look}: {each}" for each in grave(page)]
    page.emulate_media(color_scheme="light")
    return found
