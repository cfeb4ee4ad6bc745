"""Page objects: what a customer and an operator can do and see, in their words."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


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
        self.language = page.locator("#language")
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


class DeskPage:
    """The operators' desk."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.heading = page.locator("#count h2")
        self.message = page.locator("#open-message")
        self.text = page.locator("#open-message blockquote")
        self.status = page.locator("#queue-status")
        self.suggestions = page.locator("#picks button")
        self.neighbours = page.locator("#neighbours tbody tr")
        self.confirm = page.locator("#confirm")
        self.skip = page.locator("#skip")
        self.undo = page.locator("#undo")
        self.versions_status = page.locator("#versions-status")
        self.live_version = page.locator("#live-version p")
        self.report = page.locator("#report")
        self.history = page.locator("#history tbody tr")

    def sign_in(self, name: str, password: str) -> DeskPage:
        """Opens the desk, which asks to sign in first."""
        self.page.goto(self.address + "/desk/")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        return self

    def wait(self) -> DeskPage:
        """Waits until the queue is drawn."""
        expect(self.heading).to_be_visible()
        return self

    def listed(self) -> Locator:
        return self.page.locator("#messages label")

    def select(self, text: str) -> DeskPage:
        """Opens the message that starts with `text`."""
        self.listed().filter(has_text=text).first.click()
        expect(self.text).to_contain_text(text)
        return self

    def correct(self, title: str) -> DeskPage:
        """Picks the intent with this title from the list and corrects the open message."""
        self.page.get_by_label("Or choose another intent").click()
        self.page.get_by_role("option", name=title).first.click()
        self.page.locator("#correct").click()
        return self

    def add_intent(self, name: str, title: str, answer: str) -> DeskPage:
        form = self.page.locator("#new-intent")
        if not form.get_by_label("Title").is_visible():
            form.get_by_role("button", name="New intent").click()
        form.get_by_label("Title").fill(title)
        form.get_by_label("Name").fill(name)
        form.get_by_label("Answer for the customer").fill(answer)
        form.locator("#add-intent").click()
        return self

    def open_versions(self) -> DeskPage:
        self.page.get_by_role("tab", name="Versions").click()
        expect(self.live_version).to_be_visible()
        return self

    def select_version(self, version_id: str) -> DeskPage:
        self.page.locator("#versions label").filter(has_text=version_id).click()
        expect(self.page.locator("#selected-version h2")).to_contain_text(version_id)
        return self

    def publish(self, reason: str) -> DeskPage:
        self.page.get_by_label("Reason").fill(reason)
        self.page.locator("#publish").click()
        return self

    def roll_back(self, reason: str) -> DeskPage:
        self.page.get_by_label("Reason").fill(reason)
        self.page.locator("#roll-back").click()
        return self
