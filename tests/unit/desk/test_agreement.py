"""Promises of second opinions, conflicts and the log."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

from assistant.domain import Decision, Neighbour, Thresholds
from assistant.errors import InputError
from assistant.evaluation.agreement import kappa
from assistant.services.desk.agreement import Agreement
from assistant.services.desk.audit_log import COLUMNS, PAGE, AuditLog
from assistant.services.desk.conflicts import Conflicts
from assistant.services.desk.desk import desk_services
from assistant.services.desk.labeling import Labeling
from assistant.store import Store
from tests.fakes import FakeLive, prediction
from ui.desk.conflicts_tab import Quarrels, card, open_conflicts, settle


def write(store: Store, text: str) -> int:
    with store.unit() as uow:
        return uow.conversations.add_user_message(
            uow.conversations.create(), text, decision=Decision.CLARIFY, prediction=prediction(text, ("refund", 0.4)),
            encoder="encoder-1", thresholds=Thresholds(0.7), version="v1",
        )  # fmt: skip


@pytest.fixture
def labeling(store: Store, live: FakeLive) -> Labeling:
    return Labeling(store, live)


def labels(store: Store) -> dict[str, str]:
    with store.unit(read_only=True) as uow:
        return {example.text: example.intent for example in uow.examples.all()}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("abab", "abab", 1.0), ("aabb", "abab", 0.0), ("ab", "ba", -1.0), ("aa", "aa", None), ("", "", None)],
)
def test_kappa_is_agreement_beyond_chance(first: str, second: str, expected: float | None) -> None:
    assert kappa(list(first), list(second)) == expected


def test_a_second_opinion_is_given_blindly_once_and_never_on_ones_own_label(labeling: Labeling, store: Store) -> None:
    agreement = Agreement(store)
    first = ["refund", "delivery", "refund", "delivery"]
    for number, intent in enumerate(first):
        labeling.correct(write(store, f"text {number}"), intent, "ada")
    assert agreement.next_for("ada") is None
    given = []
    while (sample := agreement.next_for("bob")) is not None:
        said = "refund" if sample.text in ("text 0", "text 1", "text 2") else "delivery"
        agreement.give(sample.example_id, said, "bob")
        given.append((first[int(sample.text[-1])], said))
    assert len(given) == 4
    (pair,) = agreement.pairs()
    expected = cohen_kappa_score(*zip(*given, strict=True))
    assert (pair.first, pair.second, pair.texts, pair.same) == ("ada", "bob", 4, 0.75)
    assert pair.kappa == pytest.approx(expected)
    assert agreement.totals() == [("ada", 4)]
    assert set(labels(store).values()) == {"refund", "delivery"}  # an opinion changes no label
    with store.unit(read_only=True) as uow:
        number = uow.examples.all()[0].id
    for forged in ((number, "refund", "bob"), (number, "refund", "ada"), (999, "refund", "cem"), (number, "x", "cem")):
        with pytest.raises(InputError):
            agreement.give(*forged)


@pytest.fixture
def quarrel(labeling: Labeling, store: Store, live: FakeLive) -> Conflicts:
    """Two texts with the same embedding and different labels; the memory knows nothing near."""
    live.nearest = lambda embedding, k=5: []  # type: ignore[method-assign]
    for text, intent in (("ab", "refund"), ("ba", "delivery")):
        labeling.correct(write(store, text), intent, "ada")
    return Conflicts(store, live)


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        ("first", {"ab": "delivery", "ba": "delivery"}),
        ("second", {"ab": "refund", "ba": "refund"}),
        ("both", {"ab": "refund", "ba": "delivery"}),
    ],
)
def test_a_conflict_is_settled_by_one_click_and_undone_by_another(
    quarrel: Conflicts, labeling: Labeling, store: Store, keep: str, left: dict[str, str]
) -> None:
    (conflict,) = quarrel.all()
    assert {conflict.first, conflict.second} == {"ab", "ba"}
    assert conflict.first_label == "delivery"  # the newest is A
    before = labels(store)
    quarrel.settle(conflict, keep, "bob")
    assert labels(store) == left
    assert quarrel.all() == []
    labeling.undo("bob")
    assert labels(store) == before
    assert len(quarrel.all()) == 1


def test_a_stale_or_forged_settlement_is_refused(quarrel: Conflicts, labeling: Labeling, store: Store) -> None:
    (conflict,) = quarrel.all()
    with pytest.raises(InputError, match="'third' settles nothing"):
        quarrel.settle(conflict, "third", "bob")
    with store.unit() as uow:
        uow.examples.add(conflict.second, "person", source="correction", operator="cem")
    before = labels(store)
    for keep in ("first", "second", "both"):  # also where the changed label is the one to be kept
        with pytest.raises(InputError, match="labelled “Talk to a person” meanwhile"):
            quarrel.settle(conflict, keep, "bob")
    assert labels(store) == before


@pytest.mark.parametrize("keep", ["first", "second", "both"])
def test_of_two_who_settle_a_conflict_at_once_the_second_learns_that_both_labels_are_fine(
    quarrel: Conflicts, labeling: Labeling, store: Store, keep: str
) -> None:
    (conflict,) = quarrel.all()
    quarrel.settle(conflict, "both", "bob")
    before = labels(store)
    with pytest.raises(InputError, match="bob said meanwhile that both labels are fine; nothing was changed"):
        quarrel.settle(conflict, keep, "cem")
    assert labels(store) == before
    labeling.undo("bob")
    assert quarrel.all() == [conflict]


def test_labels_that_the_memory_contradicts_are_graded(labeling: Labeling, store: Store, live: FakeLive) -> None:
    labeling.correct(write(store, "one"), "delivery", "ada")
    near = [Neighbour("a", "refund", 0.95), Neighbour("b", "refund", 0.9), Neighbour("c", "delivery", 0.6)]
    live.nearest = lambda embedding, k=5: near  # type: ignore[method-assign]
    (conflict,) = Conflicts(store, live).all()
    assert (conflict.first, conflict.second, conflict.second_label) == ("one", "a", "refund")
    assert "2 of 3 neighbours" in conflict.why
    assert conflict.grade == pytest.approx((0.95 + 0.9) / (0.95 + 0.9 + 0.6) * 0.95)


def test_exemplars_and_rows_of_files_are_compared_too(store: Store, live: FakeLive) -> None:
    with store.unit() as uow:
        for text, intent, source in (("cd", "refund", "seed"), ("dc", "delivery", "import")):
            uow.examples.add(text, intent, source=source, operator="ada")
    live.remembered = ("cd", "a text that was erased")
    live.nearest = lambda embedding, k=5: []  # type: ignore[method-assign]
    conflicts = Conflicts(store, live)
    (conflict,) = conflicts.all()
    assert {conflict.first, conflict.second} == {"cd", "dc"}
    asked = list(live.asked)
    assert conflicts.all() == [conflict]
    assert live.asked == asked == ["dc"]  # what came in a file is embedded once
    conflicts.settle(conflict, "first", "bob")
    assert conflicts.all() == []


def test_who_settles_one_conflict_after_another_waits_for_no_search_twice(
    labeling: Labeling, store: Store, live: FakeLive
) -> None:
    searched: list[bytes] = []

    def nearest(embedding: bytes, k: int = 5) -> list[Neighbour]:
        searched.append(embedding)
        return [Neighbour("refund this", "refund", 0.9)]

    live.nearest = nearest  # type: ignore[method-assign]
    for text in ("ab", "ba", "cab"):
        labeling.correct(write(store, text), "delivery", "ada")
    conflicts = Conflicts(store, live)
    first, *others = conflicts.all()
    assert len(others) == 2
    assert len(searched) == 3
    conflicts.settle(first, "both", "ada")
    assert conflicts.all() == others
    assert len(searched) == 3
    with store.unit() as uow:
        uow.intents.retire("person")  # what answers is another memory now
    assert conflicts.all() == others
    assert len(searched) == 6
    live.version = "v2"
    conflicts.all()
    assert len(searched) == 9


def test_texts_are_nearly_the_same_where_the_version_tells_no_unlike_ones_apart(
    labeling: Labeling, store: Store, live: FakeLive
) -> None:
    """An encoder that cannot read a shop's language puts all its texts close together: each pair would be listed."""
    live.nearest = lambda embedding, k=5: []  # type: ignore[method-assign]
    for text, intent in (("where is my money", "delivery"), ("refund it", "refund")):  # their cosine is 0.987
        labeling.correct(write(store, text), intent, "ada")
    listed = []
    for live.radius in (None, 0.8, 0.99):
        listed.append(len(Conflicts(store, live).all()))
    assert listed == [1, 1, 0]


