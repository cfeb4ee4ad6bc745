"""What labels are worth: accuracy by the number of labels, for each order of asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import InputError
from assistant.evaluation.nights import require_seeds
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.model.encoder import TextEncoder
from assistant.monitoring.labeling_order import STRATEGIES, Strategy
from assistant.services.benchmarks.features import cached_features
from assistant.services.benchmarks.sides import dataset_name, learned_ones, one_file

Progress = Callable[[str, int, int], None]


def run_labeling(
    data: Path,
    *,
    encoder: TextEncoder,
    cache: Path,
    plan: UpdatePlan,
    start: int,
    budgets: Sequence[int],
    judged: str,
    seeds: Sequence[int] = (0,),
    on_progress: Progress = lambda what, done, total: None,
) -> dict[str, Any]:
    """Accuracies in percent after 0 labels and after each of `budgets` (rising), by strategy: the mean over `seeds`,
    of which each draws the rows to start with and what is chosen at random.

    A first version learns `start` rows of each intent; the other train rows are the messages to choose from. After
    each budget a version is trained on all labels there are. Raises InputError for data, budgets or seeds that do
    not fit.
    """
    if not budgets or list(budgets) != sorted(set(budgets)) or budgets[0] < 1:
        raise InputError(f"labels = {list(budgets)}: give rising numbers of labels, such as 100,200,400")
    require_seeds(seeds)
    train, test = one_file(data, judged)
    test = learned_ones(train, test)
    features = cached_features(
        encoder,
        [r.text for r in (*train, *test)],
        cache,
        str(data.resolve()),
        lambda d, t: on_progress("embedding", d, t),
    )
    vectors, judging = features.embed([r.text for r in train]), features.embed([r.text for r in test])
    intents = np.array([row.intent for row in train])
    firsts = {seed: _beginning(intents, start, seed) for seed in seeds}
    left = len(train) - max(len(first) for first in firsts.values())
    if budgets[-1] > left:
        raise InputError(
            f"labels = {budgets[-1]}: of {len(train)} train rows only {left} are left to label beside {start} of each"
            " intent to start with; ask for fewer labels, begin with a smaller --start, or give more train rows"
        )

    def learned(chosen: Sequence[int]) -> Learner:
        return update(Learner.untrained(features, plan), [train[n] for n in chosen], plan)

    def accuracy(learner: Learner) -> float:
        return 100 * float(learner.model.accuracy_rows(judging, [row.intent for row in test]).mean())

    def curve(strategy: Strategy, learner: Learner, seed: int, step: Callable[[], None]) -> list[float]:
        first = firsts[seed]
        generator, chosen, found = np.random.default_rng(seed), list(first), [accuracy(learner)]
        for budget in budgets:
            pool = np.setdiff1d(np.arange(len(train)), chosen)
            shares = learner.model.probabilities(vectors[pool])
            asked = strategy(shares, vectors[pool], vectors[chosen], len(first) + budget - len(chosen), generator)
            chosen += pool[list(asked)].tolist()
            learner = learned(chosen)
            found.append(accuracy(learner))
            step()
        return found

    done, steps = 0, len(seeds) * len(STRATEGIES) * len(budgets)
    on_progress("learning", done, steps)

    def step() -> None:
        nonlocal done
        done += 1
        on_progress("learning", done, steps)

    by_seed: dict[int, dict[str, list[float]]] = {}
    for seed in seeds:
        beginning = learned(firsts[seed])
        by_seed[seed] = {name: curve(strategy, beginning, seed, step) for name, strategy in STRATEGIES.items()}
    mean = {name: np.mean([curves[name] for curves in by_seed.values()], axis=0).tolist() for name in STRATEGIES}
    return {
        "dataset": dataset_name(data), "start": start, "labels": [0, *budgets], "judged": judged,
        "seeds": [{"seed": seed, "accuracy": curves} for seed, curves in by_seed.items()], "accuracy": mean,
        "fewer_than_random": saved([0, *budgets], mean["value"], mean["random"]),
    }  # fmt: skip


def _beginning(intents: NDArray[np.str_], start: int, seed: int) -> list[int]:
    """`start` rows of each intent."""
    shuffled = np.random.default_rng(seed).permutation(len(intents))
    return [int(n) for name in np.unique(intents) for n in shuffled[intents[shuffled] == name][:start]]


def saved(labels: Sequence[int], ours: Sequence[float], random: Sequence[float]) -> float | None:
    """The share of labels that our order saves for the accuracy that random ones end at; None if it never does."""
    goal = random[-1]
    best = np.maximum.accumulate(ours)
    if best[-1] < goal:
        return None
    reached = int(np.argmax(best >= goal))  # the first time: a curve that stays level has many
    stretch = slice(max(0, reached - 1), reached + 1)
    return 1.0 - float(np.interp(goal, best[stretch], labels[stretch])) / labels[-1]


def as_markdown(figures: Mapping[str, Any]) -> str:
    """A table of the curves."""
    heads = [f"{count} labels" for count in figures["labels"]]
    lines = [
        f"{figures['dataset']}, {figures['start']} rows per intent to start, percent right on {figures['judged']},"
        f" mean of {len(figures['seeds'])} seed(s)",
        "", "| order | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads),
    ]  # fmt: skip
    lines += [f"| {name} | " + " | ".join(f"{a:.2f}" for a in row) + " |" for name, row in figures["accuracy"].items()]
    fewer = figures["fewer_than_random"]
    told = "never gets there" if fewer is None else f"takes {fewer:.0%} fewer labels"
    return "\n".join([*lines, "", f"To the accuracy that random labels end at, `value` {told}."])
