"""A log that takes nothing more, on a full disk or in a terminal that is gone, ends no night's work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.bootstrap import Assistant
from assistant.cli.erase import erase_old_first
from assistant.cli.shared import loading, progress_bars
from assistant.domain import Decision
from assistant.settings import Settings
from assistant.store import Store, migrate, open_engine

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")


@contextmanager
def full_disk() -> Iterator[None]:
    """Both streams of this process lead to a full disk."""
    with suppress(OSError), FULL.open("w", buffering=1) as full, redirect_stdout(full), redirect_stderr(full):
        yield


def test_what_is_loaded_and_done_under_bars_goes_on() -> None:
    done = []
    with full_disk():
        with loading("what learns"):
            done.append("loaded")
        with progress_bars() as progress:
            progress("learning", 1, 2)
            progress("learning", 2, 2)
        done.append("learned")
    assert done == ["loaded", "learned"]


def test_what_is_to_be_kept_no_longer_is_erased_and_the_night_goes_on(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "var", retention_days=30)
    migrate(settings.database)
    store = Store(open_engine(settings.database), lambda: datetime(2025, 1, 1, tzinfo=UTC))
    with store.unit() as uow:
        uow.conversations.add_user_message(uow.conversations.create(), "I am Jane Doe", decision=Decision.SILENT)
    parts = Assistant(settings)
    went_on = False
    with full_disk():
        erase_old_first(parts)
        went_on = True
    assert went_on
    assert not parts.erasing().saying("jane doe")
