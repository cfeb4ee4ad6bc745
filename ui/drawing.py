"""Plots as pictures that follow the light or dark of the system.

Figures are made without pyplot, so nothing is kept or shared, and written as SVG in colours for a light page. On a dark
one the style sheet turns them (`--plots` of the palette): in a picture Safari does not know what the system prefers.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote

from ui.palette import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The darker hues of Okabe and Ito's palette, told apart by colour-blind readers: a line has a contrast of at least 3:1
# on the light surface, and turned on the dark one.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
INK, SOFT = COLOURS["ink"], COLOURS["soft-ink"]


ONE_AT_A_TIME = Lock()  # matplotlib does not promise to draw in several threads


LABEL = 32  # characters of a name beside an axis: the drawing needs the room, and the table below has the whole one


def drawn(size: tuple[float, float], fill: Callable[[Figure], None]) -> str:
    """The SVG of a figure of `size` (inches) that `fill` has drawn in the colours above."""
    from matplotlib.figure import Figure

    written = io.StringIO()
    with ONE_AT_A_TIME:
        figure = Figure(figsize=size, layout="tight")
        fill(figure)
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return written.getvalue()


def plain(axes: Axes) -> None:
    """A quiet frame: two sides, a faint grid, everything in the colours of the page."""
    axes.locator_params(nbins=5)  # each tick costs a millisecond
    axes.grid(color=SOFT, alpha=0.25, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(SOFT)
    axes.tick_params(colors=INK)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)


def picture(svg: str, told: str) -> str:
    """An `img` of the SVG: as such it can neither run nor fetch anything. `told` is what screen readers say of it."""
    data = base64.b64encode(svg.encode()).decode()
    return f'<img class="plot" alt="{escape(told)}" src="data:image/svg+xml;base64,{data}">'


def download(csv: str, name: str) -> str:
    """A link that saves `csv` as `name`.csv. The data is in the link itself, so the server opens no path for files."""
    link = f"data:text/csv;charset=utf-8,{quote(csv)}"
    return f'<a class="data" download="{quote(name)}.csv" href="{link}">Save {escape(name)}.csv</a>'
