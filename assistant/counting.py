"""How many there are of something, for people to read."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """`1 message`, `2,000 messages`: of a noun whose plural takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(told: Sequence[str], most: int, between: str = ", ") -> str:
    """The first `most` >= 1 of them, and how many more there are."""
    more = f" and {len(told) - most:,} more" if len(told) > most else ""
    return between.join(told[:most]) + more
