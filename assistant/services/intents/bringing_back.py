"""A retired intent taken into use again, with what versions have forgotten of it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from assistant.store import UnitOfWork
from assistant.store.records import Placed

FORGOTTEN = "forgotten_intents"  # in the report of a version: those whose rows it was ordered to leave out


def bring_back(uow: UnitOfWork, name: str) -> Placed:
    """Takes the intent into use; where the live version has forgotten its rows, they are to be learned once more."""
    ordered = name in uow.intents.to_erase()
    uow.intents.restore(name)
    return uow.examples.renew(name) if ordered and _is_forgotten(uow, name) else Placed((), (), ())


def put_back(uow: UnitOfWork, examples: Sequence[int], replaced: Sequence[int]) -> None:
    """Makes the examples active in place of those that `replaced` them and were taken back.

    Their texts may have been forgotten with the intent that they had meanwhile: then they are learned once more.
    """
    uow.examples.restore_many(examples)
    ordered = uow.intents.to_erase()
    if any(name in ordered or _is_forgotten(uow, name) for name in uow.examples.intents_of(replaced)):
        uow.examples.renew_many(examples)


def renew_forgotten(uow: UnitOfWork) -> None:
    """Has learned once more what the version that has just gone live was ordered to forget, but is in use again.

    An intent may come back while a version that forgot it is held, rolled back or still in the making.
    """
    live, retired = uow.versions.live(), uow.intents.retired()
    if live is not None:
        for name in cast("Sequence[str]", live.report.get(FORGOTTEN, ())):
            if name not in retired and _is_forgotten(uow, name):
                uow.examples.renew(name)


def forgotten(uow: UnitOfWork) -> set[str]:
    """The intents that the live version has forgotten, whether or not they are in use again."""
    live = uow.versions.live()
    reports = [uow.versions.get(version).report for version in (uow.versions.lineage(live.id) if live else ())]
    ever = {name for report in reports for name in cast("Sequence[str]", report.get(FORGOTTEN, ()))}
    return {name for name in ever if _is_forgotten(uow, name)}


def _is_forgotten(uow: UnitOfWork, name: str) -> bool:
    """Whether a version of the live lineage has forgotten the intent, and none since has learned rows of it."""
    live, learners = uow.versions.live(), uow.examples.learners(name)
    for version in uow.versions.lineage(live.id) if live else ():
        if version in learners:
            return False
        if name in cast("Sequence[str]", uow.versions.get(version).report.get(FORGOTTEN, ())):
            return True
    return False
