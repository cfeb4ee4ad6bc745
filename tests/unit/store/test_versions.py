"""Promises of publishing: compare-and-set, everything in one transaction, ancestry in order."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.domain import Version
from assistant.errors import AssistantError, InputError, LiveVersionChangedError, StoreError
from assistant.store import Store

START = datetime(2025, 1, 1, tzinfo=UTC)
V1 = Version("v1", None, START, "ready", "encoder", "sha", {"accuracy": 0.9, "per_intent": {"refund": 1.0}})
V2 = replace(V1, id="v2", parent="v1", created_at=START + timedelta(days=1))
V3 = replace(V1, id="v3", parent="v2", created_at=START + timedelta(days=2))
HELD = replace(V1, id="held", parent="v2", created_at=START + timedelta(days=3), state="refused")


@pytest.fixture
def versions(store: Store) -> Store:
    with store.unit() as uow:
        for version in (V1, V2, V3, HELD):
            uow.versions.add(version)
    return store


def publish(store: Store, version: str, expected: str | None, learned: tuple[int, ...] = ()) -> None:
    with store.unit() as uow:
        uow.versions.publish(
            version, expected_live=expected, learned=learned, actor="ada", kind="publish", reason="better"
        )


def live(store: Store) -> str | None:
    with store.unit(read_only=True) as uow:
        version = uow.versions.live()
    return version.id if version else None


def test_versions_come_back_as_they_went_in_newest_first(versions: Store) -> None:
    with versions.unit() as uow:
        assert uow.versions.all() == [HELD, V3, V2, V1]
        assert uow.versions.get("v2") == V2
        assert uow.versions.live() is None


def test_ancestry_is_listed_from_the_version_to_the_first(versions: Store) -> None:
    with versions.unit() as uow:
        assert uow.versions.lineage("v3") == ["v3", "v2", "v1"]
        assert uow.versions.lineage("v1") == ["v1"]


@pytest.mark.timeout(60)
def test_a_line_of_versions_that_a_damage_made_a_circle_ends_all_the_same(versions: Store, database: Path) -> None:
    publish(versions, "v3", None)
    with versions.unit() as uow:
        example = uow.examples.add("one", "refund", source="seed", operator="seed")
    with sqlite3.connect(database) as raw:
        raw.execute("UPDATE versions SET parent = 'v3' WHERE id = 'v1'")
    with versions.unit(read_only=True) as uow:
        assert uow.examples.pending() == [example]
        assert uow.versions.lineage("v3")[:3] == ["v3", "v2", "v1"]


@pytest.mark.parametrize(
    "bad",
    [V1, replace(V1, id="v9", parent="nobody"), replace(V1, id="v9", parent="v9")],
    ids=lambda v: v.parent,
)
def test_a_taken_id_or_an_unknown_parent_is_refused(versions: Store, bad: Version) -> None:
    with pytest.raises(InputError), versions.unit() as uow:
        uow.versions.add(bad)


def test_publishing_swaps_marks_and_records_in_one_go(versions: Store) -> None:
    with versions.unit() as uow:
        example = uow.examples.add("one", "refund", source="seed", operator="seed").id
    publish(versions, "v1", None)
    publish(versions, "v2", "v1", (example, example))
    assert live(versions) == "v2"
    with versions.unit() as uow:
        assert uow.examples.pending() == []
        assert [(p.from_version, p.to_version, p.actor, p.kind, p.reason) for p in uow.versions.history()] == [
            ("v1", "v2", "ada", "publish", "better"),
            (None, "v1", "ada", "publish", "better"),
        ]
        newest = uow.audit.matching()[0]
        assert (newest.actor, newest.action, newest.subject) == ("ada", "publish", "version/v2")


@pytest.mark.parametrize("expected", [None, "v2", "nobody"])
def test_another_live_version_than_expected_changes_nothing(versions: Store, expected: str | None) -> None:
    publish(versions, "v1", None)
    with pytest.raises(LiveVersionChangedError, match="v1 is live, expected"):
        publish(versions, "v3", expected)
    assert live(versions) == "v1"
    with versions.unit() as uow:
        assert len(uow.versions.history()) == 1


def test_expecting_a_version_when_none_is_live_changes_nothing(versions: Store) -> None:
    with pytest.raises(LiveVersionChangedError, match="none is live, expected v1"):
        publish(versions, "v2", "v1")
    assert live(versions) is None


@pytest.mark.parametrize(("version", "says"), [("held", "may not go live"), ("nobody", "no version")])
def test_only_a_ready_version_goes_live(versions: Store, version: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        publish(versions, version, None)
    assert live(versions) is None


def test_marking_an_example_that_does_not_exist_publishes_nothing(versions: Store) -> None:
    with pytest.raises(StoreError):
        publish(versions, "v1", None, (99,))
    assert live(versions) is None


def test_of_many_publishing_at_once_one_wins(versions: Store) -> None:
    publish(versions, "v1", None)
    lost: list[AssistantError] = []

    def attempt(version: str) -> None:
        try:
            publish(versions, version, "v1")
        except AssistantError as error:
            lost.append(error)

    threads = [threading.Thread(target=attempt, args=(name,)) for name in ("v2", "v3", "v2", "v3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in lost] == [LiveVersionChangedError] * 3
    with versions.unit() as uow:
        assert len(uow.versions.history()) == 2
