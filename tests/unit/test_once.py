"""What the test processes of a run share is made once, and never seen half made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.once import made_once


def test_it_is_made_by_the_first_and_again_only_after_a_failure(tmp_path_factory: pytest.TempPathFactory) -> None:
    calls: list[Path] = []

    def make(folder: Path) -> None:
        calls.append(folder)
        assert not list(folder.iterdir())
        (folder / "half").write_text("made")
        if len(calls) == 1:
            raise OSError("no space left on device")
        (folder / "whole").write_text("made")

    name = f"once-{id(calls)}"
    with pytest.raises(OSError, match="no space"):
        made_once(tmp_path_factory, name, make)
    first, second = (made_once(tmp_path_factory, name, make) for _ in range(2))
    assert first == second
    assert sorted(file.name for file in second.iterdir()) == ["half", "whole"]
    assert len(calls) == 2
