"""Folders of old versions go, and nothing that anybody may need does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from assistant.domain import Decision
from assistant.errors import InputError, LockedError, StoreError
from assistant.model.artifact import read_folder
from assistant.model.exports import Exports
from assistant.services.erasing import Erasing
from assistant.services.pruning import Pruning
from assistant.services.runs.locking import locked
from assistant.services.runs.retrain import ExitCode
from assistant.store.version_tables import VersionRow
from tests.shops import Shop, started, train


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Four versions, each built on the one before."""
    with started(tmp_path / "var") as shop:
        for night in range(3):
            shop.label(*train("refund", 3, start=200 + 100 * night))
            assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
        yield shop


def folders(shop: Shop) -> set[str]:
    return {each.name for each in shop.folder.iterdir()}


def line(shop: Shop) -> list[str]:
    """The versions, newest first."""
    return [version.id for version in shop.versions().all()]


def test_the_live_version_and_those_before_it_stay(shop: Shop) -> None:
    newest, before, *old = line(shop)
    pruning = Pruning(shop.store, shop.folder, 60)
    assert pruning.unneeded(3) == []
    done = pruning.prune(1, "lea")
    assert done.versions == tuple(reversed(old))
    assert done.megabytes > 0
    assert folders(shop) == {newest, before}
    assert pruning.unneeded(1) == []
    shop.label(*train("delivery", 3))
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert shop.versions().roll_back("lea", "a test").id == newest
    with pytest.raises(InputError, match="assistant prune"):
        shop.versions().roll_back("lea", "a test", old[0])
    with shop.store.unit(read_only=True) as uow:
        assert [entry.subject for entry in uow.audit.matching(action="prune_version")] == [f"version/{v}" for v in old]


def test_what_versions_share_is_counted_once_and_only_where_it_goes(shop: Shop) -> None:
    """The encoder of a consolidation, which the nights after it share by links."""
    newest, before, *old = line(shop)

    def shared(name: str, *versions: str) -> None:
        first, *others = (shop.folder / version / name for version in versions)
        with first.open("wb") as file:
            file.truncate(90_000_000)
        for other in others:
            other.hardlink_to(first)

    shared("by all", newest, before, *old)
    shared("by those that go", *old)
    assert 90 < Pruning(shop.store, shop.folder, 60).prune(1, "lea").megabytes < 180


def test_a_version_that_knows_what_was_erased_since_goes_however_young(shop: Shop) -> None:
    """It may not go live any more, and what a customer wants gone shall not wait for thirty nights."""
    rows = train("refund", 3, start=900)
    with shop.store.unit() as uow:
        talk = uow.conversations.create()
        for row in rows:
            message = uow.conversations.add_user_message(talk, row.text, decision=Decision.CLARIFY)
            uow.examples.add(row.text, row.intent, source="correction", operator="ann", message_id=message)
    knowing = shop.retrain().run(actor="night").version
    shop.label(*train("delivery", 3))
    held = shop.retrain().run(actor="night", hold=True).version
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    pruning = Pruning(shop.store, shop.folder, 60)
    assert pruning.unneeded(30) == [held], "the live one answers until the night has made another"
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert pruning.prune(30, "lea").versions == (knowing, held)
    assert not any(
        row.text.encode() in file.read_bytes() for row in rows for file in shop.data.rglob("*") if file.is_file()
    )
    assert len(folders(shop)) == 5


