"""The conversations tab: what it looks like, and which button calls which function of the hand-over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from assistant.services.accounts.operators import Operators
from assistant.services.conversation.handover import Handover
from assistant.services.views import SignedIn
from ui.desk.access import EVENT, person
from ui.desk.attempts import attempt
from ui.desk.cards import Cards, lay_out_cards, opening
from ui.desk.drafts import keep_drafts, kept_of, turned_to
from ui.desk.handover import (
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
    """What happened on one page, kept here and not among its outputs, which reach it later than the next look may ask.

    `count` is how often something was begun or ended: a look that saw another number may lead back. `seen` is what
    the page was told last, and `is_late` whether a look has found that the page did not have it yet.
    """

    count: int = 0
    seen: list[Any] | None = None
    is_late: bool = False

    @contextmanager
    def one_more(self) -> Iterator[None]:
        self.count += 1
        try:
            yield
        finally:
            self.count += 1


def draw(room: Room, text: str, of: str) -> tuple[list[Any], list[Any]]:
    """New values of the outputs, which `add_handover_tab` lists, and what tells one state of the room from the next.

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
    ], _seen(room, talks, is_unsent and not room.is_mine)


def _choices(room: Room) -> list[tuple[str, str]]:
    """Who waits, and where nobody waits any more the open conversation and those in which something was not sent."""
    now = datetime.now(UTC)
    waiting = [(list_label(each, now), each.conversation_id) for each in room.waiting]
    over = [(over_label(room.talk), room.talk.conversation_id)] if room.talk and room.is_over else []
    unsent = [(over_label(talk, "not sent"), talk.conversation_id) for talk in room.kept]
    return [*waiting, *over, *unsent]


def _seen(room: Room, choices: list[tuple[str, str]], is_unsent: bool) -> list[Any]:
    """Which conversation is open comes first."""
    talk = room.talk
    if talk is None:
        return [None, choices]
    return [talk.conversation_id, choices, talk.operator, talk.is_waiting, len(talk.turns), is_unsent]


@dataclass(frozen=True)
class HandoverTab:
    """The components of the tab."""

    tab: gr.Tab
    outputs: list[Any]  # what `draw` fills
    looked_at: list[Any]  # doings, the open conversation, the reply, what it was typed for, and what has drafts
    status: gr.HTML
    talks: Cards
    holder: gr.State
    box: gr.Textbox
    buttons: dict[str, gr.Button]


def lay_out_handover_tab() -> HandoverTab:
    """Adds the components to the Tabs that are open."""
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
                    "",
                    label="Your reply  (Shift + Enter sends it)",
                    lines=2,
                    max_lines=8,
                    elem_id="reply",  # without a limit of its own: browsers cut off what is pasted, and say nothing
                )
                with gr.Row(elem_classes="does"):
                    send = gr.Button("Send reply", variant="primary", elem_id="send-reply")
                    back = gr.Button("Hand back to the assistant", elem_id="hand-back")
            drafts = keep_drafts("reply", [box])
            unsent = gr.Textbox(visible="hidden", elem_id="reply-unsent")  # the page names the conversations
        holder, doings = gr.State(None), gr.State(Doings())
    outputs = [tab, talks, known, words, mine, send, back, take, drafts.drawn, status, holder]
    buttons = {"tell_me": tell_me, "take": take, "send": send, "back": back}
    looked_at = [doings, talks, box, drafts.written_for, unsent]
    return HandoverTab(tab, outputs, looked_at, status, talks, holder, box, buttons)


