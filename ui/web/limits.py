"""Requests that are turned away before they reach a page: too large, for another host, or sent by another site."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT_BYTES = 64 * 1024
LOOKING = ["GET", "HEAD"]  # what watches whether we are there often asks for the headers alone
SHOWN = 100  # characters of a header in an answer
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class BodyLimit:
    """Answers 413 to a body above `limit` bytes, whether or not its length was announced, as Gradio's pages read it."""

    def __init__(self, app: ASGIApp, limit: int = BODY_LIMIT_BYTES) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READING:
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        body = b"" if self._is_within(announced) else None
        if body is not None:
            body = await self._read(receive)
        if body is None:
            text = f"The request is larger than the {self.limit} bytes that are accepted. Please send less."
            await JSONResponse({"detail": text}, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)

    def _is_within(self, announced: str) -> bool:
        return announced.isascii() and announced.isdigit() and len(announced) < 12 and int(announced) <= self.limit

    async def _read(self, receive: Receive) -> bytes | None:
        """The whole body, or None as soon as it passes the limit."""
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            body.extend(message.get("body", b""))
            more = message.get("more_body", False)
            if len(body) > self.limit:
                return None
        return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hands out `body` once and then listens to the client again, which is how streams notice a hang-up."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


class KnownHosts:
    """Answers 400 to a request that calls the server by a name that is not one of `hosts` (in lower case).

    Starlette's TrustedHostMiddleware says neither which name came nor what to set.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            name = re.sub(r":[0-9]+\Z", "", Headers(scope=scope).get("host", ""))
            if name.lower() not in self.hosts:
                text = (
                    f"This server does not answer to the name {name[:SHOWN]!r}. Please open it by a name that is in its"
                    " setting `allowed_hosts`, or add this one there and start it again."
                )
                await PlainTextResponse(text, HTTPStatus.BAD_REQUEST)(scope, receive, send)
                return
        await self.app(scope, receive, send)


class SameOrigin:
    """Answers 403 to a writing request that a browser sends from another site's page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in READING and _is_foreign(headers := Headers(scope=scope)):
            came, meant = headers["origin"][:SHOWN], headers.get("host", "")[:SHOWN]
            text = (
                f"This request came from the site {came} and is for {meant}: it was not carried out. If both are this"
                " server, a reverse proxy changes the header Host; it must hand it on as it came, with the port."
            )
            await PlainTextResponse(text, HTTPStatus.FORBIDDEN)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_foreign(headers: Headers) -> bool:
    """True when Origin names another host, is opaque or no address. Programs send none, and no cookie by accident."""
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    except ValueError:
        return True
