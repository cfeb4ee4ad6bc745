"""The figures of both sides of an experiment, and whether they tell anything yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from assistant.services.intents.retiring import heir_of
from assistant.store.arms import ArmCounts
from assistant.store.experiments import Experiment

NOTICEABLE = 0.05  # the difference between the shares of conversations in trouble that is planned for
ERROR, POWER = 0.05, 0.8  # two-sided error of the first kind, and how surely a noticeable difference is found
# Before the planned number of conversations only this much counts (Haybittle-Peto boundary): looking every day would
# otherwise find a difference sooner or later where there is none.
EARLY = 0.001
FEWEST = 5  # expected conversations in each cell of the table, below which the test is exact


@dataclass(frozen=True, slots=True)
class Arm:
    """One version's figures; shares are in [0, 1], None where nothing was counted."""

    counts: ArmCounts
    labelled: int
    right: int

    @property
    def troubled(self) -> float | None:
        """The share of conversations in which a customer complained or a person took over."""
        return _share(self.counts.troubled, self.counts.conversations)

    @property
    def asked_back(self) -> float | None:
        """The share of messages that the bot answered with a question."""
        return _share(self.counts.asked_back, self.counts.messages)

    @property
    def accuracy(self) -> float | None:
        """The share of labelled messages whose first guess is what operators say."""
        return _share(self.right, self.labelled)

    @property
    def corrections(self) -> int:
        """Labelled messages whose first guess is not what operators say."""
        return self.labelled - self.right


@dataclass(frozen=True, slots=True)
class Compared:
    """An experiment with both sides. `more` conversations, of both sides together, are missing to the planned number.

    `p` is the probability of sides at least as unlike as these if both versions caused trouble equally often, None
    without a conversation on each side. `exact` tells which test found it.
    """

    experiment: Experiment
    tried: Arm
    live: Arm
    p: float | None
    exact: bool
    more: int

    @property
    def verdict(self) -> str:
        """The significance line, in words."""
        tried, live = self.tried.troubled, self.live.troubled
        missing = f"Not enough yet: {self.more:,} more conversations" if self.more else ""
        if tried is None or live is None or self.p is None:
            return f"{missing or 'Not enough yet'} until a difference of {100 * NOTICEABLE:g} points would be found."
        shares = f"{tried:.1%} of its conversations had a complaint or a hand-over, against {live:.1%}"
        test = f"p = {_p(self.p)}, {'Fisher’s exact test' if self.exact else 'two-proportion test'}"
        if self.p < (EARLY if self.more else ERROR):
            early = ", clear enough to stop early" if self.more else ""
            return f"{'Better' if tried < live else 'Worse'}{early}: {shares} ({test})."
        if self.more:
            return f"{missing} until a difference of {100 * NOTICEABLE:g} points would be found; so far {shares}."
        return f"No difference found: {shares} ({test})."


def compared(experiment: Experiment, tried: ArmCounts, live: ArmCounts, retired: Mapping[str, str | None]) -> Compared:
    """Both sides side by side; guesses and labels of merged intents count for their heirs."""
    p, exact = difference(tried.troubled, tried.conversations, live.troubled, live.conversations)
    wanted = planned(experiment.share, tried.troubled + live.troubled, tried.conversations + live.conversations)
    done = min(tried.conversations / experiment.share, live.conversations / (1 - experiment.share))
    more = ceil(max(0.0, wanted - done))
    return Compared(experiment, _arm(tried, retired), _arm(live, retired), p, exact, more)


def difference(first: int, of_first: int, second: int, of_second: int) -> tuple[float | None, bool]:
    """The two-sided p of two shares being equal, and whether the test was exact; None without rows on a side.

    Fisher's exact test where fewer than FEWEST rows are expected in a cell, else the chi-squared test without
    correction, which is the two-proportion z-test squared.
    """
    # Imported here: scipy.stats takes a second to load, and most who open the desk's tab have no experiment.
    from scipy.stats import chi2_contingency, fisher_exact

    if not of_first or not of_second:
        return None, True
    table = [[first, of_first - first], [second, of_second - second]]
    total = of_first + of_second
    rarest = min(first + second, total - first - second) * min(of_first, of_second) / total
    if rarest < FEWEST:
        return float(fisher_exact(table)[1]), True
    return float(chi2_contingency(table, correction=False)[1]), False


def planned(share: float, troubled: int, conversations: int) -> int:
    """How many conversations, both sides together, find a difference of NOTICEABLE with POWER at ERROR.

    The usual normal approximation for two proportions on sides of unequal size (Fleiss, Levin & Paik 2003, 4.2), from
    the trouble seen so far on both sides, with one conversation of each kind added so that few do not look certain.
    """
    from scipy.stats import norm

    usual = (troubled + 1) / (conversations + 2)
    other = usual + NOTICEABLE if usual < 0.5 else usual - NOTICEABLE
    spread = usual * (1 - usual) / (1 - share) + other * (1 - other) / share
    return ceil(float(norm.isf(ERROR / 2) + norm.isf(1 - POWER)) ** 2 * spread / NOTICEABLE**2)


def _arm(counts: ArmCounts, retired: Mapping[str, str | None]) -> Arm:
    told = [(heir_of(guess, retired), heir_of(label, retired), times) for guess, label, times in counts.labels]
    labelled = [(guess, label, times) for guess, label, times in told if label is not None]
    return Arm(
        counts,
        sum(times for _, _, times in labelled),
        sum(times for guess, label, times in labelled if guess == label),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _p(value: float) -> str:
    return "less than 0.0001" if value < 0.0001 else f"{value:.2g}"
