"""Figures are drawn whatever the data set is called."""

from __future__ import annotations

import warnings
from pathlib import Path

from matplotlib.figure import Figure

from assistant.cli.figures import save


def test_a_name_that_the_font_lacks_warns_nobody(tmp_path: Path) -> None:
    figure = Figure(figsize=(1, 1))
    figure.suptitle("数据/train.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(figure, tmp_path / "one.png", dpi=50)
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
