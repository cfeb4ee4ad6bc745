"""The figures of the health page as tables, for the page and for other programs: one source for both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from assistant.services.files import write_atomically
from assistant.services.health.overview import HealthView
from assistant.services.tables import Cell, Table


def tables(view: HealthView) -> dict[str, Table]:
    """All tables by name; shares are percent."""
    made = (
        *(_versions(view), _fallen(view), _by_intent(view), _runs(view)),
        *(_conversations(view), _days(view), _drift(view), _confusions(view), _reliability(view)),
    )
    return {table.name: table for table in made}


def write_tables(view: HealthView, folder: Path) -> list[Path]:
    """Writes `NAME.csv` for each table into `folder`, made if need be, each whole or not at all.

    Raises InputError when the disk refuses.
    """
    written = []
    for name, table in tables(view).items():
        written.append(folder / f"{name}.csv")
        write_atomically(written[-1], table.as_csv().encode())
    return written


def _versions(view: HealthView) -> Table:
    heads = (
        "version", "made (UTC)", "intents", "all intents (%)", "old intents (%)", "new intents (%)",
        "intents of the first version (%)", "retention (%)", "forgetting (points)", "negative flips (%)",
        "entropy (nats)", "parameter change (%)", "exemplars", "folder (MB)",
    )  # fmt: skip
    return Table(
        "versions",
        heads,
        tuple(
            (
                point.version,
                _minute(point.made),
                point.judged.intents,
                *_percent(point.judged.overall, point.judged.old, point.judged.new, point.kept),
                *_percent(point.judged.retention, point.judged.forgetting, point.judged.flips),
                _rounded(point.judged.entropy, 4),
                *_percent(point.judged.norm_change),
                point.exemplars,
                _rounded(point.megabytes, 1),
            )
            for point in view.versions
        ),
    )


def _fallen(view: HealthView) -> Table:
    return Table(
        "fallen",
        ("intent", "best (%)", "best in version", "now (%)", "lost (points)", "holdout rows"),
        tuple(
            (one.intent, *_percent(one.best), one.best_version, *_percent(one.now, one.lost), one.rows)
            for one in view.fallen
        ),
    )


def _runs(view: HealthView) -> Table:
    return Table(
        "runs",
        ("started (UTC)", "kind", "verdict", "seconds", "rows", "started because", "outcome"),
        tuple(
            (_minute(run.started), run.kind, run.verdict, _rounded(run.seconds, 1), run.rows, run.trigger, run.reason)
            for run in view.runs
        ),
    )


def _conversations(view: HealthView) -> Table:
    heads = ("began on (UTC)", "conversations", "passed on to a person", "with a complaint", "with a thumbs up")
    each = (
        (one.day.isoformat(), one.conversations, one.passed_on, one.complained, one.praised) for one in view.outcomes
    )
    return Table("conversations", heads, tuple(each))


def _days(view: HealthView) -> Table:
    heads = ("day (UTC)", "messages", "confidence (%)", "not answered by itself (%)", "entropy (nats)")
    return Table(
        "days",
        (*heads, "out of scope (%)"),
        tuple(
            (
                day.day.isoformat(),
                day.messages,
                *_percent(day.confidence, day.unanswered),
                _rounded(day.entropy, 4),
                *_percent(day.outside),
            )
            for day in view.days
        ),
    )


def _drift(view: HealthView) -> Table:
    return Table(
        "drift",
        ("monitor", "first message", "last message", "score", "usual from", "usual to", "outside"),
        tuple(
            (
                one.monitor,
                one.first_message,
                one.last_message,
                *(_rounded(value, 5) for value in (one.score, one.low, one.high)),
                "yes" if one.outside else "no",
            )
            for one in view.drift
        ),
    )


def _confusions(view: HealthView) -> Table:
    pairs = tuple((one.guess, one.label, one.times) for one in view.confusions)
    return Table("confusions", ("first guess", "operators' label", "times"), pairs)


def _by_intent(view: HealthView) -> Table:
    heads = ("intent", "holdout rows", *(f"{point.version} (%)" for point in view.versions))
    return Table(
        "by_intent", heads, tuple((one.intent, one.rows, *_percent(*one.accuracies)) for one in view.by_intent)
    )


def _reliability(view: HealthView) -> Table:
    return Table(
        "reliability",
        ("messages", "confidence (%)", "right (%)"),
        tuple((one.messages, *_percent(one.sure, one.right)) for one in view.reliability),
    )


def _percent(*shares: float | None) -> Sequence[Cell]:
    return [None if share is None else round(100 * share, 2) for share in shares]


def _rounded(value: float | None, digits: int) -> Cell:
    return None if value is None else round(value, digits)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
