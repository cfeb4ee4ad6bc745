"""Plots as pictures that follow the light or dark of the system.

Figures are made without pyplot, so nothing is kept or shared, and written as SVG, whose colours can be variables.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote

from ui.palette import COLOURS, DARK_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, told apart by colour-blind readers: on white its darker hues, on the dark its lighter ones,
# so that a line has a contrast of at least 3:1 on both.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
INK, SOFT, LINE = (COLOURS[name] for name in ("ink", "soft-ink", "line"))
NIGHT = {COLOURS[name]: DARK_COLOURS[name] for name in ("ink", "soft-ink", "line")} | {
    BLUE: "#56B4E9",
    VERMILION: "#E69F00",
    GREEN: GREEN,
    PURPLE: PURPLE,
}


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
    return _themed(written.getvalue())


def plain(axes: Axes) -> None:
    """A quiet frame: two sides, a faint grid, everything in the colours of the page."""
    axes.locator_params(nbins=5)  # each tick costs a millisecond
    axes.grid(color=LINE, linewidth=0.8)
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


def _themed(svg: str) -> str:
    """The SVG with its colours as variables, which have other values where the system prefers the dark."""
    names = {colour.lower(): f"--c{number}" for number, colour in enumerate(NIGHT)}
    for colour, name in names.items():
        svg = svg.replace(colour, f"var({name})")
    light = "".join(f"{name}:{colour};" for colour, name in names.items())
    dark = "".join(f"{names[colour.lower()]}:{night};" for colour, night in NIGHT.items())
    style = f"<style>:root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    head, mark, rest = svg.partition("<defs>")
    return f"{head}{style}{mark}{rest}"
