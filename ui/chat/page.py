"""The customers' page: what it looks like."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.dialogue.front import Fronts, first
from assistant.domain import Language
from assistant.services.conversation.chat import Chat
from ui.chat.drawing import OPTION_PLACES, SUGGESTION_PLACES, banner, bubbles, line, typing
from ui.chat.wiring import wire
from ui.web.page import Page
from ui.words import WORDS, others

QUEUE_LENGTH = 64  # beyond it the page says that we are busy
POLL_SECONDS = 2.0  # while a person is asked for; the assistant's answers need no polling
WAITING_BRAND = '<div class="brand"></div>'

Parts = dict[str, Any]


def build_chat(chat: Chat) -> gr.Blocks:
    """The page. Only the browser's token tells whose conversation it is; the conversation lives in the store.

    It is drawn in the first language until it knows who is looking, which its style sheet waits for.
    """
    start = first(chat.fronts)
    blocks = Page(title=chat.fronts[start].title, analytics_enabled=False, fill_height=True)
    with blocks:
        parts = {**_head(start, chat.fronts), **_choices(start), **_composer(start, chat.fronts)}
        parts["seen"] = gr.State(None)
        parts["rated"] = gr.State(None)
        parts["clock"] = gr.Timer(POLL_SECONDS, active=False)
        wire(blocks, parts, chat)
    blocks.queue(max_size=QUEUE_LENGTH, api_open=False)
    return blocks


def _head(start: Language, fronts: Fronts) -> Parts:
    words = WORDS[start]
    parts: Parts = {}
    with gr.Row(elem_id="top"):
        parts["brand"] = gr.HTML(WAITING_BRAND, js_on_load=None)
        parts["person"] = gr.Button(words.person, elem_id="person", size="sm", scale=0)
    parts["log"] = gr.Chatbot(
        bubbles(None, start, fronts),
        label=words.conversation,
        show_label=False,
        container=False,
        elem_id="log",
        height=None,
        render_markdown=False,
        latex_delimiters=[],
        group_consecutive_messages=False,
        feedback_options=None,
        allow_file_downloads=False,
        buttons=[],
        layout="bubble",
    )
    parts["typing"] = gr.HTML(typing(start), elem_id="typing", js_on_load=None)
    return parts


def _choices(start: Language) -> Parts:
    """What can be pressed below the conversation; at most some of it is there at a time."""
    words = WORDS[start]
    parts: Parts = {}
    parts["banner"] = gr.HTML(banner(start), visible=False, elem_id="banner", js_on_load=None)
    with gr.Row(visible=False, elem_id="options") as parts["options"]:
        parts |= _buttons("option", OPTION_PLACES)
    with gr.Row(visible=False, elem_id="rating") as parts["rating"]:
        parts["rating_label"] = gr.HTML(line(words.helpful), js_on_load=None)
        parts["helpful"] = gr.Button(words.yes, elem_id="thumbs-up", size="sm", scale=0)
        parts["unhelpful"] = gr.Button(words.no, elem_id="thumbs-down", size="sm", scale=0)
        parts["not_meant"] = gr.Button(words.not_meant, elem_id="not-meant", size="sm", scale=0)
    with gr.Row(visible=False, elem_id="suggestions") as parts["suggestions"]:
        parts["suggestions_label"] = gr.HTML(line(words.suggestions), js_on_load=None)
        parts |= _buttons("suggestion", SUGGESTION_PLACES)
    with gr.Row(visible=False, elem_id="commenting") as parts["commenting"]:
        parts["comment"] = gr.Textbox(
            label=words.comment,
            placeholder=words.comment,
            container=False,
            max_lines=3,
            elem_id="comment",
        )
        parts["comment_send"] = gr.Button(words.comment_send, elem_id="comment-send", size="sm", scale=0)
        parts["comment_skip"] = gr.Button(words.comment_skip, elem_id="comment-skip", size="sm", scale=0)
    parts["notice"] = gr.HTML("", elem_id="notice", js_on_load=None)
    return parts


def _buttons(name: str, places: int) -> Parts:
    return {
        f"{name}-{place}": gr.Button("", visible=False, elem_id=f"{name}-{place}", size="sm", scale=0)
        for place in range(places)
    }


def _composer(start: Language, fronts: Fronts) -> Parts:
    words = WORDS[start]
    parts: Parts = {}
    with gr.Row(elem_id="composer"):
        parts["box"] = gr.Textbox(
            label=words.message,
            container=False,
            placeholder=words.placeholder,
            lines=1,
            max_lines=6,
            elem_id="message",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="send"),
        )
        parts["send"] = gr.Button(words.send, variant="primary", elem_id="send", scale=0)
    with gr.Row(elem_id="foot"):
        # Filled by the page's script, which also says there when we cannot be reached.
        gr.HTML('<p id="counter" role="status"></p>', js_on_load=None)
        parts["start_over"] = gr.Button(words.start_over, visible=False, elem_id="start-over", size="sm", scale=0)
        for place, other in enumerate(others(start, fronts)):
            parts[f"language-{place}"] = gr.Button(
                WORDS[other].language, elem_id=f"language-{place}", elem_classes="language", size="sm", scale=0
            )
    parts["sent"] = gr.Textbox(visible="hidden", elem_id="sent")
    parts["ticket"] = gr.Textbox(visible="hidden", elem_id="ticket")
    parts["news"] = gr.Button("", visible="hidden", elem_id="news")  # pressed by the page's script
    return parts
