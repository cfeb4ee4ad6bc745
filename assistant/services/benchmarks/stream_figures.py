"""What a benchmark run leaves behind: a table to read, an object and a CSV for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from statistics import fmean, stdev

from assistant.evaluation.stream_results import StreamResult, StreamSession
from assistant.services.files import write_atomically

# The title of each measure and what brings it to the title's unit.
COLUMNS = {
    "final_accuracy": ("final %", 100),
    "average_accuracy": ("average %", 100),
    "forgetting": ("forgetting %", 100),
    "base_drop": ("base drop %", 100),
    "excess": ("excess %", 100),
    "update_seconds": ("last update s", 1),
    "total_seconds": ("all updates s", 1),
    "version_bytes": ("version MB", 1e-6),
}


def as_markdown(results: Sequence[StreamResult]) -> str:
    """Mean ± sample standard deviation over the seeds: a row per result or, where there is one, below a row per seed.

    Percent, seconds, then millions of bytes; a measure that none has is left out, as one that a row lacks is there
    (`–`). The results are of one data set and encoder.
    """
    first = results[0]
    shown = [name for name in COLUMNS if any(name in result.by_measure() for result in results)]
    titles = [COLUMNS[name][0] for name in shown]
    about = f"{first.dataset}, encoder {first.encoder}"
    if len(results) == 1:
        lines = [f"{about}, plan {first.plan}{_memory(first)}{_changes(first)}", "", *_head(["seed"], titles)]
        for number, one in enumerate(first.seeds):
            lines.append(_line([str(one.seed)], [f"{_scaled(first, name)[number]:.2f}" for name in shown]))
        if len(first.seeds) > 1:
            lines.append(_line(["mean ± sd"], [_spread(_scaled(first, name)) for name in shown]))
    else:
        seeds = ", ".join(str(one.seed) for one in first.seeds)
        lines = [f"{about}, seeds {seeds}{_changes(first)}", "", *_head(["plan", "memory"], titles)]
        for result in results:
            memory = "–" if result.memory is None else str(result.memory)
            lines.append(_line([result.plan, memory], [_spread(_scaled(result, name)) for name in shown]))
    return "\n".join(lines) + "\n"


def as_json(results: Sequence[StreamResult]) -> dict[str, object]:
    """The object of the first result and, where there are several, `plans`: the objects of all, the first included.

    So who reads one plan reads the first. The object:
    `{"dataset", "plan", "encoder", "memory", "seeds": [{"seed", "sessions": [{"intents", "accuracy", "old_accuracy",
    "new_accuracy", "seconds"}], "final_accuracy", "average_accuracy", "forgetting", "base_drop", "update_seconds"}],
    "mean": {…}}`, accuracies in [0, 1]. `mean` has the measures of a seed. `total_seconds` joins them, `excess` where a
    joint retrain was in the run, and `version_bytes` for who makes versions; `shots` and `noise` stand beside `memory`
    where they were asked for, and an anchor's `memory` is
    null.
    """
    objects = [result.as_json() for result in results]
    return {**objects[0], "plans": objects} if len(objects) > 1 else objects[0]


def as_csv(results: Sequence[StreamResult]) -> str:
    """A line per plan, memory, seed and session. Shares in [0, 1]; empty where there is no value."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    names = [field.name for field in fields(StreamSession)]
    lines.writerow(["plan", "memory", "seed", "session", *names])
    for result in results:
        for one in result.seeds:
            for number, session in enumerate(one.sessions):
                lines.writerow([result.plan, result.memory, one.seed, number, *astuple(session)])
    return written.getvalue()


def write_csv(results: Sequence[StreamResult], out: Path | str) -> None:
    """Writes `as_csv`, whole or not at all. Raises InputError when the disk refuses."""
    write_atomically(Path(out), as_csv(results).encode())


def _memory(result: StreamResult) -> str:
    return "" if result.memory is None else f", {result.memory} exemplars per intent"


def _changes(result: StreamResult) -> str:
    shots = "" if result.shots is None else f", {result.shots} rows per new intent"
    return shots + (f", {result.noise:.1%} of new labels wrong" if result.noise else "")


def _scaled(result: StreamResult, name: str) -> list[float]:
    return [value * COLUMNS[name][1] for value in result.by_measure().get(name, [])]


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "–"
    return f"{fmean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


def _head(words: Sequence[str], numbers: Sequence[str]) -> list[str]:
    return [_line(words, numbers), f"|{'|'.join(['---'] * len(words) + ['---:'] * len(numbers))}|"]


def _line(words: Sequence[str], numbers: Sequence[str]) -> str:
    return f"| {' | '.join([*words, *numbers])} |"
