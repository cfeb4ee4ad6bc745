"""The runs that learned or tried to: what became of each, and how long it took."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.domain import Version
from assistant.reading import read_whole
from assistant.services.runs.judged import number

RUNS = 60  # the latest are read


@dataclass(frozen=True, slots=True)
class Run:
    """`verdict` is published, held or refused; `rows` are those trained on. None where the report does not say."""

    started: datetime
    kind: str
    verdict: str
    seconds: float | None
    rows: int | None
    trigger: str
    reason: str


def runs(
    versions: Sequence[Version], published: Collection[str], folder: Path | None
) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """The latest runs, oldest first, and the names of reports that cannot be read.

    A refused run leaves only a file; a version whose file was deleted still has its report in the store.
    """
    found = {
        version.created_at: _run(version.report, version.created_at, _verdict(version, published))
        for version in versions
    }
    unreadable = []
    for file in sorted(folder.glob("*-*.json"), key=_stamp)[-RUNS:] if folder else ():
        try:
            report = json.loads(read_whole(file))
            started = datetime.fromisoformat(report["started"]).astimezone(UTC)
            told = found.get(started)
            found[started] = _run(report, started, told.verdict if told else str(report.get("verdict", "unknown")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            unreadable.append(file.name)
    return tuple(found[started] for started in sorted(found)[-RUNS:]), tuple(unreadable)


def _run(report: Mapping[str, object], started: datetime, verdict: str) -> Run:
    rows = number(report, "trained_rows")
    return Run(
        started,
        str(report.get("title", "Run")).split(" of ")[0],
        verdict,
        number(report, "seconds"),
        None if rows is None else int(rows),
        str(report.get("trigger") or ""),
        str(report.get("reason", "")),
    )


def _verdict(version: Version, published: Collection[str]) -> str:
    if version.state != "ready":
        return version.state
    return "published" if version.id in published else "held"


def _stamp(file: Path) -> str:
    """The moment in the name `kind-moment.json`, which sorts as the runs do."""
    return file.stem.rsplit("-", 1)[-1]
