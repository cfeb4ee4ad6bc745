"""Requests that no page of ours sends, answered in a line: nobody from outside fills the log with stack traces."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from gradio.queueing import Queue
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send


def tell_what_is_wrong(app: FastAPI) -> FastAPI:
    """Answers 422 without what was sent, which FastAPI repeats: not all of it can be written as JSON."""

    async def refuse(request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else ()
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
        return JSONResponse({"detail": f"This request cannot be read. {wrong}"}, HTTPStatus.UNPROCESSABLE_ENTITY)

    app.add_exception_handler(RequestValidationError, refuse)
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
