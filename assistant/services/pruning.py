"""Folders of versions that nobody goes back to any more: each takes megabytes, and every night may add one."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from assistant.drafts import draft_of
from assistant.errors import InputError, StoreError
from assistant.services.locking import locked
from assistant.store import Store


@dataclass(frozen=True, slots=True)
class Pruned:
    """The versions whose folders are gone, oldest first, and the millions of bytes that they took."""

    versions: tuple[str, ...]
    megabytes: float


class Pruning:
    """What the database says of a version stays: reports, history, and what it was built on."""

    def __init__(self, store: Store, folder: Path, lock_seconds: float) -> None:
        self._store, self._folder, self._lock_seconds = store, folder, lock_seconds

    def unneeded(self, keep: int) -> list[str]:
        """Versions with a folder that are older than the live one and the `keep` >= 1 before it, oldest first.

        What is in a trial stays, and so does whatever is younger than the oldest of those, such as what is held.
        Raises InputError for fewer, StoreError before the first version.
        """
        if keep < 1:
            raise InputError(f"keep {keep} earlier versions: name at least 1, for a rollback")
        with self._store.unit(read_only=True) as uow:
            live, every, trial = uow.versions.live(), uow.versions.all(), uow.experiments.running()
            if live is None:
                raise StoreError("no version is live yet; `assistant serve` trains the first one")
            line = uow.versions.lineage(live.id)[: keep + 1]
        made = {version.id: version.created_at for version in every}
        needed = {*line, *((trial.version, trial.against) if trial else ())}
        oldest = min(made[name] for name in line)
        old = [name for name, at in made.items() if at < oldest and name not in needed]
        return sorted((name for name in old if (self._folder / name).is_dir()), key=lambda name: (made[name], name))

    def prune(self, keep: int, actor: str) -> Pruned:
        """Deletes the folders of what is `unneeded`. Raises LockedError while a run is at work."""
        with locked(self._store, self._lock_seconds):
            names = self.unneeded(keep)
            size = sum(_size(self._folder / name) for name in names)
            for name in names:
                with self._store.unit() as uow:
                    uow.audit.add(actor, "prune_version", f"version/{name}")
                _delete(self._folder / name)
        return Pruned(tuple(names), size / 1e6)


def _delete(folder: Path) -> None:
    """Gone at once: a folder of which half is left looks like a damaged version."""
    gone = draft_of(folder)
    try:
        os.rename(folder, gone)
    except OSError as error:
        raise InputError(f"{folder} cannot be deleted: {error.strerror}; make its folder writable") from error
    shutil.rmtree(gone, ignore_errors=True)  # the next run deletes what is left


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
