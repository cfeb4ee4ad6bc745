"""The health page as HTML: four answers in words, the plots, and the figures behind each. All values are escaped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from assistant.monitoring.drift import lasting
from assistant.services.health.overview import HealthView
from assistant.services.health.tables import tables
from assistant.services.tables import Table
from ui.desk import health_grids as grids
from ui.desk import health_plots as plots
from ui.desk.html import table
from ui.drawing import download, picture

LISTED = 12
NOTICEABLE = 0.05  # of accuracy, from which an intent's loss is named


@dataclass(frozen=True)
class Panel:
    """A plot, when there is something to draw, and which table holds its figures."""

    title: str
    about: str
    table: str
    draw: Callable[[HealthView], str]
    has: Callable[[HealthView], bool]


def _several(view: HealthView) -> bool:
    return len(view.versions) > 1


PANELS = (
    Panel(
        "Accuracy over versions",
        "On rows never trained on. Old intents are those that the version before knew; the intents of the first version"
        " are followed all the way.",
        "versions", plots.accuracy, _several,
    ),
    Panel(
        "Forgetting, night by night",
        "Retention is the accuracy on old intents as a share of the version before. Negative flips are answers that"
        " turned from right to wrong.",
        "versions", plots.forgetting, _several,
    ),
    Panel(
        "Intent by intent",
        "Accuracy on the holdout, the least accurate intents first; the stronger the colour, the more is wrong.",
        "by_intent", grids.by_intent, lambda view: _several(view) and bool(view.by_intent),
    ),
    Panel(
        "Conversations day by day",
        "How many began, in how many of them a person was needed, and in how many the customer complained: thumbs down,"
        " or not what they meant.",
        "conversations", plots.conversations, lambda view: len(view.outcomes) > 1,
    ),
    Panel(
        "Messages day by day",
        "Entropy tells how undecided the version was; out of scope is what it took for none of its intents.",
        "days", plots.days, lambda view: len(view.days) > 1,
    ),
    Panel(
        "Corrected most often",
        "What was guessed first and what operators said instead, since the beginning.",
        "confusions", plots.confusions, lambda view: bool(view.confusions),
    ),
    Panel(
        "Calibration",
        "Of the messages that operators labelled: how often the first guess was right, by how sure it was. They label"
        " what is unsure or was complained about, so that points below the line are usual.",
        "reliability", grids.calibration, lambda view: bool(view.reliability),
    ),
    Panel(
        "Memory",
        "Exemplars that a version keeps, and the size of its folder.",
        "versions", plots.memory,
        lambda view: _several(view) and any(point.megabytes is not None for point in view.versions),
    ),
    Panel(
        "Drift of the live version’s messages",
        "Each monitor compares a window of messages with those before the version went live.",
        "drift", plots.drift, lambda view: bool(view.drift),
    ),
)  # fmt: skip


def words(view: HealthView) -> str:
    """What is told in words: the answers, and what is missing; a friendly line before the first version."""
    if view.live is None:
        return '<div class="empty"><h2>No version yet</h2><p>Training makes the first one.</p></div>'
    return f"{answers(view)}{_missing(view)}"


def has_pictures(view: HealthView) -> bool:
    """Whether there is anything to draw."""
    return any(panel.has(view) for panel in PANELS)


@lru_cache(4)  # drawing takes seconds, and what is drawn changes once a night or with a message
def pictures(view: HealthView) -> str:
    """The plots that there is something for, each with its figures."""
    found = tables(view)
    shown = "".join(_panel(panel, view, found[panel.table]) for panel in PANELS if panel.has(view))
    return f'<div class="plots">{shown}</div>'


def lists(view: HealthView) -> str:
    """The intents below their best, and the runs; nothing before the first version."""
    return _lists(view, tables(view)) if view.live else ""


def answers(view: HealthView) -> str:
    """Does it help, is it getting better, is anything forgotten, has the traffic changed: in a sentence each."""
    asked = (
        ("Does it help customers?", _helpful(view)),
        ("Is it getting better?", _better(view)),
        ("Is anything being forgotten?", _forgotten(view)),
        ("Do customers ask as before?", _changed(view)),
    )
    cards = "".join(f"<div><h3>{question}</h3><p>{escape(answer)}</p></div>" for question, answer in asked)
    return f'<div class="answers">{cards}</div>'


def _helpful(view: HealthView) -> str:
    talks = sum(one.conversations for one in view.outcomes)
    if not talks:
        return "Nobody has written yet."
    alone = 1 - sum(one.passed_on for one in view.outcomes) / talks
    complained = sum(one.complained for one in view.outcomes) / talks
    days = (view.outcomes[-1].day - view.outcomes[0].day).days + 1
    over = f"in {days} days" if days > 1 else "in one day"
    said = f"{alone:.1%} of {talks:,} conversations {over} needed no person"
    return f"{said}; in {complained:.1%} the customer complained."


def _better(view: HealthView) -> str:
    now = view.versions[-1]
    if now.judged.overall is None:
        return "The live version has no holdout rows to judge it on."
    said = f"{now.judged.overall:.1%} of the holdout is recognised, over {now.judged.intents} intents"
    before = view.versions[-2].judged if _several(view) else None
    if before is None or before.overall is None:
        return f"{said}. This is the first version; the next one will be compared with it."
    change = 100 * (now.judged.overall - before.overall)
    return f"{said}: {change:+.1f} points against the version before, which knew {before.intents}."


def _forgotten(view: HealthView) -> str:
    if not _several(view):
        return "Nothing could be forgotten yet: there has been no update."
    before, now = view.kept_at_first, view.versions[-1].kept
    said = ""
    if before is not None and now is not None:
        said = f"The intents of the first version went from {before:.1%} to {now:.1%}. "
    fallen = [one for one in view.fallen if one.lost >= NOTICEABLE]
    if not fallen:
        return f"{said}No intent lies {NOTICEABLE:.0%} or more below its best."
    named = ", ".join(f"{one.intent} (−{100 * one.lost:.0f} points)" for one in fallen[:3])
    more = f" and {len(fallen) - 3} more" if len(fallen) > 3 else ""
    return f"{said}Clearly below their best: {named}{more}."


def _changed(view: HealthView) -> str:
    if not view.drift:
        return "Not measured yet: run assistant drift once enough messages have come."
    monitors = dict.fromkeys(one.monitor for one in view.drift)
    beyond = [
        name.replace("_", " ")
        for name in monitors
        if lasting([one.outside for one in view.drift if one.monitor == name])
    ]
    return f"Changed, and it lasts: {', '.join(beyond)}." if beyond else "Yes: every monitor is where it usually is."


def _missing(view: HealthView) -> str:
    said = []
    if not _several(view):
        said.append("Curves over versions appear here with the second version.")
    if len(view.days) < 2:
        said.append("Curves over days appear once customers have written on two days.")
    if view.no_doubt:
        said.append(f"{view.no_doubt[0].upper()}{view.no_doubt[1:]}.")
    if view.unreadable:
        said.append(f"Reports that cannot be read: {', '.join(view.unreadable)}.")
    return f'<p class="facts">{escape(" ".join(said))}</p>' if said else ""


def _panel(panel: Panel, view: HealthView, data: Table) -> str:
    wide = ' class="wide"' if panel.table == "drift" else ""
    drawing = picture(panel.draw(view), f"{panel.title}. {panel.about} The figures are in the table below.")
    return f"<section{wide}><h2>{panel.title}</h2><p class='facts'>{panel.about}</p>{drawing}{_figures(data)}</section>"


def _figures(data: Table) -> str:
    return (
        f"<details><summary>Figures</summary>{download(data.as_csv(), data.name)}"
        f"{table(data.heads, _words(data))}</details>"
    )


def _lists(view: HealthView, found: dict[str, Table]) -> str:
    below = ""
    if _several(view):
        below = _list("Intents below their best", found["fallen"], _words(found["fallen"]))
    return below + _list("Runs", found["runs"], _words(found["runs"])[::-1])


def _list(title: str, data: Table, rows: list[list[str]]) -> str:
    cut = f"<p class='facts'>The first {LISTED} of {len(rows)}.</p>" if len(rows) > LISTED else ""
    return f"<h2>{title}</h2>{download(data.as_csv(), data.name)}{cut}{table(data.heads, rows[:LISTED])}"


def _words(data: Table) -> list[list[str]]:
    return [["–" if cell is None else str(cell) for cell in row] for row in data.rows]