def test_the_same_text_is_in_conflict_however_near_unlike_ones_are(quarrel: Conflicts, live: FakeLive) -> None:
    live.radius = 1.0
    assert len(quarrel.all()) == 1


def test_a_neighbour_speaks_with_the_label_that_it_has_now(labeling: Labeling, store: Store, live: FakeLive) -> None:
    labeling.correct(write(store, "my parcel is gone 79"), "delivery", "ada")
    with store.unit() as uow:
        for text in ("cd", "ef"):
            uow.examples.add(text, "refund", source="seed", operator="ada")
    live.remembered = ("cd", "ef")
    near = [Neighbour("cd", "refund", 0.95), Neighbour("ef", "refund", 0.7)]
    live.nearest = lambda embedding, k=5: near  # type: ignore[method-assign]
    conflicts = Conflicts(store, live)
    assert [one.first for one in conflicts.all() if "in memory" in one.why] == ["my parcel is gone 79"]
    with store.unit() as uow:  # the version goes on saying refund until the night
        for text in ("cd", "ef"):
            uow.examples.add(text, "delivery", source="correction", operator="bob")
    assert conflicts.all() == []


def test_texts_in_conflict_are_shown_as_text(quarrel: Conflicts, store: Store, live: FakeLive) -> None:
    desk = desk_services(store, live)
    seen = open_conflicts(desk)
    assert "<blockquote>ab</blockquote>" in card(seen)
    after, told = settle(desk, seen, "bob", "both")
    assert after.conflict is None or not told.is_problem
    with pytest.raises(InputError, match="No conflict is open"):
        settle(desk, Quarrels(), "bob", "first")


