"""Turns a chat `Page` into values for Gradio's components."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from assistant.dialogue.phrases import GREETING
from assistant.domain import ConversationState
from assistant.services.views import ChatTurn, ChatView
from ui.chat_actions import Page, open_question, rateable_answer

OPTION_PLACES = 4  # up to three intents and "None of these"
THINKING = "…"


def bubbles(view: ChatView | None, *later: ChatTurn) -> list[Any]:
    """The conversation for the chat log. The log renders HTML even with Markdown off, hence the escaping."""
    turns = view.turns if view else (ChatTurn(0, "assistant", GREETING),)
    return [{"role": turn.role, "content": escape(turn.text, quote=False)} for turn in (*turns, *later)]


def draw(page: Page) -> list[Any]:
    """New values of the outputs, in the order in which `build_chat` lists them."""
    view = page.view
    question = open_question(view) if view else None
    waiting = view is not None and view.state == ConversationState.WAITING
    labels = [option.label for option in question.options][:OPTION_PLACES] if question else []
    return [
        view.conversation_id if view else gr.skip(),
        bubbles(view),
        gr.update(visible=bool(labels)),
        *(gr.update(value=label, visible=True) for label in labels),
        *(gr.update(visible=False) for _ in range(OPTION_PLACES - len(labels))),
        gr.update(visible=view is not None and rateable_answer(view) is not None),
        gr.update(visible=waiting),
        gr.update(visible=not waiting),
        gr.skip() if page.draft is None else page.draft,
        page.status.html(),
    ]


def draw_pending(view: ChatView | None, text: str) -> list[Any]:
    """The same outputs while the answer is on its way: the text stands in the log already."""
    silent = view is not None and view.state == ConversationState.WAITING
    answer = () if silent else (ChatTurn(0, "assistant", THINKING),)
    log = bubbles(view, ChatTurn(0, "user", text), *answer)
    hidden = [gr.update(visible=False)] * (OPTION_PLACES + 2)
    return [gr.skip(), log, *hidden, gr.skip(), gr.skip(), gr.skip(), ""]
