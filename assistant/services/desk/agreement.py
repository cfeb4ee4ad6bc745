"""A second opinion: labels shown to somebody else without the label, and how far two people agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from assistant.errors import InputError
from assistant.evaluation.agreement import kappa
from assistant.services.desk.labels import require_in_use
from assistant.store import Store


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people on the same texts. `same` is the share of equal labels; `kappa` is None where it is not defined."""

    first: str
    second: str
    texts: int
    same: float
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Sample:
    """A text to judge without knowing its label."""

    example_id: int
    text: str


class Agreement:
    """`operator` is the name of the signed-in person."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def next_for(self, operator: str) -> Sample | None:
        """A text that somebody else labelled by hand and this person has not judged yet; None without."""
        with self._store.unit(read_only=True) as uow:
            found = uow.opinions.next_for(operator)
        return None if found is None else Sample(*found)

    def give(self, example_id: int, intent: str, operator: str) -> None:
        """Record what this person would have said; the label itself stays as it is.

        Raises InputError for an unknown example or intent, for one's own label, and for a second opinion twice.
        """
        with self._store.unit() as uow:
            example = uow.examples.get(example_id)
            require_in_use(uow, intent)
            if example.operator == operator:
                raise InputError(f"example {example_id} is labelled by {operator}; somebody else has to judge it")
            uow.opinions.add(example_id, operator, intent)
            after: dict[str, object] = {"intent": intent}
            uow.audit.add(operator, "second_opinion", f"example/{example_id}", {"intent": example.intent}, after)

    def pairs(self) -> list[Pair]:
        """Each two people with texts in common, those with the most texts first."""
        with self._store.unit(read_only=True) as uow:
            rows = uow.opinions.pairs()
        together: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for first, second, label, other in rows:
            pair = (first, second) if first < second else (second, first)
            together[pair].append((label, other) if first < second else (other, label))
        found = [_pair(names, labels) for names, labels in together.items()]
        return sorted(found, key=lambda pair: (-pair.texts, pair.first, pair.second))

    def totals(self) -> list[tuple[str, int]]:
        """How many standing labels each person gave by hand, most first."""
        with self._store.unit(read_only=True) as uow:
            return uow.opinions.totals()


def _pair(names: tuple[str, str], labels: list[tuple[str, str]]) -> Pair:
    first, second = zip(*labels, strict=True)
    same = sum(a == b for a, b in labels) / len(labels)
    return Pair(*names, len(labels), same, kappa(first, second))
