"""Folders of versions that nobody goes back to any more: each takes megabytes, and every night may add one."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.counting import counted
from assistant.drafts import draft_of
from assistant.errors import InputError, StoreError
from assistant.learning import exemplar_file
from assistant.reading import read_whole
from assistant.services.runs.leftovers import unrecorded
from assistant.services.runs.locking import locked
from assistant.store import Store, UnitOfWork, text_hash


@dataclass(frozen=True, slots=True)
class Pruned:
    """The versions whose folders are gone, oldest first, and the millions of bytes that they took."""

    versions: tuple[str, ...]
    megabytes: float


class Pruning:
    """What the database says of a version stays: reports, history, and what it was built on.

    `forget` deletes what is kept of other encoders than those given, and says how many bytes that took.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        lock_seconds: float,
        forget: Callable[[Collection[str]], int] = lambda encoders: 0,
    ) -> None:
        self._store, self._folder, self._lock_seconds, self._forget = store, folder, lock_seconds, forget

    def unneeded(self, keep: int) -> list[str]:
        """Versions with a folder that are older than the live one and the `keep` >= 1 before it, oldest first.

        What is in a trial stays, and so does whatever is younger than the oldest of those or built on one of them, such
        as what is held; but not a version that knows a text which was erased since, and so may not go live, nor the
        folder of one that a run wrote and did not get to record. Raises InputError for fewer, StoreError before the
        first version.
        """
        if keep < 1:
            raise InputError(f"keep {keep} earlier versions: name at least 1, for a rollback")
        with self._store.unit(read_only=True) as uow:
            return self._unneeded(uow, keep)

    def _unneeded(self, uow: UnitOfWork, keep: int, only: str | None = None) -> list[str]:
        live, every, trial = uow.versions.live(), uow.versions.all(), uow.experiments.running()
        if live is None:
            raise StoreError("no version is live yet; `assistant serve` trains the first one")
        line = uow.versions.lineage(live.id)[: keep + 1]
        made = {version.id: version.created_at for version in every}
        parents = {version.id: version.parent for version in every}
        tried = {trial.version, trial.against} if trial else set()
        oldest = min(made[name] for name in line)
        old = [name for name, at in made.items() if at < oldest and name not in tried]
        # A clock that was set back since makes what was built on them look older.
        old = [name for name in old if not _is_built_on(line, name, parents)]
        gone, left = uow.erasing.hashes(), unrecorded(uow, self._folder)
        others = {*made, *left} - {live.id, *tried, *old}
        old += [name for name in others if gone and only in (None, name) and self._knows(name, gone)]
        known = [name for name in old if name in made and (self._folder / name).is_dir()]
        return [*sorted(known, key=lambda name: (made[name], name)), *sorted(left.intersection(old))]

    def _knows(self, name: str, gone: Collection[str]) -> bool:
        """Whether the memory of the version holds a text with one of these hashes; not where it cannot be read."""
        try:
            pairs = exemplar_file.read(read_whole(self._folder / name / exemplar_file.FILE, most=None))
        except (OSError, ValueError):
            return False
        return any(text_hash(text) in gone for text, _ in pairs)

    def prune(self, keep: int, actor: str) -> Pruned:
        """Deletes the folders of what is `unneeded`, and what encoders that no folder needs any more were served from.

        Raises LockedError while a run is at work, and InputError, when all others are gone, for a folder that this user
        may not delete.
        """
        gone, refused, size = list[str](), list[InputError](), 0
        with locked(self._store, self._lock_seconds):
            for name in self.unneeded(keep):
                draft = draft_of(self._folder / name)
                try:
                    with self._store.unit() as uow:  # in which nothing else goes live, such as by a rollback to this
                        if name not in self._unneeded(uow, keep, name):
                            continue
                        uow.audit.add(actor, "prune_version", f"version/{name}")
                        _rename(self._folder / name, draft)
                except InputError as error:
                    refused.append(error)
                    continue
                size += _size(draft)
                shutil.rmtree(draft, ignore_errors=True)  # the next run deletes what is left
                gone.append(name)
            with self._store.unit(read_only=True) as uow:
                left = {version.encoder for version in uow.versions.all() if (self._folder / version.id).is_dir()}
            size += self._forget(left)
        if refused:
            raise InputError(f"{refused[0]}. Deleted beside: {counted(len(gone), 'version')}, {size / 1e6:.0f} MB")
        return Pruned(tuple(gone), size / 1e6)


def _is_built_on(line: Collection[str], name: str | None, parents: Mapping[str, str | None]) -> bool:
    """Whether the version is one of the line, or a descendant of one."""
    for _ in parents:  # of a damaged table in which two are each other's parent, the line would never end
        if name is None or name in line:
            break
        name = parents.get(name)
    return name in line


def _rename(folder: Path, gone: Path) -> None:
    """Gone at once: a folder of which half is left looks like a damaged version. So does one that can be renamed and
    not deleted, as what a night made as another user."""
    try:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        os.rename(folder, gone)
    except OSError as error:
        advice = "make it and the folder around it writable for this user, as `chown -R` does"
        raise InputError(f"{folder} cannot be deleted: {error.strerror}; {advice}") from error


def _size(folder: Path) -> int:
    """What the disk gets back: the files of an encoder that another version shares stay with that one."""
    found = [file.stat() for file in folder.rglob("*") if file.is_file()]
    return sum(each.st_size for each in found if each.st_nlink == 1)
