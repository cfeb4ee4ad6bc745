"""A shop with a held version to try."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.store import Message
from tests.held import HeldShop, copied


@pytest.fixture
def shop(held_folder: Path, tmp_path: Path) -> HeldShop:
    return copied(held_folder, tmp_path)


def messages(shop: HeldShop, talk: str) -> list[Message]:
    with shop.store.unit(read_only=True) as uow:
        return [m for m in uow.conversations.messages(talk) if m.role == "user"]
