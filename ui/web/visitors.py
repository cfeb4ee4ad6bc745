"""Whose page it is: a cookie that no script can read, and the language that the browser asks for."""

from __future__ import annotations

from http.cookies import SimpleCookie

import gradio as gr
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.dialogue.front import Fronts
from assistant.dialogue.languages import preferred
from assistant.domain import Language
from assistant.services.conversation.visitors import TOKEN_LIMIT, Visitors
from ui.chat.actions import Customer

COOKIE = "chat"
LANGUAGE_COOKIE = "chat_language"  # written by the page's script when the customer switches
SECONDS = 30 * 24 * 60 * 60


class RememberVisitors:
    """Gives every browser that opens the page a token of its own, and renews it at each visit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opened = scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) in ("", "/")
        if not opened:
            await self.app(scope, receive, send)
            return
        token = token_of(HTTPConnection(scope)) or Visitors.new_token()

        async def remembered(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure = scope["scheme"] == "https"
                cookie = set_cookie(token, scope.get("root_path") or "/", secure=secure, abroad=_is_abroad(scope))
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, remembered)


def set_cookie(token: str, path: str, *, secure: bool, abroad: bool = False) -> str:
    """Lax, not Strict: a customer who follows a link from a mail comes back to their own conversation.

    In a frame of another site (`abroad`) a browser keeps only what is None and secure, and some only for that site
    (partitioned), which no other can tell from a customer's visits.
    """
    cookie: SimpleCookie = SimpleCookie({COOKIE: token})
    about = {"max-age": SECONDS, "path": path, "httponly": True, "secure": secure or abroad}
    about["samesite"] = "none" if abroad else "lax"
    for name, value in about.items():
        cookie[COOKIE][name] = value
    return cookie[COOKIE].OutputString() + ("; Partitioned" if abroad else "")


def _is_abroad(scope: Scope) -> bool:
    """Whether the page is asked for as a frame in a page of another site. Browsers say so only where they keep secure
    cookies, which a reverse proxy that does not tell of its TLS hides from us."""
    headers = Headers(scope=scope)
    return headers.get("sec-fetch-dest") == "iframe" and headers.get("sec-fetch-site") == "cross-site"


def token_of(connection: HTTPConnection) -> str | None:
    """The browser's token, if it sends one that could be ours."""
    return _plausible(connection.cookies.get(COOKIE, ""))


def _plausible(token: str) -> str | None:
    return token if 0 < len(token) <= TOKEN_LIMIT and token.isascii() else None


def customer_of(request: gr.Request, known: Customer | None, fronts: Fronts, ticket: str = "") -> Customer:
    """Who is behind an event. `known` is from earlier in this page, `ticket` the token that the page before kept; a
    browser without cookies has nothing else.

    A page whose browser did send one belongs to that cookie: its name stands in addresses, which proxies log.
    """
    connection = request.request
    token = token_of(connection) if connection else None
    if known is not None and (token == known.token or (token is None and not known.has_cookie)):
        return known
    language = known.language if known else language_of(connection, fronts)
    return Customer(token or _plausible(ticket) or Visitors.new_token(), language, has_cookie=token is not None)


def language_of(connection: HTTPConnection | None, fronts: Fronts) -> Language:
    """The language that somebody chose on the page, else the one that their browser asks for."""
    here = tuple(fronts)
    if connection is None:
        return here[0]
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    return Language(chosen) if chosen in set(here) else preferred(connection.headers.get("accept-language", ""), here)
