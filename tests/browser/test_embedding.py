"""The chat in a page of the shop: behind a button, along from page to page, and nowhere that nobody named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from assistant.services.accounts.operators import Operators
from assistant.services.conversation.handover import Handover
from assistant.store import Store, migrate, open_engine
from tests.browser.conftest import INTENTS
from tests.browser.serving import CHEAP_HASHER, build_app, serving
from tests.fakes import FakeLive

pytestmark = pytest.mark.browser

# A shop that is strict: its own policy allows no style element, no script but ours, and nobody to use the clipboard.
ABROAD = "www.shop.localhost"  # another site for browsers than 127.0.0.1, and one that they find without asking
STRICT = "default-src 'none'; script-src {chat}; frame-src {chat}"


@contextmanager
def shop() -> Iterator[tuple[int, dict[str, str]]]:
    """A web server of pages; yields its port, and the elements of its pages' body by the path, where a whole page may
    stand, which has no policy then."""
    bodies: dict[str, str] = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = bodies.get(self.path, "")
            is_whole = body.startswith("<!doctype")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", "" if is_whole else bodies.get("policy", ""))
            self.send_header("Permissions-Policy", "" if is_whole else "clipboard-write=()")
            self.end_headers()
            head = "" if is_whole else '<!doctype html><html lang="en"><title>A shop</title><h1>Kettles</h1>'
            self.wfile.write(f"{head}{body}".encode())

        def log_message(self, format: str, *args: object) -> None:
            """Not among the output of the tests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, bodies
        server.shutdown()


@dataclass(frozen=True)
class Shop:
    """A shop's pages /kettles and /toasters with the chat, /desk with the desk in a frame, and the chat's store."""

    port: int
    chat: str
    store: Store
    live: FakeLive
    bodies: dict[str, str]

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    url = f"sqlite:///{tmp_path_factory.mktemp('embedded') / 'shop.db'}"
    migrate(url)
    engine = open_engine(url)
    store, live = Store(engine), FakeLive()
    live.says = {"where is my parcel": (("delivery", 0.95), ("refund", 0.03))}
    with store.unit() as uow:
        for intent in INTENTS:
            uow.intents.add(intent, "seed")
    with shop() as (port, bodies), pytest.MonkeyPatch.context() as patch:
        patch.setattr("ui.chat.page.POLL_SECONDS", 0.5)
        sites = [f"http://{host}:{port}" for host in ("127.0.0.1", ABROAD)]
        app = build_app(store, live, Operators(store, CHEAP_HASHER), sites=sites)
        with serving(app) as address:
            script = f'<script src="{address}/embed.js" async></script>'
            bodies.update({"/kettles": script, "/toasters": script + script, "policy": STRICT.format(chat=address)})
            bodies["/desk"] = f'<iframe src="{address}/login"></iframe>'
            yield Shop(port, address, store, live, bodies)
    engine.dispose()


@pytest.fixture
def page(chromium: BrowserContext, embedded: Shop) -> Iterator[Page]:
    chromium.clear_cookies()
    page = chromium.new_page()
    page.set_viewport_size({"width": 1200, "height": 850})
    yield page
    page.close()


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title=Support]")


def opened(page: Page, embedded: Shop, host: str = "127.0.0.1") -> FrameLocator:
    page.goto(embedded.url("/kettles", host))
    page.get_by_role("button", name="Support").click()
    expect(frame_of(page).locator("#log .bot .said")).to_have_count(1)
    return frame_of(page)


def drawn(page: Page, embedded: Shop, body: str, head: str = "") -> None:
    """Opens a page of the shop that has no policy of its own; `SCRIPT` stands for the element that loads the chat."""
    html = f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>"
    embedded.bodies["/drawn"] = html.replace("SCRIPT", f'<script src="{embedded.chat}/embed.js"></script>')
    page.goto(embedded.url("/drawn"))