def test_the_log_holds_who_when_what_before_and_after_as_csv(labeling: Labeling, store: Store, tmp_path: Path) -> None:
    message = write(store, "hm")
    labeling.correct(message, "delivery", "ada")
    labeling.correct(message, "refund", "=HYPERLINK(bob)")
    file = tmp_path / "log.csv"
    assert AuditLog(store).write_csv(file) == 2
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["who"], row["what"], row["subject"]) for row in rows] == [
        ("ada", "correct", f"message/{message}"),
        ("'=HYPERLINK(bob)", "correct", f"message/{message}"),
    ]
    assert '"intent": "delivery"' in rows[1]["before"]
    assert '"intent": "refund"' in rows[1]["after"]
    with pytest.raises(InputError, match=r"log\.csv: cannot be made a folder"):
        AuditLog(store).write_csv(file / "log.csv")


def test_the_log_is_read_by_person_kind_and_page(labeling: Labeling, store: Store) -> None:
    for number in range(PAGE + 2):
        labeling.skip(write(store, f"text {number}"), "ada" if number else "bob")
    log = AuditLog(store)
    assert [len(log.page(number=number)) for number in (1, 2, 3)] == [PAGE, 2, 0]
    assert [entry.actor for entry in log.page(who="bob")] == ["bob"]
    assert log.page(what="bulk") == []
    assert log.names() == (["ada", "bob"], ["skip"])
    with pytest.raises(InputError, match="no page 0"):
        log.page(number=0)
