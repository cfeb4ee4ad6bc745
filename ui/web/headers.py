"""The headers of every response: a Content-Security-Policy with a fresh nonce per page, and its friends."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What is in these may be one person's, and is kept by no browser and no proxy.
FOR_ONE_PERSON = ("text/html", "application/json", "text/event-stream", "text/csv")
# Gradio's scripts and style sheets carry a hash of what is in them in their names: another content has another name.
NAMED_BY_CONTENT = re.compile(r"/assets/[^/]+-[\w-]{8,9}\.(js|css|woff2)$")


def content_policy(nonce: str, around: Sequence[str] = ()) -> str:
    """The Content-Security-Policy: own files only, inline scripts only with `nonce`, frames only in sites `around`."""
    return "; ".join(
        (
            "default-src 'self'",
            # 'unsafe-eval': Gradio compiles the template of its HTML component, the constant "${value}", and
            # the constant functions that the two surfaces give it as `js`. What people type is never compiled.
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",  # Gradio sets style attributes and style elements at run time
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors " + (" ".join(around) or "'none'"),
        )
    )


class SecurityHeaders:
    """Adds the headers to every response and a fresh nonce to the script tags of every HTML page.

    The page at `shown` may stand in frames of `sites`, origins such as "https://www.shop.example"; no other page may.
    """

    def __init__(self, app: ASGIApp, shown: str = "", sites: Sequence[str] = ()) -> None:
        self.app, self.shown, self.sites = app, shown, sites

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        around = self.sites if scope["path"].rstrip("/") == self.shown else ()
        page: Message | None = None  # the start of an HTML response, held back until its length is known
        body = bytearray()

        async def guarded(message: Message) -> None:
            nonlocal page
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                _set_headers(headers, nonce, around, secure=scope["scheme"] == "https")
                if message["status"] == 200 and NAMED_BY_CONTENT.search(scope["path"]):
                    headers["Cache-Control"] = "max-age=31536000, immutable"
                if headers.get("content-type", "").startswith("text/html") and scope["method"] == "GET":
                    page = message
                    return
            elif page is not None:
                body.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                html = bytes(body).replace(b"<script", f'<script nonce="{nonce}"'.encode())
                MutableHeaders(scope=page)["content-length"] = str(len(html))
                await send(page)
                await send({"type": "http.response.body", "body": html})
                return
            await send(message)

        await self.app(_without_compression(scope), receive, guarded)


def _set_headers(headers: MutableHeaders, nonce: str, around: Sequence[str], *, secure: bool) -> None:
    headers["Content-Security-Policy"] = content_policy(nonce, around)
    headers["X-Content-Type-Options"] = "nosniff"
    if not around:  # it knows no list, and where both are sent the policy holds
        headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if headers.get("content-type", "").startswith(FOR_ONE_PERSON):
        headers["Cache-Control"] = "no-store"


def _without_compression(scope: Scope) -> Scope:
    """Asks the application for a readable page: a compressed body could not be given its nonce."""
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": kept}