def test_what_a_run_left_that_learned_an_erased_text_goes_and_other_leftovers_stay(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erased while a night was at work: that night publishes nothing, and what it wrote is no version. Killed then, it
    leaves that."""
    monkeypatch.setattr("assistant.services.runs.publishing._discard", lambda store, saved: None)
    (row,) = train("delivery", 1, start=900)
    with shop.store.unit() as uow:
        talk = uow.conversations.create()
        message = uow.conversations.add_user_message(talk, row.text, decision=Decision.CLARIFY)
        uow.examples.add(row.text, row.intent, source="correction", operator="ann", message_id=message)
    left = shop.folder / "v20260102030405-abcdef"
    shutil.copytree(shop.folder / shop.live().id, left)  # as of a database that was restored from yesterday

    def asked(what: str, done: int, total: int) -> None:
        if what == "judging":
            Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)

    before = folders(shop)
    with pytest.raises(StoreError, match="taken back"):
        shop.retrain().run(actor="night", progress=asked)
    (written,) = folders(shop) - before
    assert row.text.encode() in (shop.folder / written / "memory.jsonl").read_bytes()
    assert Pruning(shop.store, shop.folder, 60).prune(30, "lea").versions == (written,)
    assert folders(shop) == before


def test_what_an_encoder_was_served_from_goes_with_the_last_version_that_needs_it(shop: Shop) -> None:
    """Each consolidation makes another encoder, and an export of it takes more than its version."""
    newest, before, *_ = line(shop)
    exports, encoders = shop.data / "exports", {name: f"{number}" * 64 for number, name in enumerate(line(shop), 1)}
    for version, encoder in encoders.items():
        with shop.engine.begin() as connection:
            connection.execute(update(VersionRow).where(VersionRow.id == version).values(encoder=encoder))
        for kind in ("", "-int8"):
            (exports / f"{encoder[:32]}-1{kind}").mkdir(parents=True)
            (exports / f"{encoder[:32]}-1{kind}" / "model.onnx").write_bytes(bytes(10**6))
    (exports / "somebody's").mkdir()
    done = Pruning(shop.store, shop.folder, 60, Exports(exports).keep_only).prune(1, "lea")
    kept = {f"{encoders[version][:32]}-1{kind}" for version in (newest, before) for kind in ("", "-int8")}
    assert {each.name for each in exports.iterdir()} == {*kept, "somebody's"}
    assert done.megabytes > 4


def test_what_is_younger_than_the_oldest_kept_or_in_a_trial_stays(shop: Shop) -> None:
    newest, before, second, first = line(shop)
    held = replace(shop.live(), id="v20990101000000-abcdef", parent=newest)
    with shop.store.unit() as uow:
        uow.versions.add(held)
    (shop.folder / held.id).mkdir()
    with shop.store.unit() as uow:
        uow.experiments.start(first, newest, 0.1, "lea")
    assert Pruning(shop.store, shop.folder, 60).prune(1, "lea").versions == (second,)
    assert folders(shop) == {newest, before, first, held.id}


def test_no_run_loses_what_it_reads_and_one_version_to_go_back_to_is_the_least(shop: Shop) -> None:
    pruning = Pruning(shop.store, shop.folder, 60)
    with locked(shop.store, 60), pytest.raises(LockedError):
        pruning.prune(1, "lea")
    with pytest.raises(InputError, match="at least 1"):
        pruning.unneeded(0)
    assert len(folders(shop)) == 4


def test_what_was_built_on_a_kept_one_stays_though_the_clock_was_set_back(shop: Shop) -> None:
    newest, before, *old = line(shop)
    held = replace(shop.live(), id="v20010101000000-abcdef", parent=newest, created_at=datetime(2001, 1, 1, tzinfo=UTC))
    with shop.store.unit() as uow:
        uow.versions.add(held)
    (shop.folder / held.id).mkdir()
    assert Pruning(shop.store, shop.folder, 60).prune(1, "lea").versions == tuple(reversed(old))
    assert folders(shop) == {newest, before, held.id}


def test_what_a_night_made_as_another_user_stays_whole_and_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be renamed but not deleted: it would lie there for ever, under a name that nobody knows."""
    newest, before, second, first = line(shop)
    theirs = shop.folder / first
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != theirs)
    with pytest.raises(InputError, match=rf"{theirs} cannot be deleted: Permission denied.* 1 version, "):
        Pruning(shop.store, shop.folder, 60).prune(1, "lea")
    assert folders(shop) == {newest, before, first}
    with shop.store.unit(read_only=True) as uow:
        assert [each.subject for each in uow.audit.matching(action="prune_version")] == [f"version/{second}"]


def test_what_goes_live_while_others_are_deleted_stays(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    newest, before, second, first = line(shop)
    rmtree = shutil.rmtree

    def slow(folder: Path, *, ignore_errors: bool) -> None:
        monkeypatch.undo()
        shop.versions().roll_back("lea", "in a hurry", second)
        rmtree(folder, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", slow)  # the first is being deleted when somebody goes back to the second
    assert Pruning(shop.store, shop.folder, 60).prune(1, "lea").versions == (first,)
    assert folders(shop) == {newest, before, second}
    shop.learner()


def test_what_is_deleted_while_it_is_read_does_not_go_live(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    live, first = shop.live(), line(shop)[-1]

    def pruned_meanwhile(*given: object) -> dict[str, bytes]:
        files = read_folder(shop.folder / first)
        Pruning(shop.store, shop.folder, 60).prune(1, "lea")
        return files

    monkeypatch.setattr("assistant.services.versions.read_folder", pruned_meanwhile)
    with pytest.raises(InputError, match="assistant prune"):
        shop.versions().roll_back("lea", "a test", first)
    assert shop.live() == live
