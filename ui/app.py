"""The one web application: the open chat, the desk behind its login, and the wall around both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import gradio as gr
from fastapi import FastAPI
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from assistant.services.chat import Chat
from assistant.services.labeling import Labeling
from assistant.services.live import Live
from assistant.services.operators import Operators
from assistant.services.proposals import Proposals
from assistant.services.versions import Versions
from ui.chat import build_chat
from ui.desk import build_desk
from ui.gate import Who, close_gate
from ui.icon import ICON
from ui.login import login_routes, operator_of
from ui.security import build_wall
from ui.theme import STYLES, build_theme, read_style

CHAT = "/chat"
DESK = "/desk"


def create_app(
    chat: Chat,
    labeling: Labeling,
    versions: Versions,
    operators: Operators,
    live: Live,
    proposals: Proposals,
    *,
    hosts: Sequence[str],
) -> FastAPI:
    """Puts the pages together. `hosts` are the names this server answers to; ValueError for none or a `*`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    build_wall(app, hosts)
    app.include_router(login_routes(operators))
    app.mount("/static", StaticFiles(directory=STYLES), name="static")

    @app.get("/")
    def start() -> Response:
        return RedirectResponse(f"{CHAT}/")

    @app.get("/manifest.json")
    def manifest() -> dict[str, str]:
        return {"name": "Support", "start_url": f"{CHAT}/", "display": "browser"}

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(ICON, media_type="image/svg+xml")

    @app.get("/healthz")
    def health() -> dict[str, str]:
        return {"status": "ok", "version": live.snapshot().version}

    who = partial(operator_of, operators)
    mount_page(app, build_chat(chat), CHAT, "chat.css")
    mount_page(app, build_desk(labeling, versions, operators, proposals), DESK, "desk.css", script="desk.js", who=who)
    return app


def mount_page(
    app: FastAPI,
    blocks: gr.Blocks,
    path: str,
    style: str,
    *,
    script: str | None = None,
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
        css=read_style(style),
        head=f'<script src="/static/{script}" defer></script>' if script else None,
        run_history=False,
        footer_links=[],
        show_error=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        max_file_size="1kb",
    )
    close_gate(app, path, who)
