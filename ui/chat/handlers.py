"""What happens on the server when something on the customers' page is pressed, sent or looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from assistant.dialogue.front import first, spoken
from assistant.services.conversation.chat import Chat
from ui.chat.actions import Action, Customer, Page, Rated, comment, look, say, speak
from ui.chat.drawing import Drawn, Seen, draw, draw_news, draw_words, seen, together
from ui.status import Status
from ui.web.visitors import customer_of
from ui.words import WORDS, others

Outputs = list[Any]  # the customer, then parts in the order of their names


class Handlers:
    """Each finds out anew whose page it is. `before` is what this page knew, for browsers that keep no cookie.

    `open` and `switch` fill all the parts `names`, the others only those that change in a conversation: Gradio makes
    each output of an event anew, changed or not, and that is most of what an answer costs beside the model.
    """

    def __init__(self, chat: Chat, names: Sequence[str]) -> None:
        self._chat = chat
        self._names = tuple(names)
        drawn = {*draw(Page(None), first(chat.fronts), chat.fronts), "box", "sent"}
        self.changing = tuple(name for name in names if name in drawn)

    def open(self, before: Customer | None, ticket: str, request: gr.Request) -> Outputs:
        """The page is drawn for who opened it; nothing is written. Where the browser keeps no cookie for us, as Safari
        does in a frame of another site, the page keeps a `ticket` for the next one in its place."""
        customer = customer_of(request, before, self._chat.fronts, ticket or "")
        view = look(self._chat, customer)
        fronts = self._chat.fronts
        language = spoken(fronts, view.language if view else customer.language)
        drawn = together(draw_words(language, fronts), draw(Page(view), language, fronts))
        drawn["ticket"] = "" if customer.has_cookie else customer.token
        return self._filled(replace(customer, language=language), drawn, self._names)

    def say(self, before: Customer | None, text: str, request: gr.Request) -> Outputs:
        """What came of a text. The page's script shows the text itself at once."""
        customer = customer_of(request, before, self._chat.fronts)
        page = say(self._chat, customer, text)
        return self._page(customer, replace(page, view=page.view or look(self._chat, customer)), {"sent": ""})

    def tick(self, before: Customer | None, last: Seen | None, request: gr.Request) -> Outputs:
        """What came meanwhile; without news nothing is sent, so that nothing moves."""
        customer = customer_of(request, before, self._chat.fronts)
        view = look(self._chat, customer)
        if view is None or seen(view) == last:
            return [gr.skip()] * (1 + len(self.changing))
        return self._filled(customer, draw_news(view, customer.language, self._chat.fronts), self.changing)

    def comment(self, before: Customer | None, rated: Rated | None, text: str, request: gr.Request) -> Outputs:
        customer = customer_of(request, before, self._chat.fronts)
        return self._page(customer, comment(self._chat, customer, rated, text))

    def switch(self, place: int) -> Callable[..., Outputs]:
        """The handler of the button, by its place, that leads to another language."""

        def handle(before: Customer | None, request: gr.Request) -> Outputs:
            fronts = self._chat.fronts
            customer = customer_of(request, before, fronts)
            language = others(customer.language, fronts)[place]
            switched = replace(customer, language=language)
            drawn = together(draw_words(language, fronts), draw(speak(self._chat, switched), language, fronts))
            return self._filled(switched, drawn, self._names)

        return handle

    def press(self, act: Action) -> Callable[..., Outputs]:
        """The handler of a button that does `act`."""

        def handle(before: Customer | None, request: gr.Request) -> Outputs:
            customer = customer_of(request, before, self._chat.fronts)
            return self._page(customer, act(self._chat, customer))

        return handle

    def press_under(self, act: Action, *, placed: bool = True) -> Callable[..., Outputs]:
        """The same of a button that stands under what was said last: another tab may have gone on since, and a place
        among its choices means something else; one that is not `placed` there goes by what was said alone. A page from
        before a restart is not known, and taken at its word."""

        def handle(before: Customer | None, last: Seen | None, request: gr.Request) -> Outputs:
            customer = customer_of(request, before, self._chat.fronts)
            view = look(self._chat, customer)
            now = seen(view)
            if last is None or now == last or (not placed and now is not None and now[:-1] == last[:-1]):
                return self._page(customer, act(self._chat, customer))
            stale = Status(WORDS[customer.language].stale, is_problem=True)
            return self._page(customer, Page(view, status=stale))

        return handle

    def _page(self, customer: Customer, page: Page, more: Drawn | None = None) -> Outputs:
        return self._filled(customer, draw(page, customer.language, self._chat.fronts) | (more or {}), self.changing)

    def _filled(self, customer: Customer, drawn: Drawn, names: Sequence[str]) -> Outputs:
        return [customer, *(drawn.get(name, gr.skip()) for name in names)]