def ask(chat: FrameLocator, text: str, answer: str) -> None:
    expect(chat.locator(".brand[lang]")).to_be_visible()  # what is typed before the page is alive is not sent
    chat.locator("#message textarea").fill(text)
    chat.locator("#message textarea").press("Enter")
    expect(chat.locator("#log .bot .said").last).to_have_text(answer)


def test_a_page_loads_nothing_of_the_chat_before_somebody_opens_it(page: Page, embedded: Shop) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(embedded.url("/kettles"))
    expect(page.get_by_role("button", name="Support")).to_have_attribute("aria-expanded", "false")
    assert asked == [embedded.url("/kettles"), f"{embedded.chat}/embed.js"]


def test_the_chat_answers_in_a_page_and_goes_along_to_the_next(page: Page, embedded: Shop) -> None:
    ask(opened(page, embedded), "where is my parcel", "Parcels take two days.")
    page.goto(embedded.url("/toasters"))  # which loads the script twice
    expect(page.get_by_role("button")).to_have_count(1)
    expect(frame_of(page).locator("#log .user .said")).to_have_text("where is my parcel")
    expect(frame_of(page).locator("#log .bot .said").last).to_be_visible()
    page.get_by_role("button", name="Close the chat").click()
    expect(page.locator("iframe")).to_be_hidden()
    page.goto(embedded.url("/kettles"))
    expect(page.get_by_role("button", name="Support")).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".dot")).to_be_hidden()  # all of it has been seen


