"""Versions as people see them: which is live, publishing a held one, rolling back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import cast

from assistant.dialogue.text import clean
from assistant.domain import OUT_OF_SCOPE, Publication, Version
from assistant.errors import CorruptVersionError, InputError, LiveVersionChangedError
from assistant.learning import exemplar_file
from assistant.model.artifact import read_folder
from assistant.services.intents.bringing_back import renew_forgotten
from assistant.services.runs.report import as_markdown
from assistant.store import text_hash
from assistant.store.unit_of_work import Store, UnitOfWork


class Versions:
    """`folder` holds one folder for each version."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder

    def live(self) -> Version | None:
        with self._store.unit(read_only=True) as uow:
            return uow.versions.live()

    def all(self) -> list[Version]:
        """Newest first."""
        with self._store.unit(read_only=True) as uow:
            return uow.versions.all()

    def history(self) -> list[Publication]:
        """Newest first."""
        with self._store.unit(read_only=True) as uow:
            return uow.versions.history()

    def report_markdown(self, version_id: str) -> str:
        """The report of the run that made the version. Raises InputError for an unknown id."""
        with self._store.unit(read_only=True) as uow:
            return as_markdown(uow.versions.get(version_id).report)

    def publish(self, version_id: str, actor: str, reason: str, *, seen: str | None = None) -> Version:
        """Makes a held or an earlier version live; `seen` is the live version that the person acts upon, if they know.

        Raises InputError when it is live already, was built on another version than the live one, or learned a
        label that was taken back since; CorruptVersionError when its folder is not whole, LiveVersionChangedError
        when somebody was faster, or when another version than `seen` is live.
        """
        version, live_id = self._publishable(version_id)
        _require_seen(seen, live_id)
        self._go_live(version, live_id, actor, "publish", reason)
        return version

    def check(self, version_id: str) -> tuple[Version, str | None]:
        """The version and the id of the live one, where `publish` would not refuse it now. Raises as `publish` does."""
        version, live_id = self._publishable(version_id)
        if version.state != "ready":
            raise InputError(f"version {version_id!r} is {version.state} and may not go live")
        files = read_folder(self._folder / version.id, version.manifest_sha256)
        with self._store.unit(read_only=True) as uow:
            _require_standing(uow, version)
            _require_forgotten(uow.erasing.hashes(), version, files)
        return version, live_id

    def to_forget(self) -> int:
        """How many texts the live version knows that customers want erased, or that belong to a retired intent whose
        rows are to go. Raises CorruptVersionError when its folder is not whole."""
        with self._store.unit(read_only=True) as uow:
            live, intents = uow.versions.live(), uow.intents.to_erase()
            gone = uow.erasing.hashes() | uow.examples.hashes_of(intents)
            outside = 0 if OUT_OF_SCOPE in intents else uow.examples.learned_count(OUT_OF_SCOPE)
        if live is None or not (gone or intents):
            return 0
        files = read_folder(self._folder / live.id, live.manifest_sha256)
        return _known_of(gone, files, intents) + max(0, exemplar_file.strange_rows(files) - outside)

    def has_files(self, version_id: str) -> bool:
        """Whether it could be made live again."""
        return (self._folder / version_id).is_dir()

    def _publishable(self, version_id: str) -> tuple[Version, str | None]:
        with self._store.unit(read_only=True) as uow:
            version, live, history = uow.versions.get(version_id), uow.versions.live(), uow.versions.history()
        live_id = live.id if live else None
        if version_id == live_id:
            raise InputError(f"version {version_id} is live already")
        if version.parent != live_id and version_id not in {past.to_version for past in history}:
            raise InputError(
                f"version {version_id} was built on {version.parent or 'nothing'}, but {live_id} is live:"
                " publishing it would lose what was learned since; run `assistant retrain` again"
            )
        return version, live_id

    def roll_back(self, actor: str, reason: str, to: str | None = None, *, seen: str | None = None) -> Version:
        """Makes an earlier version live: the one that the live version was built on, or `to`; `seen` as in `publish`.

        Model, memory and learned marks go back together; corrections that only the later version had learned are
        pending again. Raises InputError when there is nothing to go back to, else as `publish` does.
        """
        with self._store.unit(read_only=True) as uow:
            live = uow.versions.live()
            if live is None:
                raise InputError("no version is live yet, so there is nothing to roll back")
            _require_seen(seen, live.id)
            target = live.parent if to is None else to
            if target is None:
                raise InputError(
                    f"version {live.id} is the first one: there is nothing before it. If its folder"
                    f" {self._folder / live.id} is damaged, restore that from a backup; without one, publish a version"
                    f" that `assistant versions` shows to be built on it, or move {self._folder.parent} away, begin"
                    " anew with `assistant serve` and import your labelled rows again"
                )
            if target == live.id:
                raise InputError(f"version {target} is live already")
            if target not in {past.to_version for past in uow.versions.history()}:
                uow.versions.get(target)
                raise InputError(f"version {target} was never live; publish it with `assistant publish {target}`")
            version = uow.versions.get(target)
        self._go_live(version, live.id, actor, "rollback", reason)
        return version

    def _go_live(self, version: Version, expected: str | None, actor: str, kind: str, reason: str) -> None:
        if not reason.strip():
            raise InputError("say why, in a few words: the reason is kept in the history")
        cleaned = clean(reason)
        self._require_files(version.id)
        try:
            files = read_folder(self._folder / version.id, version.manifest_sha256)
        except CorruptVersionError as error:
            others = self._with_files(besides=version.id)
            raise CorruptVersionError(f"{error} Nothing was changed; to go back to another: {others}") from error
        with self._store.unit() as uow:
            self._require_files(version.id)  # once more: they may have been pruned meanwhile, but not from here on
            learned = _require_standing(uow, version)
            _require_forgotten(uow.erasing.hashes(), version, files)
            uow.versions.publish(
                version.id, expected_live=expected, learned=learned, actor=actor, kind=kind, reason=cleaned
            )
            renew_forgotten(uow)

    def _require_files(self, version_id: str) -> None:
        if not self.has_files(version_id):
            raise InputError(
                f"the files of version {version_id} are gone, as `assistant prune` deletes those of old ones; restore"
                f" {self._folder / version_id} from a backup, or go back to another: {self._with_files()}"
            )

    def _with_files(self, besides: str = "") -> str:
        """What was live before the live version and could be so again, the latest three."""
        been_live = list(dict.fromkeys(past.to_version for past in self.history()))
        found = [version for version in been_live[1:] if version != besides and self.has_files(version)]
        return ", ".join(f"`assistant rollback --to {version}`" for version in found[:3]) or "none has its files"


