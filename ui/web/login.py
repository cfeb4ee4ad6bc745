"""Sign-in and sign-out for operators: a plain server-rendered form, our own sessions, no Gradio."""

from __future__ import annotations

import hmac
import re
import secrets
from functools import partial
from http import HTTPStatus
from typing import Annotated

import anyio
from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.errors import AccessError, BusyError, SlowedError
from assistant.services.accounts.operators import SESSION, Operators
from assistant.services.accounts.passwords import LENGTHS, as_bytes
from assistant.services.views import SignedIn
from ui.web.limits import LOOKING
from ui.web.login_page import login_page
from ui.web.sign_ins import SignIns, network_of

SESSION_COOKIE = "desk_session"
FORM_COOKIE = "login_form"
FORM_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)  # 32 random bytes
FORM_SECONDS = 60 * 60
FIELD_LIMIT = 256  # characters of a name or a token
SLOWED_SECONDS = 2  # while which a sign-in keeps its place: a name is guessed at four times a second at most

ENDED = "Your session has ended; sign in again."
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
    sign_ins = SignIns()

    async def checked(name: str, password: str, where: str) -> SignedIn:
        """The new session. Raises AccessError, and BusyError when too many sign in."""
        async with sign_ins.place(where):
            try:
                return await sign_ins.run(partial(operators.sign_in, name, password, where))
            except SlowedError:
                await anyio.sleep(SLOWED_SECONDS)
                raise

    @router.api_route("/login", methods=LOOKING)
    def show(request: Request) -> Response:
        if session_of(operators, request):
            return RedirectResponse("/desk/", HTTPStatus.SEE_OTHER)
        return _form(request, problem=ENDED if "ended" in request.query_params else "")

    @router.post("/login")
    async def sign_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        expected = request.cookies.get(FORM_COOKIE, "")
        if not expected or not hmac.compare_digest(as_bytes(expected), as_bytes(csrf)):
            return _form(request, name, STALE_FORM, HTTPStatus.FORBIDDEN)
        try:
            # One more character than allowed, so that a longer password is refused, not cut.
            session = await checked(name[:FIELD_LIMIT], password[: LENGTHS.stop], network_of(request))
        except BusyError as refusal:
            return _form(request, name, str(refusal), HTTPStatus.TOO_MANY_REQUESTS)
        except AccessError as refusal:
            return _form(request, name, str(refusal), HTTPStatus.UNAUTHORIZED)
        answer = RedirectResponse("/desk/", HTTPStatus.SEE_OTHER)
        _keep(answer, request, SESSION_COOKIE, session.token, int(SESSION.total_seconds()))
        answer.delete_cookie(FORM_COOKIE, path="/login")
        return answer

    @router.post("/logout")
    def sign_out(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
        session = session_of(operators, request)
        if session and not hmac.compare_digest(as_bytes(session.csrf), as_bytes(csrf)):
            return HTMLResponse(STALE_FORM, HTTPStatus.FORBIDDEN)
        if session:
            operators.sign_out(request.cookies[SESSION_COOKIE])
        answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(SESSION_COOKIE, path="/")
        return answer

    return router


def _form(request: Request, name: str = "", problem: str = "", status: HTTPStatus = HTTPStatus.OK) -> Response:
    """The page with a token in the form and in a cookie: a form of another site lacks one. Open forms share it."""
    kept = request.cookies.get(FORM_COOKIE, "")
    token = kept if FORM_TOKEN.fullmatch(kept) else secrets.token_urlsafe(32)
    typed = as_bytes(name[:FIELD_LIMIT]).decode(errors="replace")
    answer = HTMLResponse(login_page(token, typed, problem), status)
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
