"""Requests that no page of ours sends, and those that need a database which is away, answered in a line: nobody from
outside fills the log with stack traces."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from gradio.queueing import Queue
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import StoreError

LOG = logging.getLogger(__name__)
AWAY = "The assistant cannot use its database right now; its log says why. Please try again in a moment."


def tell_what_is_wrong(app: FastAPI) -> FastAPI:
    """Answers 422 without what was sent, which FastAPI repeats: not all of it can be written as JSON. And 503 where the
    database fails, such as on a full disk; why is for the log alone."""

    async def refuse(request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else ()
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
        return JSONResponse({"detail": f"This request cannot be read. {wrong}"}, HTTPStatus.UNPROCESSABLE_ENTITY)

    async def put_off(request: Request, error: Exception) -> Response:
        LOG.error("%s %.200r could not be answered: %s", request.method, request.url.path, error)
        return PlainTextResponse(AWAY, HTTPStatus.SERVICE_UNAVAILABLE)

    app.add_exception_handler(RequestValidationError, refuse)
    app.add_exception_handler(StoreError, put_off)
    return app


class KnownSessions:
    """Answers 404 to who listens for a session that has sent nothing: Gradio notices only when its answer has begun."""

    def __init__(self, app: ASGIApp, queue: Queue) -> None:
        self.app, self.queue = app, queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/queue/data"):
            session = QueryParams(scope["query_string"]).get("session_hash")
            if session is not None and session not in self.queue.pending_messages_per_session:
                text = "This page has sent nothing that is to be answered. Please reload it."
                await JSONResponse({"detail": text}, HTTPStatus.NOT_FOUND)(scope, receive, send)
                return
        await self.app(scope, receive, send)
