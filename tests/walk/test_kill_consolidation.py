"""`kill -9` in the middle of a consolidation: the live version answers on, and the next one goes through."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from assistant.model.artifact import read_folder
from assistant.settings import Settings
from tests.walk.real_shop import FRESH
from tests.walk.test_consolidation import Shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

forks = get_context("forkserver")
forks.set_forkserver_preload(["assistant.services.runs.consolidate", "assistant.cli", "sentence_transformers", "peft"])


@pytest.fixture(scope="module")
def first_day(tiny_roberta: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Shop.first_day(tmp_path_factory.mktemp("first") / "var", tiny_roberta).settings.data


def run(settings: Settings, die_at: str) -> None:
    """In the forked process: a consolidation that kills itself at a stage, or before the folder gets its name."""
    shop = Shop(settings)

    def killed() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def progress(what: str, done: int, total: int) -> None:
        if what == die_at and done:
            killed()

    def dying(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(source: Path, target: Path) -> Any:
            if target.name.startswith("v"):  # a version's folder, and no file of a library
                killed()
            return original(source, target)

        return call

    if die_at == "rename":
        Path.rename = dying(Path.rename)  # type: ignore[method-assign]
    shop.consolidate().run(actor="lea", progress=progress)


def test_killed_at_every_stage(first_day: Path, tiny_roberta: Path, tmp_path: Path) -> None:
    settings = Settings(data=Path(shutil.copytree(first_day, tmp_path / "var")), encoder=str(tiny_roberta))
    shop = Shop(settings)
    live = shop.live()
    for stage in ("training the encoder", "re-embedding", "judging", "rename"):
        process = forks.Process(target=run, args=(settings, stage))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL, stage
        assert shop.live() == live
        assert shop.says(FRESH["refund"]) == ["refund"]
        assert [path.name for path in settings.versions.iterdir() if not path.name.startswith(".")] == [live.id]
    result = shop.consolidated()
    assert result.verdict == "published", result.reason  # the locks of the dead are no hindrance
    assert shop.afresh().says(FRESH["refund"]) == ["refund"]
    read_folder(settings.versions / shop.live().id, shop.live().manifest_sha256)
    assert not list(settings.versions.glob(".draft*"))
