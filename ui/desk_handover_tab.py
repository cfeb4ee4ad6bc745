"""The conversations tab: what it looks like, and which button calls which function of the hand-over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import gradio as gr

from assistant.services.handover import Handover
from assistant.services.operators import Operators
from assistant.services.views import SignedIn
from ui.attempts import attempt
from ui.desk_access import EVENT, person
from ui.desk_cards import lay_out_cards, opening
from ui.desk_drafts import keep_drafts, kept_of, turned_to
from ui.desk_handover import (
    Room,
    facts,
    hand_back,
    list_label,
    open_room,
    over_label,
    reply,
    tab_label,
    take_over,
    transcript,
    with_kept,
)
from ui.status import Status

POLL_SECONDS = 3.0
TO_REPLY = "() => document.querySelector('#reply textarea')?.focus()"
TO_END = "() => document.querySelector('#talk-words')?.scrollTo(0, 0)"  # the styles count upwards from the end


@dataclass
class Doings:
    """How often something was begun or ended on one page: a look that saw another number may lead back."""

    count: int = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        self.count += 1
        try:
            yield
        finally:
            self.count += 1


def draw(room: Room, text: str, of: str) -> list[Any]:
    """New values of the outputs: the tab, and those that `add_handover_tab` lists.

    `text` stood in the reply box and was typed for the conversation `of`.
    """
    talks = _choices(room)
    opened = room.talk.conversation_id if room.talk else None
    is_turned = room.is_sent or (opened or "") != of
    is_unsent = bool(text) and not is_turned
    taken = [text] if room.is_sent else None
    return [
        gr.update(label=tab_label(room)),
        gr.update(choices=talks, value=opened, visible=bool(talks)),
        facts(room, is_unsent),
        transcript(room.talk),
        gr.update(visible=room.is_mine or is_unsent),  # to copy what was typed
        gr.update(interactive=room.is_mine),
        gr.update(interactive=room.is_mine),
        gr.update(visible=room.can_take, value=room.take_label()),
        turned_to(room.operator, opened, [""], taken, room.said()) if is_turned else gr.skip(),
        room.status.html(),
        room.talk.operator if room.talk else None,
        _seen(room, talks, is_unsent and not room.is_mine),
    ]


def _choices(room: Room) -> list[tuple[str, str]]:
    """Who waits, and where nobody waits any more the open conversation and those in which something was not sent."""
    now = datetime.now(UTC)
    waiting = [(list_label(each, now), each.conversation_id) for each in room.waiting]
    over = [(over_label(room.talk), room.talk.conversation_id)] if room.talk and room.is_over else []
    unsent = [(over_label(talk, "not sent"), talk.conversation_id) for talk in room.kept]
    return [*waiting, *over, *unsent]


def _seen(room: Room, choices: list[tuple[str, str]], is_unsent: bool) -> list[Any]:
    """What tells one state of the room from the next; which conversation is open comes first."""
    talk = room.talk
    if talk is None:
        return [None, choices]
    return [talk.conversation_id, choices, talk.operator, talk.is_waiting, len(talk.turns), is_unsent]


def add_handover_tab(blocks: gr.Blocks, handover: Handover, operators: Operators) -> gr.Timer:
    """Adds the tab to the tabs that are open and connects it; every handler asks anew who is acting.

    Returns its clock, to be rendered outside the tabs: Gradio numbers tabs by their place among whatever lies between
    them, and a clock inside a tab stands still while another is open.
    """
    with gr.Tab("Conversations", id="conversations") as tab, gr.Row(elem_id="handover", elem_classes="shelf"):
        with gr.Column(scale=2, min_width=280, elem_id="talk-list", elem_classes="shelf-list"):
            talks = lay_out_cards("Waiting customers", "talks")
            tell_me = gr.Button("Notify me when a customer waits", size="sm", elem_id="tell-me")
        with gr.Column(scale=5, min_width=320, elem_id="talk", elem_classes="sheet"):
            status = gr.HTML("", elem_id="talk-status", js_on_load=None)
            known = gr.HTML("", elem_id="talk-facts", js_on_load=None)
            words = gr.HTML("", elem_id="talk-words", js_on_load=None)
            take = gr.Button("Take over", variant="primary", visible=False, elem_id="take-over")
            with gr.Column(visible=False, elem_id="talk-reply") as mine:
                box = gr.Textbox(
                    label="Your reply  (Shift + Enter sends it)", lines=2, max_lines=8, elem_id="reply", max_length=2000
                )
                with gr.Row(elem_classes="does"):
                    send = gr.Button("Send reply", variant="primary", elem_id="send-reply")
                    back = gr.Button("Hand back to the assistant", elem_id="hand-back")
            drafts = keep_drafts("reply", [box])
            unsent = gr.Textbox(visible="hidden", elem_id="reply-unsent")  # the page names the conversations
        holder, last, doings = gr.State(None), gr.State(None), gr.State(Doings())
    clock = gr.Timer(POLL_SECONDS, render=False)
    outputs = [
        *(tab, talks, known, words, mine, send, back, take, drafts.drawn),
        *(status, holder, last),
    ]
    typed = [box, drafts.written_for, unsent]

    def show(request: gr.Request, act: Callable[[SignedIn], Room], text: str, of: str, kept: str) -> list[Any]:
        outcome = attempt(lambda: draw(with_kept(act(person(operators, request)), handover, kept or ""), text, of))
        if isinstance(outcome, Status):
            return [gr.skip() if part is not status else outcome.html() for part in outputs]
        return outcome

    def on_open(chosen: str | None, text: str, of: str, kept: str, request: gr.Request) -> list[Any]:
        return show(request, lambda session: open_room(handover, session.name, chosen), text, of, kept)

    def on_tick(
        so_far: Doings, chosen: str | None, before: list[Any] | None, text: str, of: str, kept: str, request: gr.Request
    ) -> list[Any]:
        unchanged, seen = [gr.skip()] * len(outputs), so_far.count
        if before and chosen != before[0]:  # sent before the page had what was opened last: the next tick draws
            return [*unchanged[1:], None]
        drawn = on_open(chosen, text, of, kept, request)
        if drawn[-1] == before or so_far.count != seen:  # what was done meanwhile is answered already, or will be
            return unchanged
        drawn[outputs.index(status)] = gr.skip()  # what was said last stays to be read
        return drawn

    def do(
        so_far: Doings, request: gr.Request, act: Callable[[SignedIn], Room], text: str, of: str, kept: str
    ) -> list[Any]:
        with so_far.one_more():
            return show(request, act, text, of, kept)

    def on_choose(so_far: Doings, chosen: str | None, text: str, of: str, kept: str, request: gr.Request) -> list[Any]:
        return do(so_far, request, lambda session: open_room(handover, session.name, chosen), text, of, kept)

    def on_take(
        so_far: Doings, chosen: str | None, instead_of: str | None, text: str, of: str, kept: str, request: gr.Request
    ) -> list[Any]:
        act = partial(take_over, handover, conversation_id=chosen, instead_of=instead_of)
        return do(so_far, request, lambda session: act(operator=session.name), text, of, kept)

    def on_reply(so_far: Doings, chosen: str | None, text: str, of: str, kept: str, request: gr.Request) -> list[Any]:
        return do(so_far, request, lambda session: reply(handover, session.name, chosen, text, of), text, of, kept)

    def on_back(so_far: Doings, chosen: str | None, text: str, of: str, kept: str, request: gr.Request) -> list[Any]:
        return do(so_far, request, lambda session: hand_back(handover, session.name, chosen), text, of, kept)

    tell_me.click(None, js="() => window.deskWaiting.ask()", **EVENT)
    told = EVENT | {"js": kept_of("reply")}
    looks = [
        blocks.load(on_open, [talks, *typed], outputs, **told),
        tab.select(on_open, [talks, *typed], outputs, **told),
        clock.tick(on_tick, [doings, talks, last, *typed], outputs, trigger_mode="once", **told),
    ]
    # What is done cancels a look that is on its way: it would lead back to what was open before.
    act: dict[str, Any] = {"outputs": outputs, "cancels": looks, **told}
    opened = talks.input(on_choose, [doings, talks, *typed], **act | opening(talks) | {"js": told["js"]})
    take.click(on_take, [doings, talks, holder, *typed], **act).then(None, None, None, js=TO_REPLY, **EVENT)
    gr.on([send.click, box.submit], on_reply, [doings, talks, *typed], **act)
    handed = back.click(on_back, [doings, talks, *typed], **act)
    for another in (opened, handed):
        another.then(None, None, None, js=TO_END, **EVENT)
    return clock
