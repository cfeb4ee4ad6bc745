"""Comparisons and experiments as HTML. All values are escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from assistant.services.tables import Cell, Table
from assistant.services.trials.experiment_figures import Compared
from assistant.services.trials.experiment_tables import arms_table, headline
from assistant.services.trials.shadow import Said, Shadowed
from assistant.services.trials.shadow_tables import DOES, change_table, changed_table, decision_table, words
from ui.desk.html import table
from ui.drawing import download

LISTED = 50  # changed answers on the page; the file has all


def comparison(found: Shadowed, titles: Mapping[str, str]) -> str:
    """What would change, in words, in figures and message by message."""
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in words(found))
    if not found.changed:
        return f"{said}<p class='facts'>Nothing changes for these messages.</p>"
    cut = f"<p class='facts'>The first {LISTED} of {len(found.changed):,}.</p>" if len(found.changed) > LISTED else ""
    rows = [
        (
            one.text,
            _said(one.live, titles),
            _said(one.candidate, titles),
            titles.get(one.label, one.label) if one.label else "–",
            one.change.value + (" (trained on it)" if one.learned else ""),
        )
        for one in found.pressing[:LISTED]
    ]
    return (
        f"{said}{_figures(change_table(found))}"
        f"<details><summary>What is done instead</summary>{_figures(decision_table(found))}</details>"
        f"<h3>Changed answers</h3>{download(changed_table(found).as_csv(), changed_table(found).name)}{cut}"
        + table(("Message", "Live version", "This version", "Label", "Change"), rows)
    )


def experiment(found: Compared | None) -> str:
    """The running experiment, or the last one folded away; nothing before the first."""
    if found is None:
        return ""
    figures = arms_table(found)
    told = (
        f"<p class='facts'>{escape(headline(found))}</p><p class='verdict'>{escape(found.verdict)}</p>"
        f"{_figures(figures)}{download(figures.as_csv(), figures.name)}"
    )
    if found.experiment.ended_at is None:
        return f"<h2>Tried on customers <em>Running</em></h2>{told}"
    return f"<details><summary>Last tried on customers: {escape(found.experiment.version)}</summary>{told}</details>"


def _said(said: Said, titles: Mapping[str, str]) -> str:
    intent = titles.get(said.intent, said.intent) if said.intent else "no intent"
    return f"{intent}: {DOES[said.decision]} ({said.confidence:.0%})"


def _figures(data: Table) -> str:
    return table(data.heads, [[_cell(cell) for cell in row] for row in data.rows])


def _cell(cell: Cell) -> str:
    return "–" if cell is None else str(cell)
