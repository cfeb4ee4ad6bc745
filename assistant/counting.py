"""How many there are of something, for people to read."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`1 message`, `2,000 messages`: of a noun whose plural takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
