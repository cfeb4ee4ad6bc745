"""The health page: answers in words, pictures that need nothing from outside, and texts that stay texts."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest

from assistant.services.health.forgetting import Fallen
from assistant.services.health.overview import Confusion, DayPoint, HealthView, VersionPoint
from assistant.services.health.runs import Run
from assistant.services.runs.judged import Judged
from assistant.store import DriftScore
from assistant.store.outcomes import Outcomes
from ui.desk.health import has_pictures, lists, pictures, words

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
def test_plots_take_their_colours_from_the_light_or_dark_of_the_system(drawn: str) -> None:
    for svg in svgs(drawn):
        style, rest = svg.split("</style>", 1)
        assert "prefers-color-scheme:dark" in style
        assert "var(--c0)" in rest
        assert "#1d2a2f" not in rest  # ink on paper alone would vanish in the dark
        assert "#000000" not in rest


@pytest.mark.slow
def test_every_plot_has_its_figures_as_a_table_and_as_csv(drawn: str) -> None:
    assert drawn.count("<details>") == drawn.count("<table>") == drawn.count('href="data:text/csv') == 7


@pytest.mark.slow
def test_names_and_reasons_are_shown_as_text(drawn: str) -> None:
    for html in (drawn, words(FULL), lists(FULL), lists(FIRST)):
        assert "<script" not in html
    assert "&lt;script&gt;" in lists(FIRST)
