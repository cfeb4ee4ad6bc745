"""Turns a chat `Page` into new values of the page's parts, by their names."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from assistant.dialogue.front import FRONTS, Fronts
from assistant.dialogue.languages import PHRASES
from assistant.domain import ConversationState, Language
from assistant.services.conversation.suggestions import MOST
from assistant.services.views import ChatTurn, ChatView, Option
from ui.chat.actions import Page, open_question, rateable_answer
from ui.chat.links import linked
from ui.words import WORDS, Words, others

OPTION_PLACES = 4  # up to three intents and "None of these"
SUGGESTION_PLACES = MOST
Drawn = dict[str, Any]
Seen = tuple[str, int, int, str, tuple[str | None, ...]]


def brand(language: Language, fronts: Fronts) -> str:
    """The head of the page. Its `lang` is what the page's script goes by."""
    front = fronts[language]
    return f'<div class="brand" lang="{language}"><h1>{escape(front.title)}</h1><p>{escape(front.tagline)}</p></div>'


def bubbles(view: ChatView | None, language: Language, fronts: Fronts = FRONTS) -> list[Any]:
    """The conversation for the chat log. The log renders HTML even with Markdown off, hence the escaping."""
    greeting = ChatTurn(0, "assistant", fronts[language].greeting)
    turns = view.turns if view else (greeting,)
    return [{"role": turn.role, "content": _bubble(turn, WORDS[language])} for turn in turns]


def _bubble(turn: ChatTurn, words: Words) -> str:
    """Who says it, visibly only for a colleague; the text, ours with links; and a button that copies an answer."""
    speaker = words.you if turn.role == "user" else words.colleague if turn.by_person else words.assistant
    look = "who person" if turn.by_person else "who"
    copied = turn.is_answer or turn.by_person
    button = f'<button type="button" class="copy">{escape(words.copy)}</button>' if copied else ""
    said = escape(turn.text, quote=False) if turn.role == "user" else linked(turn.text)
    text = f'<span class="said">{said}</span>'
    return f'<span class="{look}">{escape(speaker)}</span>{text}{button}'


def draw(page: Page, language: Language, fronts: Fronts = FRONTS) -> Drawn:
    """The whole page but its fixed words; what it leaves out stays as it is."""
    view = page.view
    question = open_question(view) if view else None
    waiting = view is not None and view.state is ConversationState.WAITING
    drawn: Drawn = {
        "log": bubbles(view, language, fronts),
        **_buttons("option", "options", question.options if question else (), OPTION_PLACES),
        **_buttons("suggestion", "suggestions", view.turns[-1].suggestions if view else (), SUGGESTION_PLACES),
        "rating": gr.update(visible=view is not None and rateable_answer(view) is not None),
        "commenting": gr.update(visible=page.rated is not None),
        "banner": gr.update(visible=waiting),
        "person": gr.update(visible=not waiting),
        "start_over": gr.update(visible=view is not None),
        "notice": page.status.html(),
        "clock": gr.Timer(active=waiting),
        "rated": page.rated,
        "seen": seen(view),
    }
    if page.rated is None:
        drawn["comment"] = ""
    if page.draft is not None:
        drawn["box"] = page.draft
    return drawn


def draw_news(view: ChatView, language: Language, fronts: Fronts = FRONTS) -> Drawn:
    """What a colleague or another tab added meanwhile; what the customer is typing is left alone."""
    kept = ("box", "notice", "commenting", "comment", "rated")
    return {name: value for name, value in draw(Page(view), language, fronts).items() if name not in kept}


def draw_words(language: Language, fronts: Fronts = FRONTS) -> Drawn:
    """The fixed words of the page."""
    words = WORDS[language]
    return {
        "brand": brand(language, fronts),
        "person": gr.update(value=words.person),
        "typing": typing(language),
        "banner": gr.update(value=banner(language)),
        "suggestions_label": line(words.suggestions),
        "rating_label": line(words.helpful),
        "helpful": gr.update(value=words.yes),
        "unhelpful": gr.update(value=words.no),
        "not_meant": gr.update(value=words.not_meant),
        "comment": gr.update(label=words.comment, placeholder=words.comment),
        "comment_send": gr.update(value=words.comment_send),
        "comment_skip": gr.update(value=words.comment_skip),
        "box": gr.update(label=words.message, placeholder=words.placeholder),
        "send": gr.update(value=words.send),
        "start_over": gr.update(value=words.start_over),
        **{
            f"language-{place}": gr.update(value=WORDS[other].language)
            for place, other in enumerate(others(language, fronts))
        },
    }


def together(*parts: Drawn) -> Drawn:
    """Several drawings as one; updates of the same part are joined, a plain value becomes its `value`."""
    drawn: Drawn = {}
    for part in parts:
        for name, value in part.items():
            before = drawn.get(name)
            if isinstance(before, dict) and before.get("__type__") == "update":
                fresh = value if isinstance(value, dict) else {"value": value}
                drawn[name] = {**before, **fresh}
            else:
                drawn[name] = value
    return drawn


def seen(view: ChatView | None) -> Seen | None:
    """What tells one state of a conversation, and of what can be pressed in it, from the next."""
    if view is None:
        return None
    last = view.turns[-1]
    offered = tuple(option.intent for option in (*last.options, *last.suggestions))
    return view.conversation_id, len(view.turns), last.message_id, view.state.value, offered


def line(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def typing(language: Language) -> str:
    """Three dots; the style sheet shows them only when the answer takes longer than a moment."""
    return f'<p class="dots"><span>{escape(WORDS[language].typing)}</span><i></i><i></i><i></i></p>'


def banner(language: Language) -> str:
    return f'<p role="status">{escape(PHRASES[language].WAITING)}</p>'


def _buttons(name: str, row: str, options: tuple[Option, ...], places: int) -> Drawn:
    """The first `places` options on the buttons of a row; without any the row is gone."""
    shown = {
        f"{name}-{place}": gr.update(value=option.label, visible=True, elem_classes=[] if option.intent else ["none"])
        for place, option in enumerate(options[:places])
    }
    hidden = {f"{name}-{place}": gr.update(visible=False) for place in range(len(shown), places)}
    return {row: gr.update(visible=bool(shown)), **shown, **hidden}
