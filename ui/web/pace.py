"""How often one visitor, and one address, may send something: nobody alone fills the queue that all wait in."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from math import ceil
from time import monotonic

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.dialogue.front import Fronts
from ui.web.sign_ins import network_of
from ui.web.visitors import language_of, token_of
from ui.words import WORDS


class Pace:
    """A token bucket for each key: `burst` at once, `per_second` in the long run.

    Not of a library: the keeping in memory of `limits` starts a thread to forget what is over, and goes by a clock that
    can be set. For the event loop's thread only. What it remembers is bounded by what came in `burst / per_second`
    seconds. `now` gives seconds of any clock that does not go back, by default the system's.
    """

    def __init__(self, burst: int, per_second: float, now: Callable[[], float] | None = None) -> None:
        self._burst, self._per_second, self._now = burst, per_second, now or monotonic
        self._full_at: dict[str, float] = {}  # when the bucket of a key is full again; those who came last stand last

    def wait(self, key: str) -> float:
        """Counts one more from `key` and gives 0, or, counting nothing, the seconds until there is room for it."""
        now = self._now()
        self._forget(now)
        full_at = max(now, self._full_at.get(key, now)) + 1 / self._per_second
        wait = full_at - now - self._burst / self._per_second
        if wait > 1e-9:
            return wait
        self._full_at.pop(key, None)
        self._full_at[key] = full_at
        return 0.0

    def _forget(self, now: float) -> None:
        while self._full_at:
            key = next(iter(self._full_at))
            if self._full_at[key] > now:
                return
            del self._full_at[key]


class Paced:
    """Answers 429, as Gradio's pages read it, to what the chat's page sends sooner than its visitor or address may.

    A visitor is a browser by its cookie; those at one address that send none count as one. Who waits for each answer
    before the next message, be it a program, is hardly ever as fast; who does not, cannot fill the queue
    (`QUEUE_LENGTH` of `ui.chat.page`) alone, and an address, which may be that of a whole office, cannot either.
    """

    def __init__(self, app: ASGIApp, fronts: Fronts) -> None:
        self.app, self._fronts = app, fronts
        self._visitors = Pace(burst=30, per_second=30)
        self._addresses = Pace(burst=60, per_second=60)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait = 0.0
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].endswith("/queue/join"):
            wait = self._wait(HTTPConnection(scope))
        if not wait:
            await self.app(scope, receive, send)
            return
        text = WORDS[language_of(HTTPConnection(scope), self._fronts)].too_fast
        headers = {"Retry-After": str(ceil(wait))}
        await JSONResponse({"detail": text}, HTTPStatus.TOO_MANY_REQUESTS, headers)(scope, receive, send)

    def _wait(self, connection: HTTPConnection) -> float:
        # The visitor first: one who floods uses up nothing of what is there for the others at the address.
        address = network_of(connection)
        return self._visitors.wait(token_of(connection) or f"at {address}") or self._addresses.wait(address)