def _require_seen(seen: str | None, live_id: str | None) -> None:
    if seen is not None and seen != live_id:
        raise LiveVersionChangedError(
            f"Version {live_id} went live meanwhile, in place of {seen}; nothing was changed. Please look again."
        )


def _require_standing(uow: UnitOfWork, version: Version) -> Sequence[int]:
    """The examples that the version has learned. Raises InputError when one of them was taken back since, or one that
    a version before it has learned, such as while that was rolled back."""
    learned = cast("Sequence[int]", version.report.get("learned_examples", ()))
    if uow.examples.taken_back(learned) or uow.examples.taken_back_before(version.id):
        raise InputError(
            f"version {version.id} has learned a label that was taken back since; run `assistant retrain` again"
        )
    return learned


def _require_forgotten(gone: Collection[str], version: Version, files: Mapping[str, bytes]) -> None:
    """Raises InputError for a version whose memory holds a text that a customer wanted erased."""
    if gone and _known_of(gone, files):
        raise InputError(
            f"version {version.id} knows a text that was erased since on request; run `assistant retrain` for one that"
            " does not, or choose a later version"
        )


def _known_of(gone: Collection[str], files: Mapping[str, bytes], intents: Collection[str] = ()) -> int:
    """How many texts with these hashes, or of these intents, a version's memory holds."""
    pairs = exemplar_file.read(files[exemplar_file.FILE])
    return sum(intent in intents or text_hash(text) in gone for text, intent in pairs)
