"""The class-incremental benchmark over files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.evaluation.contenders import entries
from assistant.evaluation.nights import StreamShape, check_stream
from assistant.evaluation.stream_results import StreamResult
from assistant.evaluation.streams import StreamProgress, run_seeds
from assistant.model.encoder import TextEncoder
from assistant.services.benchmarks.features import cached_features
from assistant.services.benchmarks.sides import dataset_name, of_splits, read_sides, require_judged, warn_of_known

JOINT = "joint"  # the anchor that excess is measured against


def run_stream(
    data: Path | str,
    test: Path | str | None,
    *,
    plans: Sequence[str],
    memories: Sequence[int],
    shape: StreamShape,
    seeds: Sequence[int],
    encoder: TextEncoder,
    cache: Path | str,
    on_progress: StreamProgress | None = None,
    judged: str = "test",
    consolidate: int | None = None,
) -> tuple[StreamResult, ...]:
    """One result for each plan with each size of memory and for each anchor, in the order of their names in `plans`.

    Each runs one stream per seed over the train rows of `data` (those of split `train` or of none), and is tested
    on the rows of `test` (those of split `judged` or of none) or, without that file, on the rows of `data` of split
    `judged`: `test` for a figure to report, `holdout` while choosing. `memories` are exemplars per intent, `cache`
    is the folder that keeps embeddings between runs. With the anchor `joint` among them, all results have their
    excess. With `consolidate` the encoder trains too, every so many-th night. `on_progress` gets a stage (`embedding`,
    then each contender's title), what is done and what there is in all. Raises InputError or UnknownStrategyError
    before any work.
    """
    contenders = entries(plans, memories, consolidate)
    data = Path(data)
    train_rows, test_rows = bench_rows(data, Path(test) if test else None, judged)
    check_stream(train_rows, test_rows, shape, seeds)
    features = cached_features(
        encoder,
        [row.text for row in (*train_rows, *test_rows)],
        Path(cache),
        str(data.resolve()),
        partial(on_progress, "embedding") if on_progress else None,
    )
    results = []
    for entry in contenders:
        measured = run_seeds(
            train_rows,
            test_rows,
            encoder=features,
            entry=entry,
            shape=shape,
            seeds=seeds,
            on_progress=on_progress,
        )
        # With its folder, since `train.csv` alone names no data set.
        dataset = dataset_name(data)
        results.append(
            StreamResult(dataset, entry.name, encoder.name, entry.memory, measured, shape.shots, shape.noise)
        )
    joint = next((result for result in results if result.plan == JOINT), None)
    return tuple(result.beyond(joint) for result in results) if joint else tuple(results)


def bench_rows(data: Path, test: Path | None, judged: str) -> tuple[list[LabelledText], list[LabelledText]]:
    """Train and test rows, at least one of each."""
    require_judged(judged)
    rows = read_sides(data)
    train = of_splits(rows, "train", None)
    if not train:
        raise InputError(f"{data}: none of its {len(rows)} rows is of split 'train'; mark some, or drop the column")
    if test is None:
        found = of_splits(rows, judged)
        if not found:
            raise InputError(
                f"{data}: none of its {len(rows)} rows is of split {judged!r};"
                " name the file that holds the test rows with --test FILE"
            )
        warn_of_known(train, found)
        return train, found
    rows = read_sides(test, judged)
    found = of_splits(rows, judged, None)
    if not found:
        raise InputError(f"{test}: none of its {len(rows)} rows is of split {judged!r} or of none; give test rows")
    warn_of_known(train, found)
    return train, found
