"""What is much, for people to read: how many of something, how large a share, the first of many, the beginning of a
long text."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """`1 message`, `2,000 messages`: of a noun whose plural takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percentage(share: float) -> str:
    """`10%`, `0.4%`, `12.5%`: a share that somebody chose, in [0, 1], as it was chosen."""
    return f"{100 * share:.4g}%"


def listed(told: Sequence[str], most: int, between: str = ", ") -> str:
    """The first `most` >= 1 of them, and how many more there are."""
    more = f" and {len(told) - most:,} more" if len(told) > most else ""
    return between.join(told[:most]) + more


def shortened(text: str, most: int) -> str:
    """The text in at most `most` >= 1 characters; where it is longer, the last one is an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
