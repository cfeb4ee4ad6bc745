"""Who may do what at the desk. Asked in each handler, since a hidden button keeps nobody out."""

from __future__ import annotations

from assistant.errors import AccessError
from assistant.services.accounts.operators import LEAD
from assistant.services.views import SignedIn


def require_lead(session: SignedIn, what: str) -> None:
    """Raises AccessError for everyone but leads; `what` completes "Only a lead may"."""
    if session.role != LEAD:
        raise AccessError(f"Only a lead may {what}; {session.name} has the role “{session.role}”. Ask a lead to do it.")
