"""The class-incremental benchmark over files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import stdev

from assistant.domain import LabelledText
from assistant.errors import InputError, UnknownStrategyError
from assistant.evaluation.stream_results import SeedResult, StreamResult
from assistant.evaluation.streams import StreamProgress, check_stream, run_seeds
from assistant.formats import Row, read_rows
from assistant.learning.plans import PLANS
from assistant.model.encoder import TextEncoder
from assistant.services.features import cached_features, write_atomically
from assistant.strategies import nearest


def run_stream(
    data: Path | str,
    test: Path | str | None,
    *,
    base: int,
    step: int,
    seeds: Sequence[int],
    memory: int,
    plan_name: str,
    encoder: TextEncoder,
    cache: Path | str,
    on_progress: StreamProgress | None = None,
    judged: str = "test",
) -> StreamResult:
    """One stream per seed over the train rows of `data` (those of split `train` or of none).

    Tested on the rows of `test` (those of split `judged` or of none) or, without that file, on the rows of `data`
    of split `judged`: `test` for a figure to report, `holdout` while choosing. `memory` >= 0 is exemplars per
    intent, `cache` the folder that keeps embeddings between runs. `on_progress` gets a stage (`embedding`, then
    `updates`), what is done and what there is in all. Raises InputError or UnknownStrategyError before any work.
    """
    if plan_name not in PLANS:
        raise UnknownStrategyError(
            f"unknown plan {plan_name!r}{nearest(plan_name, PLANS)}; choose one of: {', '.join(PLANS)}"
        )
    if memory < 0:
        raise InputError(f"memory = {memory}: give the exemplars kept per intent, 0 or more")
    data = Path(data)
    train_rows, test_rows = _rows(data, Path(test) if test else None, judged)
    check_stream(train_rows, test_rows, base=base, step=step, seeds=seeds)
    features = cached_features(
        encoder,
        [row.text for row in (*train_rows, *test_rows)],
        Path(cache),
        str(data.resolve()),
        partial(on_progress, "embedding") if on_progress else None,
    )
    results = run_seeds(
        train_rows,
        test_rows,
        encoder=features,
        plan=replace(PLANS[plan_name], memory=memory),
        base=base,
        step=step,
        seeds=seeds,
        on_progress=on_progress,
    )
    # With its folder, since `train.csv` alone names no data set.
    return StreamResult("/".join(data.resolve().parts[-2:]), plan_name, encoder.name, memory, results)


def write_result(result: StreamResult, out: Path | str) -> None:
    """Writes the result as JSON, whole or not at all. Raises InputError when the disk refuses."""
    written = json.dumps(result.as_json(), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(Path(out), f"{written}\n".encode())


def as_markdown(result: StreamResult) -> str:
    """A table: a row per seed, and mean ± sample standard deviation in the last. Percent, then seconds."""
    lines = [
        f"{result.dataset}, plan {result.plan}, encoder {result.encoder}, {result.memory} exemplars per intent",
        "",
        "| seed | final % | average % | forgetting % | base drop % | last update s |",
        "|---|---:|---:|---:|---:|---:|",
        *(_line(str(one.seed), _values(one)) for one in result.seeds),
    ]
    if len(result.seeds) > 1:
        columns = zip(*(_values(one) for one in result.seeds), strict=True)
        means = _values(replace(result.seeds[0], measures=result.mean))
        spread = [f"{mean:.2f} ± {stdev(values):.2f}" for mean, values in zip(means, columns, strict=True)]
        lines.append(_line("mean ± sd", spread))
    return "\n".join(lines) + "\n"


def _values(one: SeedResult) -> list[float]:
    """The five measures in the table's order and units."""
    m = one.measures
    return [
        *(100 * x for x in (m.final_accuracy, m.average_accuracy, m.forgetting, m.base_drop)),
        m.update_seconds,
    ]


def _line(first: str, cells: Sequence[float | str]) -> str:
    written = [cell if isinstance(cell, str) else f"{cell:.2f}" for cell in cells]
    return f"| {' | '.join([first, *written])} |"


def _rows(data: Path, test: Path | None, judged: str) -> tuple[list[LabelledText], list[LabelledText]]:
    """Train and test rows, at least one of each."""
    rows = read_rows(data)
    train = _labelled(rows, "train", None)
    if not train:
        raise InputError(f"{data}: none of its {len(rows)} rows is of split 'train'; mark some, or drop the column")
    if test is None:
        found = _labelled(rows, judged)
        if not found:
            raise InputError(
                f"{data}: none of its {len(rows)} rows is of split {judged!r};"
                " name the file that holds the test rows with --test FILE"
            )
        return train, found
    rows = read_rows(test)
    found = _labelled(rows, judged, None)
    if not found:
        raise InputError(f"{test}: none of its {len(rows)} rows is of split {judged!r} or of none; give test rows")
    return train, found


def _labelled(rows: Sequence[Row], *splits: str | None) -> list[LabelledText]:
    return [LabelledText(row.text, row.intent) for row in rows if row.split in splits]
