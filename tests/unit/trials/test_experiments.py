"""Trying a version on customers: who may be tried, one at a time, how it ends, and what its figures say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from assistant.errors import AssistantError, CorruptVersionError, InputError
from assistant.store.experiments import Experiment
from tests.held import HeldShop


def audit(shop: HeldShop, action: str) -> list[tuple[str, str, object, object]]:
    with shop.store.unit(read_only=True) as uow:
        return [(e.actor, e.subject, e.before, e.after) for e in uow.audit.matching(action=action)]


def latest(shop: HeldShop) -> Experiment:
    found = shop.experiments().latest()
    assert found is not None
    return found.experiment


def test_before_the_first_experiment_there_is_none(shop: HeldShop) -> None:
    assert shop.experiments().latest() is None
    for act in (shop.experiments().publish, shop.experiments().drop):
        with pytest.raises(InputError, match="no version is being tried; start with `assistant experiment start"):
            act("lea", "why not")


def test_starting_and_dropping_is_recorded_with_who_what_before_and_after(shop: HeldShop) -> None:
    held, live = shop.held.id, shop.live().id
    begun = shop.experiments().start(held, 0.1, "lea")
    assert (begun.version, begun.against, begun.share, begun.state, begun.started_by) == (
        held,
        live,
        0.1,
        "running",
        "lea",
    )
    assert shop.experiments().drop("bob", "  slower\x1b\ud800 ") == held
    one = latest(shop)
    assert (one.state, one.ended_by, one.reason) == ("dropped", "bob", "slower")
    subject = f"experiment/{one.id}"
    assert audit(shop, "start_experiment") == [("lea", subject, None, {"version": held, "against": live, "share": 0.1})]
    assert audit(shop, "end_experiment") == [
        ("bob", subject, {"state": "running"}, {"state": "dropped", "reason": "slower"})
    ]
    assert shop.live().id == live


def test_publishing_goes_live_for_all_and_ends_it(shop: HeldShop) -> None:
    held = shop.held.id
    shop.experiments().start(held, 0.1, "lea")
    assert shop.experiments().publish("lea", "better", held) == held
    assert (shop.live().id, latest(shop).state, latest(shop).reason) == (held, "published", "better")
    (past, *_) = shop.versions().history()
    assert (past.actor, past.kind, past.to_version, past.reason) == ("lea", "publish", held, "better")
    assert shop.pending() == []  # what it has learned is learned, as with every publication


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan"), float("inf")])
def test_a_share_of_nobody_or_everybody_is_refused(shop: HeldShop, share: float) -> None:
    with pytest.raises(InputError, match="give a share of the conversations above 0 and below 1"):
        shop.experiments().start(shop.held.id, share, "lea")


def test_only_what_could_be_published_may_be_tried(shop: HeldShop) -> None:
    start, held = shop.experiments().start, shop.held
    with pytest.raises(InputError, match="there is no version 'v9'"):
        start("v9", 0.1, "lea")
    with pytest.raises(InputError, match="is live already"):
        start(shop.live().id, 0.1, "lea")
    with shop.store.unit() as uow:
        uow.versions.add(replace(held, id="bad", state="refused"))
        uow.versions.add(replace(held, id="older", parent=held.id))
    with pytest.raises(InputError, match="'bad' is refused and may not go live"):
        start("bad", 0.1, "lea")
    with pytest.raises(InputError, match=f"older was built on {held.id}, but"):
        start("older", 0.1, "lea")
    (shop.folder / held.id / "head.safetensors").unlink()
    with pytest.raises(CorruptVersionError, match=r"head\.safetensors"):
        start(held.id, 0.1, "lea")
    assert shop.experiments().latest() is None


def test_a_version_that_learned_a_label_taken_back_since_is_not_tried(shop: HeldShop) -> None:
    with shop.store.unit() as uow:
        uow.examples.undo(uow.examples.pending()[0].id)
    with pytest.raises(InputError, match="has learned a label that was taken back since"):
        shop.experiments().start(shop.held.id, 0.1, "lea")


def test_one_at_a_time(shop: HeldShop) -> None:
    shop.experiments().start(shop.held.id, 0.1, "lea")
    with pytest.raises(InputError, match="is being tried on 10% of the conversations already; publish or drop it"):
        shop.experiments().start(shop.held.id, 0.2, "bob")
    with shop.engine.begin() as connection, pytest.raises(Exception, match="UNIQUE constraint failed"):
        connection.execute(  # not even by another program
            text(
                "insert into experiments (version_id, against, share, state, started_at, started_by, first_message)"
                " select version_id, against, share, state, started_at, started_by, first_message from experiments"
            )
        )


def retrained(shop: HeldShop) -> str:
    """Another version goes live, as a nightly update does it."""
    with shop.store.unit() as uow:
        uow.versions.add(replace(shop.held, id="night", created_at=datetime(2025, 1, 1, tzinfo=UTC)))
        live = uow.versions.live()
        assert live
        uow.versions.publish(
            "night", expected_live=live.id, learned=(), actor="cron", kind="publish", reason="retrain: 3 corrections"
        )
    return "night"


def rolled_back(shop: HeldShop) -> str:
    return shop.versions().roll_back("lea", "wrong answers").id


@pytest.mark.parametrize(
    ("change", "actor", "reason"),
    [(retrained, "cron", "retrain: 3 corrections"), (rolled_back, "lea", "wrong answers")],
)
def test_whatever_else_goes_live_ends_it_and_is_recorded(
    shop: HeldShop, change: Callable[[HeldShop], str], actor: str, reason: str
) -> None:
    if change is rolled_back:  # the held version goes live, and the first one is tried once more
        first = shop.live().id
        shop.versions().publish(shop.held.id, "lea", "x")
        shop.experiments().start(first, 0.2, "lea")
        live, state = change(shop), "published"  # going back to what is tried publishes it
    else:
        shop.experiments().start(shop.held.id, 0.2, "lea")
        live, state = change(shop), "superseded"
    one = latest(shop)
    expected = reason if state == "published" else f"version {live} went live: {reason}"
    assert (one.state, one.ended_by, one.reason) == (state, actor, expected)
    assert audit(shop, "end_experiment")[0][3] == {"state": state, "reason": expected}


def test_a_lead_who_saw_another_experiment_changes_nothing(shop: HeldShop) -> None:
    shop.experiments().start(shop.held.id, 0.1, "lea")
    for act in (shop.experiments().publish, shop.experiments().drop):
        with pytest.raises(InputError, match="is being tried now, not v1; look again"):
            act("bob", "because", "v1")
    assert latest(shop).state == "running"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_ending_needs_a_reason(shop: HeldShop, reason: str) -> None:
    shop.experiments().start(shop.held.id, 0.1, "lea")
    for act in (shop.experiments().publish, shop.experiments().drop):
        with pytest.raises(InputError, match="say why"):
            act("lea", reason)
    assert latest(shop).state == "running"


def test_somebody_faster_wins(shop: HeldShop, monkeypatch: pytest.MonkeyPatch) -> None:
    held = shop.held.id
    shop.experiments().start(held, 0.1, "lea")

    def meanwhile(*_: object) -> None:
        monkeypatch.undo()
        retrained(shop)

    monkeypatch.setattr("assistant.services.versions.read_folder", meanwhile)
    with pytest.raises(AssistantError, match="another process published meanwhile"):
        shop.experiments().publish("lea", "better")
    assert (shop.live().id, latest(shop).state) == ("night", "superseded")
