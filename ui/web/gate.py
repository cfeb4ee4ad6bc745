"""The door of a mounted Gradio app: only the paths its pages need, and for the desk only with a session."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

# All that a Gradio page of ours asks for. Uploads, file serving, proxying, streaming, monitoring and whatever
# a later Gradio adds stay shut because they are not on this list.
OPEN_PATHS = {
    "GET": re.compile(
        r"/?|/config|/theme\.css|/(static|assets|svelte)/[\w./-]{1,200}"  # no file has a longer name
        r"|/gradio_api/(startup-events|heartbeat/\w+|queue/data)",
        re.ASCII,
    ),
    "POST": re.compile(r"/gradio_api/queue/join"),
}
# By these a Gradio page believes to be called otherwise than in Host, which was checked, and fails on what is no name.
OTHER_NAMES = (b"x-forwarded-host", b"x-gradio-server")

Who = Callable[[Request], Awaitable[str | None]]


class Gate:
    """Wraps a mounted app. With `who`, nothing at all passes unless it names a signed-in person."""

    def __init__(self, app: ASGIApp, who: Who | None = None) -> None:
        self.app = app
        self.who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal: Response | None = PlainTextResponse("Not found.", HTTPStatus.NOT_FOUND)
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            refusal = await self._refusal(Request(scope), path)
            scope = _plain(scope, path)
        await (refusal or self.app)(scope, receive, send)

    async def _refusal(self, request: Request, path: str) -> Response | None:
        if self.who is not None and await self.who(request) is None:
            if request.method in ("GET", "HEAD") and path in ("", "/"):
                return RedirectResponse("/login", HTTPStatus.SEE_OTHER)
            return PlainTextResponse("Please sign in at /login.", HTTPStatus.UNAUTHORIZED)
        allowed = OPEN_PATHS.get("GET" if request.method == "HEAD" else request.method)
        if allowed is None or not allowed.fullmatch(path):
            return PlainTextResponse("Not found.", HTTPStatus.NOT_FOUND)
        return None


def _plain(scope: Scope, path: str) -> Scope:
    """Without what Gradio would read from an address of a page, such as another page or state, which ours have not:
    it fails on those that it does not know."""
    query = scope["query_string"] if path.startswith("/gradio_api/") else b""
    headers = [(name, value) for name, value in scope["headers"] if name not in OTHER_NAMES]
    return {**scope, "query_string": query, "headers": headers}


def close_gate(app: Starlette, path: str, who: Who | None = None) -> None:
    """Puts a gate before what is mounted at `path`. Raises LookupError when nothing is."""
    wrap(app, path, lambda mounted: Gate(mounted, who))


def wrap(app: Starlette, path: str, around: Callable[[ASGIApp], ASGIApp]) -> None:
    """Puts `around` around what is mounted at `path`. Raises LookupError when nothing is."""
    mount = mounted_at(app, path)
    mount.app = around(mount.app)


def mounted_at(app: Starlette, path: str) -> Mount:
    """Raises LookupError when nothing is mounted there."""
    for route in app.routes:
        if isinstance(route, Mount) and route.path == path:
            return route
    raise LookupError(f"nothing is mounted at {path!r}; mount the page before closing its gate")
