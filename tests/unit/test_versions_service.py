"""Publishing and rolling back as people do it: what moves together, what is refused, what is recorded."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.domain import Intent, Split, Version
from assistant.errors import CorruptVersionError, InputError, LiveVersionChangedError
from assistant.model.artifact import write_folder
from assistant.services.desk.undo import undo_latest
from assistant.services.versions import Versions
from assistant.store import Store

START = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "versions"


@pytest.fixture
def versions(store: Store, folder: Path) -> Versions:
    """v1 <- v2 <- v3 were live one after the other; each but the first learned one example. held waits on v3."""
    made: Version | None = None
    for day, name in enumerate(("v1", "v2", "v3", "held")):
        learned = [label(store, f"text of {name}")] if day else []
        made = add(store, folder, name, made.id if made else None, learned)
        if name != "held":
            with store.unit() as uow:
                uow.versions.publish(
                    name, expected_live=made.parent, learned=learned, actor="night", kind="publish", reason="retrain"
                )
    return Versions(store, folder)


def add(store: Store, folder: Path, name: str, parent: str | None, learned: list[int], state: str = "ready") -> Version:
    digest = write_folder(folder / name, {"model.json": name.encode()})
    with store.unit() as uow:
        when = START + timedelta(days=len(uow.versions.all()))
        version = Version(name, parent, when, state, "encoder", digest, {"title": name, "learned_examples": learned})
        uow.versions.add(version)
    return version


def label(store: Store, text: str) -> int:
    with store.unit() as uow:
        return uow.examples.add(text, "refund", split=Split.TRAIN, source="correction", operator="ada").id


def pending(store: Store) -> list[str]:
    with store.unit(read_only=True) as uow:
        return [example.text for example in uow.examples.pending()]


def live(versions: Versions) -> str | None:
    version = versions.live()
    return version.id if version else None


def history(versions: Versions) -> list[tuple[str, str, str | None, str, str]]:
    return [(p.actor, p.kind, p.from_version, p.to_version, p.reason) for p in versions.history()]


def test_versions_are_listed_newest_first_with_the_live_one(versions: Versions) -> None:
    assert [version.id for version in versions.all()] == ["held", "v3", "v2", "v1"]
    assert live(versions) == "v3"


def test_nothing_is_live_before_the_first_publication(store: Store, folder: Path) -> None:
    versions = Versions(store, folder)
    assert (versions.live(), versions.all(), versions.history()) == (None, [], [])


def test_a_first_version_may_be_published_by_hand(store: Store, folder: Path) -> None:
    add(store, folder, "v1", None, [])
    versions = Versions(store, folder)
    versions.publish("v1", "ada", "opening")
    assert history(versions) == [("ada", "publish", None, "v1", "opening")]


def test_publishing_a_held_version_makes_it_live_and_its_corrections_learned(store: Store, versions: Versions) -> None:
    assert pending(store) == ["text of held"]
    assert versions.publish("held", "ada", "  looks good ").id == "held"
    assert (live(versions), pending(store)) == ("held", [])
    assert history(versions)[0] == ("ada", "publish", "v3", "held", "looks good")
    assert len(history(versions)) == 4


def test_a_held_version_built_on_another_than_the_live_one_is_refused(store: Store, versions: Versions) -> None:
    versions.roll_back("ada", "bad", "v2")
    with pytest.raises(InputError, match=r"held was built on v3, but v2 is live: .*lose what was learned since"):
        versions.publish("held", "ada", "again")
    assert (live(versions), len(history(versions))) == ("v2", 4)


def test_a_version_that_was_live_may_be_published_again(versions: Versions, store: Store) -> None:
    versions.roll_back("ada", "bad", "v1")
    versions.publish("v3", "ada", "it was fine")
    assert (live(versions), pending(store)) == ("v3", ["text of held"])
    assert history(versions)[0] == ("ada", "publish", "v1", "v3", "it was fine")


def test_a_version_refused_by_the_gates_cannot_be_published(store: Store, folder: Path, versions: Versions) -> None:
    add(store, folder, "bad", "v3", [], state="refused")
    with pytest.raises(InputError, match="'bad' is refused and may not go live"):
        versions.publish("bad", "ada", "please")
    assert live(versions) == "v3"


def test_rolling_back_goes_to_the_parent_and_makes_corrections_pending(store: Store, versions: Versions) -> None:
    assert versions.roll_back("ada", "wrong answers").id == "v2"
    assert (live(versions), pending(store)) == ("v2", ["text of v3", "text of held"])
    assert history(versions)[0] == ("ada", "rollback", "v3", "v2", "wrong answers")


def test_rolling_back_twice_goes_further_not_forth_and_back(versions: Versions) -> None:
    assert [versions.roll_back("ada", "worse").id for _ in range(2)] == ["v2", "v1"]
    assert [entry[2:4] for entry in history(versions)[:2]] == [("v2", "v1"), ("v3", "v2")]


def test_where_the_files_of_the_one_before_are_gone_those_that_have_theirs_are_named(
    versions: Versions, folder: Path
) -> None:
    """As of folders from a backup that is older than the database."""
    shutil.rmtree(folder / "v2")
    with pytest.raises(
        InputError, match=r"files of version v2 are gone.* go back to another: `assistant rollback --to v1`"
    ):
        versions.roll_back("ada", "bad")
    shutil.rmtree(folder / "v1")
    with pytest.raises(InputError, match="go back to another: none has its files"):
        versions.roll_back("ada", "bad")
    assert live(versions) == "v3"


def test_rolling_back_to_an_earlier_version(store: Store, versions: Versions) -> None:
    versions.roll_back("ada", "start over", "v1")
    assert (live(versions), pending(store)) == ("v1", ["text of v2", "text of v3", "text of held"])


def test_the_first_version_has_nothing_before_it(versions: Versions) -> None:
    versions.roll_back("ada", "x", "v1")
    with pytest.raises(InputError, match="version v1 is the first one: there is nothing before it") as refused:
        versions.roll_back("ada", "x")
    assert "restore that from a backup; without one, publish a version" in str(refused.value)


def test_without_a_live_version_there_is_nothing_to_roll_back(store: Store, folder: Path) -> None:
    add(store, folder, "v1", None, [])
    for target in (None, "v1"):
        with pytest.raises(InputError, match="no version is live yet"):
            Versions(store, folder).roll_back("ada", "x", target)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("v3", "version v3 is live already"),
        ("held", "held was never live; publish it with `assistant publish held`"),
        ("v9", "there is no version 'v9'; `assistant versions` lists them"),
        ("", "there is no version ''"),  # an empty shell variable is not the wish for the parent
    ],
)
def test_a_target_that_makes_no_sense_is_refused(versions: Versions, target: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        versions.roll_back("ada", "x", target)
    assert (live(versions), len(history(versions))) == ("v3", 3)


def test_publishing_what_is_live_or_unknown_is_refused(versions: Versions) -> None:
    with pytest.raises(InputError, match="v3 is live already"):
        versions.publish("v3", "ada", "x")
    with pytest.raises(InputError, match="there is no version 'v9'"):
        versions.publish("v9", "ada", "x")


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_change_of_the_live_version_needs_a_reason(versions: Versions, reason: str) -> None:
    with pytest.raises(InputError, match="say why"):
        versions.publish("held", "ada", reason)
    with pytest.raises(InputError, match="say why"):
        versions.roll_back("ada", reason)
    assert (live(versions), len(history(versions))) == ("v3", 3)


def test_a_reason_is_kept_without_what_would_command_a_terminal(versions: Versions) -> None:
    versions.publish("held", "ada", " better \x1b[2J\ud800\u202e ")
    assert history(versions)[0][-1] == "better [2J"
    with pytest.raises(InputError, match="2,001 characters long"):
        versions.roll_back("ada", "x" * 2001)
    assert live(versions) == "held"


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_a_damaged_version_cannot_go_live(versions: Versions, folder: Path, damage: str) -> None:
    for name in ("v2", "held"):
        if damage == "altered":
            (folder / name / "model.json").write_bytes(b"else")
        else:
            (folder / name / "model.json").unlink()
    with pytest.raises(CorruptVersionError, match=r"version v2 cannot be used: .*model.json") as refused:
        versions.roll_back("ada", "x")
    assert str(refused.value).endswith("Nothing was changed; to go back to another: `assistant rollback --to v1`")
    with pytest.raises(CorruptVersionError, match=r"version held cannot be used: .*model.json"):
        versions.publish("held", "ada", "x")
    assert (live(versions), len(history(versions))) == ("v3", 3)
    assert versions.roll_back("ada", "further back", "v1").id == "v1"  # the damaged one does not stand in the way


def test_somebody_faster_wins(versions: Versions, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(*_: object) -> None:
        with store.unit() as uow:
            uow.versions.publish("v1", expected_live="v3", learned=(), actor="bob", kind="rollback", reason="faster")

    monkeypatch.setattr("assistant.services.versions.read_folder", meanwhile)
    with pytest.raises(LiveVersionChangedError):
        versions.roll_back("ada", "slower")
    assert (live(versions), history(versions)[0][0]) == ("v1", "bob")


def test_a_held_version_that_learned_a_label_taken_back_since_is_refused(store: Store, versions: Versions) -> None:
    with store.unit() as uow:
        uow.examples.undo(uow.examples.pending()[0].id)
    with pytest.raises(InputError, match=r"version held .*taken back since"):
        versions.publish("held", "ada", "x")
    assert live(versions) == "v3"


@pytest.mark.parametrize("name", ["v2", "v3"])
def test_what_was_taken_back_while_it_was_rolled_back_does_not_return_with_a_version_built_on_it(
    store: Store, versions: Versions, name: str
) -> None:
    versions.roll_back("ada", "wrong", "v1")
    with store.unit() as uow:
        uow.examples.undo(next(one.id for one in uow.examples.pending() if one.text == "text of v2"))
    with pytest.raises(InputError, match=rf"version {name} .*taken back since"):
        versions.publish(name, "ada", "x")
    assert live(versions) == "v1"
    label(store, "text of v2")
    assert versions.publish(name, "ada", "x").id == name  # the night learns the label that stands


def test_a_held_version_that_learned_an_intent_undone_since_is_refused(
    store: Store, folder: Path, versions: Versions
) -> None:
    with store.unit() as uow:
        uow.intents.add(Intent("parcel", "Parcel", "It comes."), "ada")
        made = uow.examples.add("where is it", "parcel", split=Split.TRAIN, source="correction", operator="ada").id
        uow.audit.add("ada", "create_intent", "intent/parcel", after={"intent": "parcel", "added": [made]})
    add(store, folder, "newer", "v3", [made])
    with store.unit() as uow:
        undo_latest(uow, "ada")
    with pytest.raises(InputError, match="taken back since"):
        versions.publish("newer", "ada", "x")
    assert live(versions) == "v3"


def test_the_report_of_a_version_is_shown_and_an_unknown_one_refused(versions: Versions) -> None:
    assert versions.report_markdown("v2").startswith("# v2\n")
    with pytest.raises(InputError, match="there is no version 'v9'"):
        versions.report_markdown("v9")


def test_a_report_without_learned_examples_publishes(store: Store, folder: Path) -> None:
    version = add(store, folder, "v0", None, [])
    with store.unit() as uow:
        uow.versions.add(replace(version, id="plain", report={}))
    write_folder(folder / "plain", {"model.json": b"v0"})
    versions = Versions(store, folder)
    versions.publish("plain", "ada", "x")
    assert live(versions) == "plain"


def test_a_version_that_went_live_unseen_is_neither_taken_back_nor_replaced(versions: Versions) -> None:
    versions.publish("held", "nightly", "all gates passed", seen="v3")
    with pytest.raises(LiveVersionChangedError, match="Version held went live meanwhile, in place of v3"):
        versions.roll_back("ada", "worse", seen="v3")
    with pytest.raises(LiveVersionChangedError, match="Version held went live meanwhile, in place of v3"):
        versions.publish("v2", "ada", "better", seen="v3")
    assert (live(versions), len(history(versions))) == ("held", 4)
    assert versions.roll_back("ada", "worse", seen="held").id == "v3"
