"""Which part of the customers' page calls which handler."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from assistant.domain import Signal
from assistant.services.conversation.chat import Chat
from ui.chat.actions import Action, ask_for_person, choose, follow, no_comment, rate, start_over
from ui.chat.drawing import OPTION_PLACES, SUGGESTION_PLACES
from ui.chat.handlers import Handlers

AT_ONCE = 4  # messages classified at the same time; more only take turns on the same cores
EVENT: dict[str, Any] = {
    "show_progress": "hidden",
    "show_progress_on": [],  # or the browser tells each part of the page about each event
    "concurrency_limit": AT_ONCE,
    "concurrency_id": "chat",
    "api_visibility": "private",
}
# Whoever only looks passes by those whose messages wait to be written, as they do during a long import.
LOOK = EVENT | {"concurrency_id": "look"}
# Functions of ui/static/chat.js. Taking the text happens at once, so that the next one can be typed meanwhile. These
# two see the log, but stay in the browser: no event that the server hears of takes it.
TAKE = "(text, sent, log) => window.chatPage.take(text, sent, log)"
GIVE_BACK = "(text, sent, log) => window.chatPage.giveBack(text, sent, log)"
DONE = "() => window.chatPage.done()"
SAY_SORRY = "() => window.chatPage.sorry()"
AGAIN = "() => window.chatPage.again()"
SETTLE = "() => window.chatPage.settle()"
# Who we are, for the next page of this tab. Both stand here whole: Gradio may open a page before that file has run.
TICKET = """(known, ticket) => {
  try { return [known, sessionStorage.getItem("chat-ticket") || ""]; } catch { return [known, ""]; }
}"""
KEEP = """(ticket) => { try { if (ticket) sessionStorage.setItem("chat-ticket", ticket); } catch {} }"""


def wire(blocks: gr.Blocks, parts: dict[str, Any], chat: Chat) -> None:
    """Connects the parts, by their names in `build_chat`."""
    handlers = Handlers(chat, list(parts))
    known = gr.State(None)
    everything = [known, *parts.values()]
    outputs = [known, *(parts[name] for name in handlers.changing)]
    box, sent, notice, log = parts["box"], parts["sent"], parts["notice"], parts["log"]

    opened = blocks.load(handlers.open, [known, parts["ticket"]], everything, js=TICKET, **LOOK)
    parts["ticket"].change(None, parts["ticket"], None, js=KEEP, **EVENT)
    opened.failure(None, None, None, js=AGAIN, **EVENT)
    taken = gr.on([box.submit, parts["send"].click], None, [box, sent, log], [sent, box, log], js=TAKE, **EVENT)
    said = taken.then(handlers.say, [known, sent], outputs, **EVENT)
    said.failure(None, [box, sent, log], [sent, box, log, notice], js=GIVE_BACK, **EVENT)
    said.then(None, None, None, js=DONE, **EVENT)
    news = [parts["clock"].tick, parts["news"].click]
    gr.on(news, handlers.tick, [known, parts["seen"]], outputs, trigger_mode="once", **LOOK)

    presses: dict[str, Action] = {
        "person": ask_for_person,
        "start_over": start_over,
        "comment_skip": no_comment,
    }
    ratings: dict[str, Action] = {
        "helpful": partial(rate, kind=Signal.THUMBS_UP),
        "unhelpful": partial(rate, kind=Signal.THUMBS_DOWN),
        "not_meant": partial(rate, kind=Signal.NOT_MEANT),
    }
    under: dict[str, Action] = {
        **{f"option-{place}": partial(choose, place=place) for place in range(OPTION_PLACES)},
        **{f"suggestion-{place}": partial(follow, place=place) for place in range(SUGGESTION_PLACES)},
    }
    rated = [known, parts["rated"], parts["comment"]]
    told = [parts["comment"].submit, parts["comment_send"].click]
    events = [parts[name].click(handlers.press(act), known, outputs, **EVENT) for name, act in presses.items()]
    shown = [known, parts["seen"]]
    events += [parts[name].click(handlers.press_under(act), shown, outputs, **EVENT) for name, act in under.items()]
    for name, act in ratings.items():
        events.append(parts[name].click(handlers.press_under(act, placed=False), shown, outputs, **EVENT))
    events.append(gr.on(told, handlers.comment, rated, outputs, **EVENT))
    for place in range(len(chat.fronts) - 1):
        events.append(parts[f"language-{place}"].click(handlers.switch(place), known, everything, **EVENT))
    for event in events:  # what failed is told; the keyboard's focus comes back from a button that is gone
        event.failure(None, None, notice, js=SAY_SORRY, **EVENT)
        event.success(None, None, None, js=SETTLE, **EVENT)
