"""The whole log of changes as a file, for whoever is signed in at the desk."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from assistant.services.accounts.operators import Operators
from assistant.services.desk.audit_log import AuditLog
from ui.web.login import session_of

LOG_FILE = "/log.csv"


def log_routes(audit: AuditLog, operators: Operators) -> APIRouter:
    """GET /log.csv: sent as it is read, however long the log is."""
    router = APIRouter()

    @router.get(LOG_FILE)
    def log_file(request: Request) -> Response:
        if session_of(operators, request) is None:
            return PlainTextResponse("Please sign in at /login.", HTTPStatus.UNAUTHORIZED)
        named = {"Content-Disposition": "attachment; filename=log.csv"}
        return StreamingResponse(audit.csv_lines(), media_type="text/csv; charset=utf-8", headers=named)

    return router
