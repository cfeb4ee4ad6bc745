"""Drawn figures as files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.services.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, file: Path, dpi: int) -> None:
    """The figure as a PNG, whole or not at all. Raises InputError when the disk refuses."""
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=dpi, format="png")
    write_atomically(file, drawn.getvalue())