def add_handover_tab(blocks: gr.Blocks, handover: Handover, operators: Operators) -> gr.Timer:
    """Adds the tab to the tabs that are open and connects it; every handler asks anew who is acting.

    Returns its clock, to be rendered outside the tabs: Gradio numbers tabs by their place among whatever lies between
    them, and a clock inside a tab stands still while another is open.
    """
    tab = lay_out_handover_tab()
    clock = gr.Timer(POLL_SECONDS, render=False)
    unchanged = [gr.skip()] * len(tab.outputs)

    def show(
        so_far: Doings, request: gr.Request, act: Callable[[SignedIn], Room], text: str, of: str, kept: str
    ) -> list[Any]:
        outcome = attempt(lambda: draw(with_kept(act(person(operators, request)), handover, kept or ""), text, of))
        if isinstance(outcome, Status):
            return [gr.skip() if part is not tab.status else outcome.html() for part in tab.outputs]
        drawn, so_far.seen = outcome
        return drawn

    def on_open(so_far: Doings, chosen: str | None, text: str, of: str, kept: str, request: gr.Request) -> list[Any]:
        return show(so_far, request, lambda session: open_room(handover, session.name, chosen), text, of, kept)

    def on_tick(so_far: Doings, chosen: str | None, text: str, of: str, kept: str, request: gr.Request) -> list[Any]:
        count, before = so_far.count, so_far.seen
        is_told = not before or chosen == before[0]
        so_far.is_late, was_late = not is_told, so_far.is_late
        if so_far.is_late and not was_late:  # what was opened last is on its way to the page, or to here
            return unchanged
        look = Doings()
        drawn = on_open(look, before[0] if before else chosen, text, of, kept, request)
        if (is_told and look.seen == before) or so_far.count != count:  # what was done meanwhile is or will be answered
            return unchanged
        so_far.seen = look.seen
        drawn[tab.outputs.index(tab.status)] = gr.skip()  # what was said last stays to be read
        return drawn

    def doing(act: Callable[[str, str | None, str, str], Room]) -> Callable[..., list[Any]]:
        """Answers what is done to a conversation by somebody, with a text that was typed for one."""

        def on_do(so_far: Doings, chosen: str | None, text: str, of: str, kept: str, request: gr.Request) -> list[Any]:
            with so_far.one_more():
                return show(so_far, request, lambda session: act(session.name, chosen, text, of), text, of, kept)

        return on_do

    on_choose = doing(lambda operator, chosen, *_: open_room(handover, operator, chosen))
    on_reply = doing(lambda operator, chosen, text, of: reply(handover, operator, chosen, text, of))
    on_back = doing(lambda operator, chosen, *_: hand_back(handover, operator, chosen))

    def on_take(
        instead_of: str | None,
        so_far: Doings,
        chosen: str | None,
        text: str,
        of: str,
        kept: str,
        request: gr.Request,
    ) -> list[Any]:
        act = doing(lambda operator, opened, *_: take_over(handover, operator, opened, instead_of))
        return act(so_far, chosen, text, of, kept, request)

    tab.buttons["tell_me"].click(None, js="() => window.deskWaiting.ask()", **EVENT)
    told = EVENT | {"js": kept_of("reply")}
    looks = [
        blocks.load(on_open, tab.looked_at, tab.outputs, **told),
        tab.tab.select(on_open, tab.looked_at, tab.outputs, **told),
        clock.tick(on_tick, tab.looked_at, tab.outputs, trigger_mode="once", **told),
    ]
    # What is done cancels a look that is on its way: it would lead back to what was open before.
    act: dict[str, Any] = {"outputs": tab.outputs, "cancels": looks, **told}
    opened = tab.talks.input(on_choose, tab.looked_at, **act | opening(tab.talks) | {"js": told["js"]})
    taken = tab.buttons["take"].click(on_take, [tab.holder, *tab.looked_at], **act)
    gr.on([tab.buttons["send"].click, tab.box.submit], on_reply, tab.looked_at, **act)
    handed = tab.buttons["back"].click(on_back, tab.looked_at, **act)
    taken.then(None, None, None, js=TO_REPLY, **EVENT)
    for another in (opened, handed):
        another.then(None, None, None, js=TO_END, **EVENT)
    return clock
