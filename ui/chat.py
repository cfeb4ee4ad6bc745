"""The customers' page: what it looks like, and which button calls which chat action."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from assistant.dialogue.phrases import BUSY, WAITING
from assistant.domain import Signal
from assistant.services.chat import Chat
from ui.chat_actions import FAILURE, Page, ask_for_person, choose, look, rate, say
from ui.chat_drawing import OPTION_PLACES, bubbles, draw, draw_pending
from ui.status import Status

AT_ONCE = 4  # messages classified at the same time; more only take turns on the same cores
EVENT: dict[str, Any] = {
    "show_progress": "hidden",
    "concurrency_limit": AT_ONCE,
    "concurrency_id": "chat",
    "api_visibility": "private",
}
QUEUE_LENGTH = 64  # beyond it the page says that we are busy

# In the browser, at once: the text moves from the box to `sent`, so that the next one can be typed meanwhile.
# While one is on its way the box keeps its text. What could not be sent, because we are too busy, comes back.
TAKE = "(text, sent) => sent ? [sent, text] : [text, '']"
SAY_SORRY = f"() => {json.dumps(Status(FAILURE, is_problem=True).html())}"
GIVE_BACK = f"(text, sent) => ['', text || sent, {json.dumps(Status(BUSY, is_problem=True).html())}]"
HEADER = '<div class="brand"><h1>Support</h1><p>Ask about orders, delivery, returns and payments</p></div>'


def build_chat(chat: Chat) -> gr.Blocks:
    """The page. Only an id of ours stays with the browser's session; the conversation lives in the store."""
    blocks = gr.Blocks(title="Support", analytics_enabled=False, fill_height=True)
    with blocks:
        conversation = gr.State(None)
        with gr.Row(elem_id="top"):
            gr.HTML(HEADER, js_on_load=None)
            person = gr.Button("Talk to a person", elem_id="person", size="sm", scale=0)
        log = gr.Chatbot(
            bubbles(None),
            label="Conversation",
            show_label=False,
            container=False,
            elem_id="log",
            height=None,
            render_markdown=False,
            group_consecutive_messages=False,
            feedback_options=None,
            allow_file_downloads=False,
            buttons=[],
            layout="bubble",
        )
        banner = gr.HTML(f'<p role="status">{WAITING}</p>', visible=False, elem_id="banner", js_on_load=None)
        with gr.Row(visible=False, elem_id="options") as options:
            places = [
                gr.Button("", visible=False, elem_id=f"option-{place}", size="sm", scale=0)
                for place in range(OPTION_PLACES)
            ]
        with gr.Row(visible=False, elem_id="rating") as rating:
            gr.HTML("<p>Was this helpful?</p>", js_on_load=None)
            helpful = gr.Button("Yes", elem_id="thumbs-up", size="sm", scale=0)
            unhelpful = gr.Button("No", elem_id="thumbs-down", size="sm", scale=0)
            not_meant = gr.Button("That is not what I meant", elem_id="not-meant", size="sm", scale=0)
        notice = gr.HTML("", elem_id="notice", js_on_load=None)
        with gr.Row(elem_id="composer"):
            box = gr.Textbox(
                label="Your message",
                show_label=False,
                container=False,
                placeholder="Type your question …",
                lines=1,
                max_lines=6,
                elem_id="message",
                autofocus=True,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="send"),
            )
            send = gr.Button("Send", variant="primary", elem_id="send", scale=0)
        sent = gr.Textbox(visible="hidden", elem_id="sent")
        outputs = [conversation, log, options, *places, rating, banner, person, box, notice]

        def on_say(conversation_id: str | None, text: str) -> Iterator[list[Any]]:
            view = look(chat, conversation_id)
            if text.strip():
                yield [*draw_pending(view, text), gr.skip()]
            page = say(chat, conversation_id, text)
            yield [*draw(replace(page, view=page.view or view)), ""]

        taken = gr.on([box.submit, send.click], None, [box, sent], [sent, box], js=TAKE, **EVENT)
        said = taken.then(on_say, [conversation, sent], [*outputs, sent], **EVENT)
        said.failure(None, [box, sent], [sent, box, notice], js=GIVE_BACK, **EVENT)

        def wire(trigger: Any, act: Callable[[Chat, str | None], Page]) -> None:
            def handle(conversation_id: str | None) -> list[Any]:
                return draw(act(chat, conversation_id))

            done = trigger(handle, conversation, outputs, **EVENT)
            done.failure(None, None, notice, js=SAY_SORRY, **EVENT)

        wire(person.click, ask_for_person)
        for place, button in enumerate(places):
            wire(button.click, partial(choose, place=place))
        for kind, button in (
            (Signal.THUMBS_UP, helpful),
            (Signal.THUMBS_DOWN, unhelpful),
            (Signal.NOT_MEANT, not_meant),
        ):
            wire(button.click, partial(rate, kind=kind))
    blocks.queue(max_size=QUEUE_LENGTH, api_open=False)
    return blocks
