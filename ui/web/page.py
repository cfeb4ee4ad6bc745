"""A Gradio page that makes its routes once, and whose queue knows its events."""

from __future__ import annotations

import re
from collections import Counter
from http import HTTPStatus
from time import monotonic
from typing import Any, Literal

import gradio as gr
from fastapi import HTTPException, Request
from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Event, Queue
from gradio.utils import LRUCache

from ui.web.given import checked
from ui.web.sign_ins import network_of
from ui.web.visitors import token_of

SESSION = re.compile(r"[\w-]{1,64}", re.ASCII)  # Gradio's pages make one of eleven letters and digits
LOOK_SECONDS = 0.01
MOST_UNFETCHED = 100  # by an address; half as many by one browser, so that it leaves room for others there
UNFETCHED_SECONDS = 60.0
MOST_WAITING = 32  # of what an address sent, for its turn: half of a queue


class KnownEvents(Queue):
    """Answers 404 to an event that the page does not have, which Gradio takes for a breakdown of its own, and to one
    that stays in the browser, whose inputs nobody checks. What it keeps in memory has bounds.

    Answers 429 to an address that fetches no results: Gradio keeps each, a whole conversation, until it is fetched. And
    to one of which much waits already, unless somebody has signed in there: long messages take their time, and the
    queue would be full of them. Turns go round the addresses, so that nobody waits for all that another has sent.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Gradio looks a thousand times a second for what has come, and a hundred times for progress, of which these
        # pages tell none: both pages together keep a tenth of a core busy while nobody is there.
        self.sleep_when_free = LOOK_SECONDS
        self.progress_update_sleep_when_free = 1.0
        # Where each session last asked for something, from which browser, and when.
        self._asked: LRUCache[str, tuple[str, str | None, float]] = LRUCache(self.pending_messages_per_session.max_size)

    async def push(self, body: PredictBodyInternal, request: Request, username: str | None) -> Any:
        """As `Queue.push`."""
        event = None if body.fn_index is None else self.blocks.fns.get(body.fn_index)
        if event is None or event.fn is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"This page has no event {body.fn_index}. Please reload it.")
        body.data = checked(event, body.data)
        session = body.session_hash or ""
        if not SESSION.fullmatch(session):  # kept for long, by whoever likes to send one of any length
            raise HTTPException(HTTPStatus.BAD_REQUEST, "This is no session of a page. Please reload it.")
        address, visitor = network_of(request), token_of(request)
        of_address, of_visitor = self._unfetched(address, visitor)
        if of_address >= MOST_UNFETCHED or of_visitor >= MOST_UNFETCHED // 2:
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, "Too much was asked for and not fetched. Please reload.")
        if username is None and self._waiting(address) >= MOST_WAITING:
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, "Too much waits for an answer. Please wait a moment.")
        self._forget_gone()
        pushed = await super().push(body, request, username)
        self._asked[session] = address, visitor, monotonic()
        self._take_turns(event.concurrency_id)
        return pushed

    def _waiting(self, address: str) -> int:
        lines = self.event_queue_per_concurrency_id.values()
        return sum(network_of(event.request) == address for line in lines for event in line.queue)

    def _take_turns(self, concurrency_id: str) -> None:
        """The first events of all addresses come first, then the second ones, each in the order in which they came."""
        counted: Counter[str] = Counter()

        def turn(event: Event) -> int:
            counted[address := network_of(event.request)] += 1
            return counted[address]

        self.event_queue_per_concurrency_id[concurrency_id].queue.sort(key=turn)

    def _unfetched(self, address: str, visitor: str | None) -> tuple[int, int]:
        """How many messages wait for the pages of this address, and of this visitor there: two or three for each
        event. What has waited for long is thrown away, since people close pages before they have loaded."""
        of_address, of_visitor, before = 0, 0, monotonic() - UNFETCHED_SECONDS
        for session, messages in self.pending_messages_per_session.items():
            where, who, asked_at = self._asked.get(session, ("", None, before))
            if asked_at <= before:
                while not messages.empty():
                    messages.get_nowait()
            elif where == address:
                of_address += messages.qsize()
                of_visitor += messages.qsize() if who == visitor else 0
        return of_address, of_visitor

    def _forget_gone(self) -> None:
        """Gradio forgets the results of its oldest sessions, but not what they asked for."""
        asked, kept = self.pending_event_ids_session, self.pending_messages_per_session
        if len(asked) > 2 * kept.max_size:
            for session in [each for each in asked if each not in kept]:
                del asked[session]


class Page(gr.Blocks):
    """Gradio makes the eighty routes of an application whenever a queue is set, and again when the page is mounted,
    which alone serves them. Here a queue is only a queue: a start is a second shorter."""

    def queue(
        self,
        status_update_rate: float | Literal["auto"] = "auto",
        api_open: bool | None = None,
        max_size: int | None = None,
        *,
        default_concurrency_limit: int | Literal["not_set"] | None = "not_set",
    ) -> Page:
        """As `gr.Blocks.queue`."""
        if api_open is not None:
            self.api_open = api_open
        self._queue = KnownEvents(
            live_updates=status_update_rate == "auto",
            concurrency_count=self.max_threads,
            update_intervals=1 if status_update_rate == "auto" else status_update_rate,
            max_size=max_size,
            blocks=self,
            default_concurrency_limit=default_concurrency_limit,
        )
        return self
