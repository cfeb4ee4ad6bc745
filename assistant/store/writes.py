"""Writing with a count: how a compare-and-set learns whether it won."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, UpdateBase
from sqlalchemy.orm import Session


def changed(session: Session, statement: UpdateBase) -> int:
    """Run an insert, update or delete; how many rows it touched."""
    # Session.execute is typed for queries; for a write it returns a CursorResult.
    return cast(CursorResult[Any], session.execute(statement)).rowcount
