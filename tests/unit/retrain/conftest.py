"""A real database, real folders and a real index; only the encoder is made up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.services.runs.setup import set_up
from tests.shops import INTENTS, PLAN, Shop, corpus


@pytest.fixture(scope="session")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder right after the first start."""
    shop = Shop(tmp_path_factory.mktemp("first") / "var")
    set_up(shop.store, corpus(*INTENTS), shop.encoder, PLAN, shop.folder)
    shop.files()  # everything into the one file that is copied
    shop.engine.dispose()
    return shop.data


@pytest.fixture
def shop(first_day: Path, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(Path(shutil.copytree(first_day, tmp_path / "var")))
    yield shop
    shop.engine.dispose()
