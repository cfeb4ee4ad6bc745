"""What happens on the server when something on the customers' page is pressed, sent or looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from assistant.services.chat import Chat
from ui.chat_actions import Action, Customer, Page, Rated, comment, look, say, speak
from ui.chat_drawing import Drawn, draw, draw_news, draw_pending, draw_words, seen, together
from ui.visitors import customer_of
from ui.words import other

Outputs = list[Any]  # the customer, then the parts by their names
Seen = tuple[str, int, int, str]


class Handlers:
    """Each finds out anew whose page it is. `before` is what this page knew, for browsers that keep no cookie."""

    def __init__(self, chat: Chat, names: Sequence[str]) -> None:
        self._chat = chat
        self._names = tuple(names)

    def open(self, before: Customer | None, request: gr.Request) -> Outputs:
        """The page is drawn for who opened it; nothing is written."""
        customer = customer_of(request, before)
        view = look(self._chat, customer)
        language = view.language if view else customer.language
        return self._filled(
            replace(customer, language=language), together(draw_words(language), draw(Page(view), language))
        )

    def say(self, before: Customer | None, text: str, request: gr.Request) -> Iterator[Outputs]:
        """Shows the text at once, then what came of it."""
        customer = customer_of(request, before)
        view = look(self._chat, customer)
        if text.strip():
            yield self._filled(customer, draw_pending(view, text, customer.language))
        page = say(self._chat, customer, text)
        yield self._page(customer, replace(page, view=page.view or view), {"sent": ""})

    def tick(self, before: Customer | None, last: Seen | None, request: gr.Request) -> Outputs:
        """What came meanwhile; without news nothing is sent, so that nothing moves."""
        customer = customer_of(request, before)
        view = look(self._chat, customer)
        if view is None or seen(view) == last:
            return [gr.skip()] * (1 + len(self._names))
        return self._filled(customer, draw_news(view, customer.language))

    def comment(self, before: Customer | None, rated: Rated | None, text: str, request: gr.Request) -> Outputs:
        customer = customer_of(request, before)
        return self._page(customer, comment(self._chat, customer, rated, text))

    def switch(self, before: Customer | None, request: gr.Request) -> Outputs:
        """To the other language."""
        customer = customer_of(request, before)
        switched = replace(customer, language=other(customer.language))
        drawn = draw(speak(self._chat, switched), switched.language)
        return self._filled(switched, together(draw_words(switched.language), drawn))

    def press(self, act: Action) -> Callable[..., Outputs]:
        """The handler of a button that does `act`."""

        def handle(before: Customer | None, request: gr.Request) -> Outputs:
            customer = customer_of(request, before)
            return self._page(customer, act(self._chat, customer))

        return handle

    def _page(self, customer: Customer, page: Page, more: Drawn | None = None) -> Outputs:
        """In the language of the conversation, which another tab may have changed."""
        language = page.view.language if page.view else customer.language
        words = {} if language is customer.language else draw_words(language)
        return self._filled(replace(customer, language=language), together(words, draw(page, language), more or {}))

    def _filled(self, customer: Customer, drawn: Drawn) -> Outputs:
        return [customer, *(drawn.get(name, gr.skip()) for name in self._names)]
