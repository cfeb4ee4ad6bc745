"""Which of tonight's groups is which of the earlier ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from assistant.monitoring.proposals import Features

SHARED = 0.5  # of the smaller group's rows, that is, of those that are still there
SAME_CENTRE = 0.97  # cosine; close intents come to 0.95 with some encoders


@dataclass(frozen=True)
class Group:
    """Members by any lasting id, and the unit mean of their embeddings; None where another encoder made them."""

    members: frozenset[int]
    centre: Features | None = field(repr=False)
    settled: bool = False


def matched(found: Sequence[Group], earlier: Sequence[Group], present: Collection[int]) -> list[int | None]:
    """For each group the number of the earlier one that it is; None for a new one.

    Groups are the same when they share at least half of the smaller one's members that are `present`, those that share
    most first, so that the last message of one takes no other's place; an earlier group of which nothing is present any
    more is recognised by its centre. An open group goes on as at most one. A `settled` one (dismissed) takes in every
    group that has at least half of its rows from it, so that a few new messages change nothing, but not one that has
    outgrown it.
    """
    here = [group.members & set(present) for group in earlier]
    result: list[int | None] = [None] * len(found)
    claims = []
    for number, group in enumerate(found):
        for other, candidate in enumerate(earlier):
            both = len(group.members & here[other])
            smaller = len(group.members) if candidate.settled else min(len(group.members), len(here[other]))
            overlap = both / smaller if smaller else 0.0
            if not here[other] and same_centre(group, candidate):
                overlap = SHARED
            if overlap >= SHARED:
                claims.append((-both, candidate.settled, -overlap, number, other))
    taken = set[int]()
    for *_, number, other in sorted(claims):
        if result[number] is None and other not in taken:
            result[number] = other
            if not earlier[other].settled:
                taken.add(other)
    return result


def same_centre(one: Group, other: Group) -> bool:
    """Whether both lie in the same place; False where that cannot be told."""
    return one.centre is not None and other.centre is not None and float(one.centre @ other.centre) >= SAME_CENTRE
