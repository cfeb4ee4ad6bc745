"""What a customer can do and see in the chat, in their words."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from assistant.domain import Language
from ui.words import WORDS


class ChatPage:
    """The customers' chat."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.box = page.locator("#message textarea")
        self.bubbles = page.locator("#log .message .said")
        self.answers = page.locator("#log .message.bot .said")
        self.options = page.locator("#options > button")
        self.suggestions = page.locator("#suggestions > button")
        self.rating = page.locator("#rating")
        self.commenting = page.locator("#commenting")
        self.typing = page.locator("#typing")
        self.counter = page.locator("#counter")
        self.start_over = page.locator("#start-over")
        self.banner = page.locator("#banner")
        self.notice = page.locator("#notice p")
        self.person = page.locator("#person")

    def open(self) -> ChatPage:
        """Opens the page as a browser that was never here, and waits until it is alive."""
        self.page.context.clear_cookies(name="chat")
        self.page.goto(self.address + "/")
        return self.wait()

    def reload(self) -> ChatPage:
        self.page.reload()
        return self.wait()

    def wait(self) -> ChatPage:
        """Waits until the page knows who is looking."""
        expect(self.page.locator(".brand[lang]")).to_be_visible()
        expect(self.answers.first).to_be_visible()
        expect(self.box).to_be_enabled()
        return self

    def speak(self, language: Language) -> ChatPage:
        """Switches the page to that language, by the name that it has in it."""
        self.page.get_by_role("button", name=WORDS[language].language, exact=True).click()
        expect(self.page.locator("html")).to_have_attribute("lang", language.value)
        return self

    def say(self, text: str) -> ChatPage:
        """Types `text` and presses Enter; the answer is waited for by what is expected next."""
        self.box.fill(text)
        self.box.press("Enter")
        return self

    def ask(self, text: str, answer: str) -> ChatPage:
        """Says `text` and waits for `answer`."""
        self.say(text)
        expect(self.answers.last).to_have_text(answer)
        return self

    def choose(self, label: str) -> ChatPage:
        self.options.get_by_text(label, exact=True).or_(self.options.filter(has_text=label)).first.click()
        return self

    def rate(self, label: str) -> ChatPage:
        """`label` is Yes, No, or That is not what I meant."""
        self.rating.get_by_role("button", name=label, exact=True).click()
        return self
