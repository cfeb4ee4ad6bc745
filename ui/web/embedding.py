"""The chat in the pages of a shop: a script that puts a button there, behind which the chat opens in a frame."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from assistant.dialogue.front import Fronts
from ui.icon import BUBBLE
from ui.palette import COLOURS
from ui.web.limits import LOOKING
from ui.words import WORDS

SCRIPT = "/embed.js"
TEMPLATE = Path(__file__).parent / "embed.js"
NOBODY = (
    "No site may show this chat. Name those that may in the setting chat.sites, such as"
    ' ["https://www.shop.example"], and start the server anew.'
)
FRESH = "max-age=300"  # a shop that renames its chat need not wait long


def embedding_routes(fronts: Fronts, sites: Sequence[str], chat: str) -> APIRouter:
    """GET /embed.js: for pages of `sites`, with words for each language; 404 where there are none."""
    router = APIRouter()
    shown = {
        "words": {
            language.value: {"title": front.title, "news": WORDS[language].news, "close": WORDS[language].close}
            for language, front in fronts.items()
        },
        "colours": {"accent": COLOURS["accent"], "hover": COLOURS["accent-hover"], "focus": COLOURS["focus"]},
        "bubble": BUBBLE,
        "path": f"{chat}/",
    }
    script = TEMPLATE.read_text(encoding="utf-8").replace("__SHOWN__", json.dumps(shown))

    @router.api_route(SCRIPT, methods=LOOKING)
    def embed() -> Response:
        if not sites:
            return PlainTextResponse(NOBODY, HTTPStatus.NOT_FOUND)
        return Response(script, media_type="text/javascript", headers={"Cache-Control": FRESH})

    return router