def test_where_the_browser_keeps_no_cookie_for_us_the_chat_goes_along_all_the_same(
    page: Page, embedded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.web.visitors.set_cookie", lambda *given, **named: "none=; Max-Age=0")  # as good as Safari
    ask(opened(page, embedded), "where is my parcel", "Parcels take two days.")
    assert "chat" not in {cookie["name"] for cookie in page.context.cookies()}
    page.goto(embedded.url("/toasters"))
    expect(frame_of(page).locator("#log .user .said")).to_have_text("where is my parcel")
    ask(frame_of(page), "where is my parcel", "Parcels take two days.")
    page.goto(embedded.url("/kettles"))
    expect(frame_of(page).locator("#log .user .said")).to_have_count(2)
    other = page.context.new_page()  # another tab has nothing of it
    expect(opened(other, embedded).locator("#log .user .said")).to_have_count(0)
    other.close()


def test_the_chat_goes_along_in_pages_of_another_site(page: Page, embedded: Shop) -> None:
    """The server hears of no TLS here, as behind a proxy that does not tell of it."""
    ask(opened(page, embedded, ABROAD), "where is my parcel", "Parcels take two days.")
    page.goto(embedded.url("/toasters", ABROAD))
    expect(frame_of(page).locator("#log .user .said")).to_have_text("where is my parcel")


def test_an_answer_is_copied_where_the_page_keeps_its_frames_from_the_clipboard(page: Page, embedded: Shop) -> None:
    frame = opened(page, embedded)
    ask(frame, "where is my parcel", "Parcels take two days.")
    frame.locator("#log .copy").last.click()
    expect(frame.locator("#log .copy").last).to_have_text("Copied")
    frame.locator("#message textarea").click()
    page.keyboard.press("Control+V")
    expect(frame.locator("#message textarea")).to_have_value("Parcels take two days.")


def test_the_keyboard_opens_and_closes_it(page: Page, embedded: Shop) -> None:
    page.goto(embedded.url("/kettles"))
    page.get_by_role("button", name="Support").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    box = frame_of(page).locator("#message textarea")
    expect(box).to_be_focused()
    box.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()
    page.keyboard.press("Enter")  # the focus is back on the button
    expect(box).to_be_visible()


def test_the_chat_that_goes_along_takes_nobody_out_of_a_field_of_the_page(page: Page, embedded: Shop) -> None:
    opened(page, embedded)
    drawn(page, embedded, "<input aria-label=Search autofocus>SCRIPT")
    box, search = frame_of(page).locator("#message textarea"), page.get_by_label("Search")
    expect(frame_of(page).locator(".brand[lang]")).to_be_visible()
    page.wait_for_timeout(500)  # for the chat's script, which sees no sooner that the page is there
    page.keyboard.type("kettle")
    expect(search).to_have_value("kettle")
    for button in ("Close the chat", "Support"):
        page.get_by_role("button", name=button).click()
    expect(box).to_be_focused()
    page.keyboard.type("hello")
    expect(box).to_have_value("hello")


def test_who_comes_back_to_a_page_that_the_browser_kept_finds_the_chat_as_they_left_it(
    page: Page, embedded: Shop
) -> None:
    """The browser keeps none while it is driven, so the page is told that it was one."""
    page.goto(embedded.url("/kettles"))
    page.get_by_role("button", name="Support").wait_for()
    page.evaluate("""() => {
        sessionStorage.setItem("support-chat", JSON.stringify({ begun: true, open: true, seen: 1 }));
        dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    }""")
    expect(page.get_by_role("button", name="Close the chat")).to_be_visible()
    frame = frame_of(page)
    expect(frame.locator("#log .bot .said")).to_have_count(1)
    page.frames[1].wait_for_function("sessionStorage.getItem('chat-draft')")  # the script is at work
    page.get_by_role("button", name="Close the chat").click()
    loaded_anew = "() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); }"
    with page.expect_event("framenavigated"):
        page.frames[1].evaluate(loaded_anew)
    frame.locator(".brand[lang]").wait_for(state="attached")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Support").click()
    box = frame.locator("#message textarea").bounding_box()
    assert box is not None
    assert box["height"] < 60  # of one line: it was measured while nobody saw it


def test_the_chat_is_not_on_the_paper_of_a_page(page: Page, embedded: Shop) -> None:
    opened(page, embedded)
    page.emulate_media(media="print")
    expect(page.locator("iframe")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)


def test_what_a_person_writes_while_the_chat_is_closed_shows_at_the_button(page: Page, embedded: Shop) -> None:
    desk = Handover(embedded.store)
    frame = opened(page, embedded)
    ask(frame, "where is my parcel", "Parcels take two days.")
    frame.locator("#person").click()
    expect(frame.locator("#banner")).to_be_visible()
    page.get_by_role("button", name="Close the chat").click()
    expect(page.locator(".dot")).to_be_hidden()
    (waiting,) = [each.conversation_id for each in desk.waiting()]
    desk.take_over(waiting, "ann")
    desk.reply(waiting, "I have found it.", "ann")
    expect(page.locator(".dot")).to_be_visible()
    expect(page.get_by_role("button")).to_have_accessible_name("Support: new message")  # for who does not see the dot
    page.get_by_role("button", name="Support").click()
    expect(page.locator(".dot")).to_be_hidden()
    expect(frame.locator("#log .bot .said").last).to_have_text("I have found it.")


@pytest.mark.parametrize("width", [390, 1200])
def test_the_button_covers_nothing_of_the_open_chat(page: Page, embedded: Shop, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 780})
    frame = opened(page, embedded)
    send, close = (
        frame.locator("#send").bounding_box(),
        page.get_by_role("button", name="Close the chat").bounding_box(),
    )
    assert send is not None
    assert close is not None
    assert send["y"] + send["height"] <= close["y"]
    assert close["y"] + close["height"] <= 780


def test_who_holds_a_phone_sideways_sees_the_box_under_an_answer(page: Page, embedded: Shop) -> None:
    page.set_viewport_size({"width": 667, "height": 320})
    frame = opened(page, embedded)
    ask(frame, "where is my parcel", "Parcels take two days.")
    expect(frame.locator("#rating")).to_be_visible()
    send, around = frame.locator("#send").bounding_box(), page.locator("iframe").bounding_box()
    close = page.get_by_role("button", name="Close the chat").bounding_box()
    assert send is not None
    assert around is not None
    assert close is not None
    assert around["y"] <= send["y"]
    assert send["y"] + send["height"] <= around["y"] + around["height"] <= 320
    assert around["x"] + around["width"] <= close["x"]


