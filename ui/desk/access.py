"""Who is acting at the desk. Asked in every handler: hidden buttons and private endpoints keep nobody out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.errors import AccessError
from assistant.services.accounts.operators import Operators
from assistant.services.views import SignedIn
from ui.web.login import session_of

# Shared by all events of the desk: bounded, not listed for programs, and without progress ornaments. No part has to be
# told how an event is getting on, or the browser tells each that any event may change, at every one of them.
EVENT: dict[str, Any] = {
    "show_progress": "hidden",
    "show_progress_on": [],
    "concurrency_limit": 4,
    "concurrency_id": "desk",
    "api_visibility": "private",
}


def person(operators: Operators, request: gr.Request) -> SignedIn:
    """The operator behind a Gradio event. Raises AccessError when the session has ended meanwhile."""
    session = session_of(operators, request.request) if request.request else None
    if session is None or session.name != request.username:
        raise AccessError("Your session has ended. Please sign in again at /login.")
    return session
