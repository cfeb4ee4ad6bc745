"""The one web application: the open chat, the desk behind its login, and the wall around both."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import cast

import gradio as gr
from fastapi import FastAPI
from starlette.responses import RedirectResponse, Response

from assistant.dialogue.front import first
from assistant.services.accounts.operators import Operators
from assistant.services.conversation.chat import Chat
from assistant.services.desk.desk import DeskServices
from assistant.services.live import Live
from assistant.services.versions import Versions
from ui.chat.page import build_chat
from ui.desk.log_file import log_routes
from ui.desk.page import build_desk
from ui.icon import ICON
from ui.theme import STYLES, build_theme, palette, read_style
from ui.web.embedding import embedding_routes
from ui.web.gate import Who, close_gate, mounted_at, wrap
from ui.web.limits import LOOKING
from ui.web.login import login_routes, operator_of
from ui.web.malformed import KnownSessions, tell_what_is_wrong
from ui.web.own_files import OwnFiles
from ui.web.pace import Paced
from ui.web.security import build_wall
from ui.web.sessions import Sessions
from ui.web.visitors import RememberVisitors
from ui.words import words_for_script

CHAT = "/chat"
DESK = "/desk"
# Apart from the page's other styles, in which Gradio would change what is within @media.
PRINTED = '<link rel="stylesheet" media="print" href="/static/chat-print.css">'
DESK_SCRIPTS = ("desk.js", "desk-drafts.js", "desk-focus.js", "desk-tabs.js", "desk-waiting.js", "desk-watch.js")


def create_app(
    chat: Chat,
    desk: DeskServices,
    versions: Versions,
    operators: Operators,
    live: Live,
    *,
    hosts: Sequence[str],
    sites: Sequence[str] = (),
) -> FastAPI:
    """Puts the pages together. `hosts` are the names this server answers to; ValueError for none or a `*`. The chat may
    stand in the pages of `sites`, origins such as "https://www.shop.example"."""
    app = tell_what_is_wrong(FastAPI(docs_url=None, redoc_url=None, openapi_url=None))
    build_wall(app, hosts, CHAT, sites)
    app.include_router(login_routes(operators))
    app.include_router(log_routes(desk.audit, operators))
    app.include_router(embedding_routes(chat.fronts, sites, CHAT))
    app.mount("/static", OwnFiles(directory=STYLES), name="static")

    @app.api_route("/", methods=LOOKING)
    def start() -> Response:
        return RedirectResponse(f"{CHAT}/")

    @app.api_route("/manifest.json", methods=LOOKING)
    def manifest() -> dict[str, str]:
        return {"name": chat.fronts[first(chat.fronts)].title, "start_url": f"{CHAT}/", "display": "browser"}

    @app.api_route("/favicon.ico", methods=LOOKING)
    def icon() -> Response:
        return Response(ICON, media_type="image/svg+xml")

    run = secrets.token_hex(8)  # by which a page notices that another process answers, which does not know it

    @app.api_route("/healthz", methods=LOOKING)
    def health() -> dict[str, str]:
        return {"status": "ok", "version": live.snapshot().version, "run": run}

    who = partial(operator_of, operators)
    head = words_for_script(chat.fronts) + PRINTED + script("chat.js")
    mount_page(app, build_chat(chat), CHAT, read_style("chat.css"), head=head)
    wrap(app, CHAT, RememberVisitors)
    wrap(app, CHAT, lambda inner: Paced(inner, chat.fronts))
    page = build_desk(desk, versions, operators)
    css = read_style("desk.css", "desk-handover.css", "desk-health.css", "desk-trial.css")
    mount_page(app, page, DESK, css, head="".join(map(script, DESK_SCRIPTS)), who=who)
    return app


def script(name: str) -> str:
    """An element that loads one of our scripts."""
    return f'<script src="/static/{name}" defer></script>'


def mount_page(
    app: FastAPI,
    blocks: gr.Blocks,
    path: str,
    css: str,
    *,
    head: str,
    who: Who | None = None,
) -> None:
    """Mounts one page with everything switched off that it does not need, behind its own gate."""
    blocks.has_launched = True  # Gradio checks file paths in inputs only from here on
    gr.mount_gradio_app(
        app,
        blocks,
        path,
        auth_dependency=who,
        theme=build_theme(),
        css=css,
        head=palette() + head,
        run_history=False,
        footer_links=[],
        show_error=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        max_file_size="1kb",
    )
    mounted = cast(FastAPI, mounted_at(app, path).app)
    mounted.state_holder = Sessions(blocks)  # type: ignore[attr-defined]
    tell_what_is_wrong(mounted)
    wrap(app, path, lambda inner: KnownSessions(inner, blocks._queue))
    close_gate(app, path, who)
