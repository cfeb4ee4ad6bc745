"""Sign-in and sign-out for operators: a plain server-rendered form, our own sessions, no Gradio."""

from __future__ import annotations

import hmac
import secrets
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.errors import AccessError
from assistant.services.operators import Operators
from assistant.services.views import SignedIn
from ui.login_page import login_page

SESSION_COOKIE = "desk_session"
FORM_COOKIE = "login_form"
SESSION_SECONDS = 12 * 60 * 60
FORM_SECONDS = 60 * 60
FIELD_LIMIT = 256  # characters of a name or a token
PASSWORD_LIMIT = 1025  # one more than allowed, so that a longer password is refused, not cut

STALE_FORM = "This form was open for too long. Please try again."


def session_of(operators: Operators, connection: HTTPConnection) -> SignedIn | None:
    """The live session that the request's cookie names, if any."""
    token = connection.cookies.get(SESSION_COOKIE, "")
    return operators.session(token) if 0 < len(token) <= FIELD_LIMIT else None


async def operator_of(operators: Operators, request: HTTPConnection) -> str | None:
    """The operator's name behind a request, or None: what Gradio and the gate ask."""
    session = await run_in_threadpool(session_of, operators, request)
    return session.name if session else None


def login_routes(operators: Operators) -> APIRouter:
    """GET and POST /login, POST /logout."""
    router = APIRouter()

    @router.get("/login")
    def show(request: Request) -> Response:
        if session_of(operators, request):
            return RedirectResponse("/desk/", HTTPStatus.SEE_OTHER)
        return _form(request)

    @router.post("/login")
    def sign_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        expected = request.cookies.get(FORM_COOKIE, "")
        if not expected or not hmac.compare_digest(expected.encode(), csrf.encode()):
            return _form(request, name, STALE_FORM, HTTPStatus.FORBIDDEN)
        try:
            session = operators.sign_in(name[:FIELD_LIMIT], password[:PASSWORD_LIMIT])
        except AccessError as refusal:
            return _form(request, name, str(refusal), HTTPStatus.UNAUTHORIZED)
        answer = RedirectResponse("/desk/", HTTPStatus.SEE_OTHER)
        _keep(answer, request, SESSION_COOKIE, session.token, SESSION_SECONDS)
        answer.delete_cookie(FORM_COOKIE, path="/login")
        return answer

    @router.post("/logout")
    def sign_out(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
        session = session_of(operators, request)
        if session and not hmac.compare_digest(session.csrf.encode(), csrf.encode()):
            return HTMLResponse(STALE_FORM, HTTPStatus.FORBIDDEN)
        if session:
            operators.sign_out(request.cookies[SESSION_COOKIE])
        answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(SESSION_COOKIE, path="/")
        return answer

    return router


def _form(request: Request, name: str = "", problem: str = "", status: HTTPStatus = HTTPStatus.OK) -> Response:
    """The page with a fresh token in the form and in a cookie: a form of another site lacks one."""
    token = secrets.token_urlsafe(32)
    answer = HTMLResponse(login_page(token, name[:FIELD_LIMIT], problem), status)
    _keep(answer, request, FORM_COOKIE, token, FORM_SECONDS, path="/login")
    return answer


def _keep(answer: Response, request: Request, cookie: str, value: str, seconds: int, *, path: str = "/") -> None:
    answer.set_cookie(
        cookie,
        value,
        max_age=seconds,
        path=path,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
