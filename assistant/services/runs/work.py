"""What one retrain starts from: which rows it learns, which judge, and which wait."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.counting import counted, listed
from assistant.domain import OUT_OF_SCOPE, Example, LabelledText, Split, Version
from assistant.errors import StoreError
from assistant.learning.plans import QUARANTINE, UpdatePlan
from assistant.learning.update import Learner, quarantined
from assistant.services.intents.retiring import heir_of
from assistant.services.runs.candidates import respelt
from assistant.services.runs.judged import without_news
from assistant.store import UnitOfWork, text_hash
from assistant.store.placing import IMPORT

NAMED = 20  # new intents that a sentence names: a file may bring hundreds
Progress = Callable[[str, int, int], None]  # what is being done, done, in all


@dataclass(frozen=True)
class Work:
    """Read in one short transaction."""

    live: Version
    train: list[Example]
    judging: list[Example]  # pending too, and part of the holdout
    holdout: list[LabelledText]
    held: tuple[Example, ...] = ()  # pending too, and in quarantine
    erased: tuple[str, ...] = ()  # retired intents whose rows are to be forgotten
    outside: tuple[Example, ...] = ()  # all that is labelled as having none of the intents
    fresh: tuple[int, ...] = ()  # those of them that no version knows yet
    gone: frozenset[str] = frozenset()  # hashes of texts that customers want erased
    dropped: frozenset[str] = frozenset()  # and of those labelled as one of `erased`, whatever was learned of them
    # Each intent that is out of use, with the one that answers in its place, if any.
    retired: Mapping[str, str | None] = field(default_factory=dict)
    otherwise: frozenset[str] = frozenset()  # texts of `train` that were learned as another intent's before
    cost: str = ""  # half a sentence about what it took to forget
    aside: tuple[Example, ...] = ()  # pending too, and of intents with which the gates refused it
    refused: str = ""  # why they refused those `aside`, or all corrections where nothing is left but to forget

    @property
    def nothing(self) -> bool:
        """Whether there is nothing that a version could learn."""
        return not self.train and not self.fresh

    def forgotten(self, previous: Learner) -> list[str]:
        """The texts of its memory that are to be forgotten, or have none of the intents after all."""
        gone = self.gone | self.dropped | {text_hash(example.text) for example in self.outside}
        return [text for text in previous.memory.texts if text_hash(text) in gone] if gone else []

    def checked(self, previous: Learner, plan: UpdatePlan) -> Work:
        """The same with imported rows in quarantine whose neighbours contradict their label.

        What an operator labelled at the desk, the nearest exemplars in view, is a decision and never held; nor is an
        imported row whose label was given once more since.
        """
        rows = [example.labelled() for example in self.train]
        careful = replace(plan, quarantine=QUARANTINE)
        doubted = {row.text for row in quarantined(respelt(previous, rows), rows, careful)}
        held = tuple(e for e in self.train if e.source == IMPORT and e.text in doubted)
        waiting = {example.id for example in held}  # of a large import there may be thousands
        return replace(self, train=[example for example in self.train if example.id not in waiting], held=held)

    def without(self, intents: Collection[str]) -> Work:
        """The same without the corrections of these intents, which are set aside."""
        pending = (*self.train, *self.judging)
        return replace(
            self,
            train=[example for example in self.train if example.intent not in intents],
            judging=[example for example in self.judging if example.intent not in intents],
            aside=(*self.aside, *(example for example in pending if example.intent in intents)),
        )

    def without_refused(self) -> Work:
        """The same without the corrections that a night has set aside before, where the intent has no other since."""
        stubborn = without_news(self.live, (*self.train, *self.judging))
        return replace(self.without(stubborn), refused="refused by the gates before") if stubborn else self

    def settled(self, known: Collection[str]) -> list[int]:
        """What a version of the `known` intents settles; an intent that nothing was trained on stays pending."""
        learned = [example.id for example in (*self.train, *self.judging) if example.intent in known]
        return [*learned, *self.fresh]

    def in_quarantine(self) -> str:
        """Half a sentence about the rows that are held; empty without."""
        if not self.held:
            return ""
        named = listed([f"{example.text[:40]!r} as {example.intent}" for example in self.held], 3)
        return (
            f"; {counted(len(self.held), 'imported row')} in quarantine, as the nearest neighbours have another label"
            f" ({named}): give the label once more to confirm it, or another one"
        )

    def left_waiting(self) -> str:
        """Half a sentence about corrections that the gates refused; empty without."""
        if not self.refused:
            return ""
        if not self.aside:
            return f"; what is to be forgotten is gone, the corrections wait: {self.refused}"
        names = listed(sorted({example.intent for example in self.aside}), NAMED)
        return f"; {counted(len(self.aside), 'correction')} of {names} wait, as a version with them was {self.refused}"

    def told(self, known: Collection[str]) -> str:
        """What a run that made a version of the `known` intents says beside the verdict."""
        return self.only_judged(known) + self.in_quarantine() + self.left_waiting() + self.cost

    def only_judged(self, known: Collection[str]) -> str:
        """Half a sentence about new intents whose every row fell to the holdout; empty without."""
        names = sorted({example.intent for example in self.judging} - set(known))
        if not names:
            return ""
        return f"; {listed(names, NAMED)} cannot be learned yet: every row fell to the holdout, so label more texts"


def waiting(uow: UnitOfWork, otherwise: str = "`assistant serve` trains the first one") -> Work:
    """What there is to learn, to judge with and to forget, without what is out of use.

    Raises StoreError before the first version, saying what to do `otherwise`.
    """
    live = uow.versions.live()
    if live is None:
        raise StoreError(f"no version is live yet; {otherwise}")
    retired = uow.intents.retired()
    pending, fresh = parted(example for example in uow.examples.pending() if example.intent not in retired)
    holdout, erased = parted(uow.examples.holdout())[0], uow.intents.to_erase()
    return Work(
        live,
        [example for example in pending if example.split is Split.TRAIN],
        [example for example in pending if example.split is Split.HOLDOUT],
        [example.labelled() for example in holdout if example.intent not in retired],
        erased=tuple(erased),
        outside=() if OUT_OF_SCOPE in retired else tuple(uow.examples.of_intent(OUT_OF_SCOPE)),
        fresh=tuple(example.id for example in fresh),
        gone=uow.erasing.hashes(),
        retired={name: heir_of(name, retired) for name in retired},
        dropped=uow.examples.hashes_of(erased),
        otherwise=frozenset(example.text for example in uow.examples.learned_otherwise()),
    )


def parted(examples: Iterable[Example]) -> tuple[list[Example], tuple[Example, ...]]:
    """Those that have an intent, and those labelled as having none."""
    every = list(examples)
    return [e for e in every if e.intent != OUT_OF_SCOPE], tuple(e for e in every if e.intent == OUT_OF_SCOPE)


def already_learned(uow: UnitOfWork, work: Work) -> list[LabelledText]:
    """What the live version has learned, is still there as text and is not to be forgotten."""
    pending = {example.id for example in uow.examples.pending()}
    every, _ = parted(uow.examples.all(Split.TRAIN))
    return [e.labelled() for e in every if e.id not in pending and e.intent not in work.erased]


def with_others(rows: Sequence[LabelledText], others: Iterable[LabelledText]) -> list[LabelledText]:
    """The rows, and those of the others whose text none of them has, also where case or spacing differs."""
    there = {text_hash(row.text) for row in rows}
    return [*rows, *(row for row in others if text_hash(row.text) not in there)]
