"""The health page: answers in words, pictures that need nothing from outside, and texts that stay texts."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.services.health.forgetting import Fallen
from assistant.services.health.overview import Confusion, DayPoint, HealthView, VersionPoint
from assistant.services.health.runs import Run
from assistant.services.runs.judged import Judged
from assistant.store import DriftScore
from assistant.store.outcomes import Outcomes
from ui.desk.health import has_pictures, lists, pictures, words
from ui.drawing import BLUE, GREEN, INK, PURPLE, SOFT, VERMILION
from ui.palette import COLOURS, DARK_COLOURS, DARK_PALETTE
from ui.theme import read_style

BIRTH = datetime(2025, 3, 1, 2, tzinfo=UTC)
MARKUP = "$x_1$<script>alert(1)</script>&"


def point(name: str, overall: float | None, kept: float | None = None) -> VersionPoint:
    return VersionPoint(name, BIRTH, Judged(overall, 0.9, 0.8, 0.99, 0.01, 0.02, 0.3, 0.1, 4), kept, 80, 22.0)


FIRST = HealthView("v1", (point("v1", 0.9),), runs=(Run(BIRTH, "First version", "published", 6.5, 40, "", MARKUP),))
FULL = HealthView(
    "v2",
    (point("v1", 0.9, 0.9), point("v2", 0.925, 0.875)),
    kept_at_first=0.95,  # by a version before these, of which only the latest are shown
    fallen=(Fallen(MARKUP, 0.95, "v1", 0.8, 20), Fallen("delivery", 0.9, "v1", 0.88, 20)),
    days=tuple(DayPoint(date(2025, 3, number), 9, 0.8, 0.2, 0.5, 0.1) for number in (1, 2)),
    outcomes=(Outcomes(date(2025, 3, 1), 6, 2, 0, 3), Outcomes(date(2025, 3, 2), 2, 0, 1, 0)),
    drift=tuple(DriftScore("v2", "out_of_scope", n, n + 63, 0.5, 0.0, 0.2) for n in (1, 65)),
    confusions=(Confusion("refund", MARKUP, 3), Confusion(MARKUP, "refund", 1)),
)


def test_before_the_first_version_the_page_is_friendly() -> None:
    empty = HealthView(None)
    assert "No version yet" in words(empty)
    assert not has_pictures(empty)
    assert lists(empty) == ""


def test_a_first_version_is_told_without_curves_and_without_alarm() -> None:
    assert not has_pictures(FIRST)
    said = words(FIRST)
    assert "90.0% of the holdout is recognised" in said
    assert "Nothing could be forgotten yet" in said
    assert "appear here with the second version" in said
    assert "Intents below" not in lists(FIRST)


def test_a_version_that_could_not_be_judged_is_told_so() -> None:
    assert "no holdout rows" in words(HealthView("v1", (point("v1", None),)))


def test_a_version_that_cannot_tell_what_is_out_of_scope_is_told_so() -> None:
    said = words(replace(FIRST, no_doubt="this version cannot tell <it>"))
    assert "This version cannot tell &lt;it&gt;." in said


def test_the_four_questions_are_answered_in_words() -> None:
    said = words(FULL)
    assert "75.0% of 8 conversations in 2 days needed no person; in 12.5% the customer complained." in said
    assert "Nobody has written yet." in words(FIRST)
    assert "+2.5 points against the version before" in said
    assert "went from 95.0% to 87.5%" in said
    assert "(−15 points)." in said
    assert "delivery" not in said
    assert "Changed, and it lasts: out of scope." in said


@pytest.fixture(scope="module")
def drawn() -> str:
    return pictures(FULL)


def svgs(html: str) -> list[str]:
    return [base64.b64decode(data).decode() for data in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)]


@pytest.mark.slow
def test_every_plot_is_a_whole_picture_with_words_for_those_who_do_not_see_it(drawn: str) -> None:
    found = svgs(drawn)
    assert len(found) == drawn.count("<img ") == drawn.count('alt="') == 7
    for svg in found:
        ElementTree.fromstring(svg)
        assert "<script" not in svg
        assert not re.search(r'(href|src)="(?!#|http://www.w3.org)', svg)


@pytest.mark.slow
def test_no_picture_asks_for_the_dark_of_the_system_which_safari_hides_from_pictures(drawn: str) -> None:
    for svg in svgs(drawn):
        assert INK in svg
        assert not re.search(r"@media|var\(|#000000", svg)


def linear(value: float) -> float:
    """Of a part of a colour, from 0 to 1: how light it is."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def contrast(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """That of WCAG between two colours, shape (3,), from 0 to 1."""
    dark, light = sorted(float(np.vectorize(linear)(each) @ [0.2126, 0.7152, 0.0722]) for each in (first, second))
    return (light + 0.05) / (dark + 0.05)


def turned(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """What `invert(1) hue-rotate(180deg)` makes of a colour, by the matrix of the standard."""
    grey = np.array([0.213, 0.715, 0.072])
    return np.clip(2 * grey @ (1 - colour) - (1 - colour), 0, 1)


@pytest.mark.parametrize("colour", [BLUE, VERMILION, GREEN, PURPLE, INK, SOFT])
def test_lines_of_plots_stand_out_on_the_light_page_and_turned_on_the_dark_one(colour: str) -> None:
    assert "--plots: invert(1) hue-rotate(180deg)" in DARK_PALETTE
    assert "filter: var(--plots)" in read_style("desk-health.css")
    line, light, dark = (
        np.array([int(each[place : place + 2], 16) / 255 for place in (1, 3, 5)])
        for each in (colour, COLOURS["surface"], DARK_COLOURS["surface"])
    )
    assert min(contrast(line, light), contrast(turned(line), dark)) >= 3


@pytest.mark.slow
def test_every_plot_has_its_figures_as_a_table_and_as_csv(drawn: str) -> None:
    assert drawn.count("<details>") == drawn.count("<table>") == drawn.count('href="data:text/csv') == 7


@pytest.mark.slow
def test_names_and_reasons_are_shown_as_text(drawn: str) -> None:
    for html in (drawn, words(FULL), lists(FULL), lists(FIRST)):
        assert "<script" not in html
    assert "&lt;script&gt;" in lists(FIRST)
