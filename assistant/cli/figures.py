"""Drawn figures as files."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.services.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, file: Path, dpi: int) -> None:
    """The figure as a PNG, whole or not at all. Raises InputError when the disk refuses."""
    drawn = io.BytesIO()
    with warnings.catch_warnings():
        # A data set's name may have signs that the font lacks, such as Chinese ones: they become boxes.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from ")
        figure.savefig(drawn, dpi=dpi, format="png")
    write_atomically(file, drawn.getvalue())