def test_a_site_that_nobody_named_shows_neither_chat_nor_desk(page: Page, embedded: Shop) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(embedded.url("/kettles", host="localhost"))
    page.get_by_role("button", name="Support").click()
    page.wait_for_timeout(500)
    assert any("frame-ancestors" in text for text in refused)
    refused.clear()
    page.goto(embedded.url("/desk"))
    page.wait_for_timeout(500)
    assert any("frame-ancestors" in text or "X-Frame-Options" in text for text in refused)


def test_two_scripts_before_the_body_make_one_button(page: Page, embedded: Shop) -> None:
    drawn(page, embedded, "<h1>Kettles</h1>", "SCRIPTSCRIPT")
    expect(page.get_by_role("button", name="Support")).to_have_count(1)


@pytest.mark.parametrize(
    "rule", ["div:empty { display: none }", "body > div { opacity: 0 }", "html > div { opacity: 0 }"]
)
def test_no_rule_of_the_page_hides_the_button(page: Page, embedded: Shop, rule: str) -> None:
    drawn(page, embedded, "<h1>Kettles</h1>SCRIPT", f"<style>{rule}</style>")
    expect(page.get_by_role("button", name="Support")).to_be_visible()
    assert page.locator("[data-support-chat]").evaluate("host => getComputedStyle(host).opacity") == "1"


@pytest.mark.parametrize("rule", ["filter: grayscale(1)", "transform: translateX(0)"])
def test_the_button_stands_in_the_corner_of_the_window_however_the_page_is_drawn(
    page: Page, embedded: Shop, rule: str
) -> None:
    drawn(page, embedded, "<main style='height: 3000px'>Kettles</main>SCRIPT", f"<style>body {{ {rule} }}</style>")
    expect(page.get_by_role("button", name="Support")).to_be_in_viewport()
    page.get_by_role("button", name="Support").click()
    expect(frame_of(page).locator("#send")).to_be_in_viewport(ratio=1)


def test_the_button_takes_no_part_in_the_layout_of_the_page(page: Page, embedded: Shop) -> None:
    column = (
        "<style>body { display: flex; flex-direction: column; justify-content: space-between; height: 600px }</style>"
    )
    drawn(page, embedded, "<main>Kettles</main><footer>Terms</footer>SCRIPT", column)
    expect(page.get_by_role("button", name="Support")).to_be_visible()
    assert page.locator("footer").evaluate("footer => footer.getBoundingClientRect().bottom") > 600


def test_a_page_that_draws_itself_anew_leaves_the_open_chat_as_it_is(page: Page, embedded: Shop) -> None:
    drawn(page, embedded, "<h1>Kettles</h1>SCRIPT")
    page.get_by_role("button", name="Support").click()
    expect(frame_of(page).locator("#log .bot .said")).to_have_count(1)
    page.frames[1].evaluate("() => { window.isTheSame = true; }")
    page.evaluate("document.body = document.createElement('body')")
    page.wait_for_timeout(500)
    assert page.frames[1].evaluate("window.isTheSame")


@pytest.mark.parametrize("act", ["document.body = document.createElement('body')", "document.body.innerHTML = ''"])
def test_a_page_that_draws_itself_anew_keeps_the_button(page: Page, embedded: Shop, act: str) -> None:
    drawn(page, embedded, "<h1>Kettles</h1>", "SCRIPT")
    expect(page.get_by_role("button", name="Support")).to_be_visible()
    for _ in range(2):
        page.evaluate(act)
        expect(page.get_by_role("button", name="Support")).to_be_visible()
        page.evaluate("document.body.append('Toasters')")
