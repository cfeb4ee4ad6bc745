"""A version is saved whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.drafts import draft_of
from assistant.errors import CorruptVersionError
from assistant.learning import checkpoint
from assistant.learning.update import Learner
from assistant.model.artifact import write_folder
from tests.unit.model.conftest import ENCODER, FILES


@pytest.mark.parametrize("call", range(1, 9))
def test_a_disk_that_fills_up_at_any_sync_leaves_nothing(
    learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    # six files, the draft folder, the folder above it
    real, calls = os.fsync, iter(range(1, 99))

    def fsync(handle: int) -> None:
        if next(calls) == call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(CorruptVersionError, match=r"version v2 could not be saved to .*: No space left on device") as e:
        checkpoint.save(tmp_path / "v2", learner)
    assert "Free some space or fix the permissions, then run again." in str(e.value)
    assert list(tmp_path.iterdir()) == []
    checkpoint.save(tmp_path / "v2", learner)
    assert next(calls) == call + 9  # eight syncs each: none was left out by counting wrong
    checkpoint.load(tmp_path / "v2", ENCODER)


def test_a_disk_that_fills_up_while_writing_leaves_nothing(
    learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., object] = Path.open

    class Full:
        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def open_(path: Path, *arguments: str) -> object:
        return Full() if path.name == "memory.safetensors" else real(path, *arguments)

    monkeypatch.setattr(Path, "open", open_)
    with pytest.raises(CorruptVersionError, match="No space left on device"):
        checkpoint.save(tmp_path / "v2", learner)
    assert list(tmp_path.iterdir()) == []


def test_what_a_crash_left_does_not_disturb_saving_the_same_id(learner: Learner, tmp_path: Path) -> None:
    draft = draft_of(tmp_path / "v2")
    draft.mkdir()
    (draft / "head.safetensors").write_bytes(b"half")
    (draft / "junk").write_bytes(b"junk")
    digest = checkpoint.save(tmp_path / "v2", learner)
    assert sorted(p.name for p in (tmp_path / "v2").iterdir()) == sorted(FILES)
    assert [p.name for p in tmp_path.iterdir()] == ["v2"]
    checkpoint.load(tmp_path / "v2", ENCODER, digest)


def test_a_version_that_exists_is_never_overwritten(saved: tuple[Path, str], folder: Path, learner: Learner) -> None:
    with pytest.raises(CorruptVersionError, match="could not be saved"):
        checkpoint.save(folder, learner)
    assert [p.name for p in folder.parent.iterdir()] == ["v1"]
    checkpoint.load(folder, ENCODER, saved[1])


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CorruptVersionError, match="could not be saved"):
        write_folder(tmp_path / "file" / "v1", {"x": b""})
