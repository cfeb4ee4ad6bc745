"""A new intent to write, and the names of those that are there."""

from __future__ import annotations

from assistant.domain import Intent
from assistant.store import Store

NEW = Intent("voucher", "Voucher", "Enter it at the till.")


def names(store: Store) -> list[str]:
    with store.unit(read_only=True) as uow:
        return [intent.name for intent in uow.intents.all()]
