"""When something is not as it should be, the page says so kindly and keeps what was typed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from assistant.dialogue.phrases import en as phrases
from assistant.domain import Language
from assistant.services.accounts.operators import Operators
from assistant.services.conversation.chat import Chat
from assistant.store import Store, migrate, open_engine
from assistant.store.inbox import QUEUE
from tests.browser.conftest import INTENTS, Site
from tests.browser.pages.chat import ChatPage
from tests.browser.pages.desk import Desk
from tests.browser.serving import CHEAP_HASHER, PASSWORD, build_app, serving
from tests.fakes import FakeLive
from ui.words import WORDS

pytestmark = pytest.mark.browser


@pytest.fixture
def chat(page: Page, site: Site) -> ChatPage:
    return ChatPage(page, site.address).open()


def test_a_conversation_survives_a_reload_and_ends_with_starting_over(chat: ChatPage) -> None:
    expect(chat.start_over).to_be_hidden()
    chat.ask("where is my parcel", "Parcels take two days.")
    chat.box.press_sequentially("half a quest")
    chat.reload()
    expect(chat.bubbles.nth(1)).to_have_text("where is my parcel")
    expect(chat.box).to_have_value("half a quest")
    expect(chat.rating).to_be_visible()
    chat.start_over.click()
    expect(chat.bubbles).to_have_count(1)
    chat.reload()
    expect(chat.bubbles).to_have_count(1)


def test_a_long_message_is_counted_and_kept(chat: ChatPage, page: Page) -> None:
    asked: list[str] = []
    chat.box.fill("x" * 1700)
    expect(chat.counter).to_be_empty()
    chat.box.fill("x" * 1990)
    expect(chat.counter).to_have_text("10 characters left")
    chat.box.fill("x" * 2003)
    expect(chat.counter).to_contain_text("3 characters too many")
    page.on("request", lambda request: asked.append(request.url) if "queue/join" in request.url else None)
    chat.box.press("Enter")
    page.locator("#send").click()
    expect(chat.counter).to_contain_text("3 characters too many")
    expect(chat.box).to_have_value("x" * 2003)
    expect(chat.notice).to_have_count(0)
    assert asked == []  # refused by the page, however long it is
    chat.box.fill("😀" * 1990)  # two units of the script each, one character of the server
    expect(chat.counter).to_have_text("10 characters left")


def test_a_browser_that_keeps_nothing_for_the_page_only_does_without_drafts(page: Page, site: Site) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('', 'SecurityError'); } })"
    )
    chat = ChatPage(page, site.address).open().ask("where is my parcel", "Parcels take two days.")
    chat.say("x" * 2001)
    expect(chat.counter).to_contain_text("1 characters too many")
    expect(chat.box).to_have_value("x" * 2001)


@pytest.mark.parametrize("path", ["queue/join", "queue/data"])
def test_after_a_connection_that_broke_once_the_page_goes_on(chat: ChatPage, page: Page, path: str) -> None:
    chat.ask("where is my parcel", "Parcels take two days.")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(path), hold, times=1)
    with page.expect_request(re.compile(path)):
        chat.say("money back")
    chat.box.fill("and when")
    held[0].abort("connectionreset")
    expect(chat.counter).to_contain_text("cannot be reached")
    expect(chat.box).to_have_value("money back\nand when")
    expect(chat.bubbles.filter(visible=True)).to_have_count(3)  # nothing looks sent that was given back
    expect(chat.counter).to_be_empty()
    if path == "queue/join":  # it was never received
        expect(chat.box).to_have_value("money back\nand when")
        chat.say("money back")
    else:
        expect(chat.box).to_have_value("and when")
    expect(chat.bubbles.nth(3)).to_have_text("money back")
    expect(chat.answers).to_have_count(3)


def test_only_an_answer_that_takes_its_time_shows_that_it_is_on_its_way(chat: ChatPage, site: Site, page: Page) -> None:
    page.evaluate("""() => {
        window.dots = 0;
        const look = () => document.querySelector("#typing")?.offsetHeight || 0;
        setInterval(() => { window.dots = Math.max(window.dots, look()); }, 10);
    }""")
    site.live.before_predicting = lambda: time.sleep(1.2)
    chat.say("where is my parcel")
    expect(chat.bubbles.last).to_have_text("where is my parcel")  # at once
    expect(chat.typing).to_be_visible()
    expect(chat.answers.last).to_have_text("Parcels take two days.")
    expect(chat.typing).to_be_hidden()
    assert page.evaluate("window.dots") > 10


def test_no_bubble_is_shown_twice_while_the_answer_is_on_its_way(chat: ChatPage, site: Site, page: Page) -> None:
    chat.ask("hm", "I am not sure I understood. Did you mean one of these?")
    page.evaluate("""() => {
        window.most = 0;
        const look = () => {
            const texts = [...document.querySelectorAll("#log .user .said")].map((each) => each.textContent);
            window.most = Math.max(window.most, texts.filter((text) => text === "where is my parcel").length);
        };
        new MutationObserver(look).observe(document.querySelector("#log"), { childList: true, subtree: true });
    }""")
    site.live.before_predicting = lambda: time.sleep(0.3)
    chat.ask("where is my parcel", "Parcels take two days.")
    assert page.evaluate("window.most") == 1


def test_while_the_model_is_swapped_a_message_waits_and_is_answered(chat: ChatPage, site: Site) -> None:
    def swap() -> None:
        site.live.says["where is my parcel"] = (("refund", 0.99),)  # the version that is live from now on
        time.sleep(0.6)

    site.live.before_predicting = swap
    chat.ask("where is my parcel", "We refund within five days.")
    expect(chat.notice).to_have_count(0)
    site.live.version = "v1"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    migrate(url)
    engine = open_engine(url)
    store = Store(engine)
    with store.unit() as uow:
        for intent in INTENTS:
            uow.intents.add(intent, "seed")
    yield store
    engine.dispose()


@pytest.mark.slow
def test_a_restart_of_the_server_loses_neither_the_conversation_nor_the_message_and_the_desk_comes_back(
    chromium: BrowserContext, shop: Store
) -> None:
    live = FakeLive(says={"where is my parcel": (("delivery", 0.95),)})
    chromium.clear_cookies()
    page, other = chromium.new_page(), chromium.new_page()
    Operators(shop, CHEAP_HASHER).create("ann", PASSWORD)
    apps = [build_app(shop, live, Operators(shop, CHEAP_HASHER)) for _ in range(2)]
    with ExitStack() as first:
        address = first.enter_context(serving(apps[0]))
        chat = ChatPage(page, address).open().ask("where is my parcel", "Parcels take two days.")
        elsewhere = Chat(shop, live)
        elsewhere.reply(elsewhere.start().conversation_id, "hm")
        inbox = Desk(other, address).sign_in("ann", PASSWORD).inbox
    expect(other.get_by_role("alert")).to_contain_text("The server cannot be reached")
    chat.box.fill("where is my parcel")
    chat.box.press("Enter")
    expect(chat.counter).to_contain_text("cannot be reached")
    expect(chat.box).to_have_value("where is my parcel")
    chat.box.press("End")
    chat.box.press_sequentially(" now")
    with serving(apps[1], int(address.rsplit(":", 1)[1])):
        expect(chat.counter).to_be_empty()  # reconnected by itself
        expect(chat.box).to_have_value("where is my parcel now")
        expect(chat.bubbles).to_have_text([re.compile("Hello"), "where is my parcel", "Parcels take two days."])
        chat.say("where is my parcel")
        expect(chat.bubbles).to_have_count(5)
        expect(chat.answers.last).to_have_text("Parcels take two days.")
        page.close()
        other.bring_to_front()
        expect(other.get_by_text("cannot be reached")).to_have_count(0)  # loaded anew by itself
        inbox.confirm.click()
        expect(inbox.status).to_contain_text("Confirmed")
        other.close()


def test_suggestions_comments_and_copies(chat: ChatPage, page: Page, site: Site) -> None:
    chat.ask("where is my parcel", "Parcels take two days.")
    page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
    page.locator("#log .copy").last.click()
    expect(page.locator("#log .copy").last).to_have_text("Copied")
    assert page.evaluate("window.copied") == "Parcels take two days."
    chat.suggestions.get_by_text("Refund").or_(chat.suggestions.filter(has_text="Refund")).first.click()
    expect(chat.bubbles.nth(3)).to_have_text("Refund")
    expect(chat.answers.last).to_have_text("We refund within five days.")
    chat.rate("No")
    chat.commenting.get_by_label("What did you want?").fill("an exchange")
    chat.commenting.get_by_role("button", name="Tell us").click()
    expect(chat.notice).to_contain_text("Thank you")
    expect(chat.commenting).to_be_hidden()
    with site.store.unit(read_only=True) as uow:
        (talk,) = {message.conversation_id for message in uow.inbox.page(QUEUE, "need", 10, 0)}
        assert list(uow.people.comments(talk).values()) == ["an exchange"]


@pytest.mark.parametrize("pressed", ["Refund", "No"])
def test_what_is_pressed_under_an_answer_is_meant_for_that_answer_whatever_another_tab_has_said_since(
    chat: ChatPage, page: Page, site: Site, pressed: str
) -> None:
    site.live.says["money back"] = (("refund", 0.95), ("delivery", 0.03))
    chat.ask("where is my parcel", "Parcels take two days.")
    second = page.context.new_page()
    second.add_init_script("window.BroadcastChannel = undefined")  # the first has not heard of it yet
    second.goto(chat.address + "/")
    other = ChatPage(second, chat.address).wait()
    other.ask("money back", "We refund within five days.")
    expect(other.suggestions.filter(visible=True)).to_have_text(["Delivery"])
    second.close()
    page.get_by_role("button", name=pressed, exact=True).click()
    expect(chat.notice).to_have_text(WORDS[Language.ENGLISH].stale)
    expect(chat.answers.last).to_have_text("We refund within five days.")
    expect(chat.bubbles).to_have_count(5)
    expect(chat.commenting).to_be_hidden()


def test_an_answer_is_rated_also_when_what_is_suggested_under_it_was_retired_since(chat: ChatPage, site: Site) -> None:
    chat.ask("where is my parcel", "Parcels take two days.")
    expect(chat.suggestions.filter(visible=True)).to_have_text(["Refund"])
    with site.store.unit() as uow:
        uow.intents.retire("refund")
    chat.rate("Yes")
    expect(chat.notice).to_have_text(WORDS[Language.ENGLISH].thanks)
    expect(chat.suggestions.filter(visible=True)).to_have_count(0)


def test_a_choice_whose_intent_is_merged_while_it_is_shown_is_offered_as_its_heir(
    chat: ChatPage, page: Page, site: Site
) -> None:
    chat.ask("hm", phrases.CLARIFY)
    with site.store.unit() as uow:
        uow.intents.retire("refund", into="delivery")
    page.get_by_role("button", name="Refund", exact=True).click()
    expect(chat.notice).to_have_text(WORDS[Language.ENGLISH].stale)
    chat.choose("Delivery")
    expect(chat.answers.last).to_have_text("Parcels take two days.")
