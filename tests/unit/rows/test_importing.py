"""What `assistant import` takes from a file: its sides, in one transaction, and told as the file counts its lines."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from assistant.dialogue.text import clean
from assistant.domain import OUT_OF_SCOPE, Action, Intent, LabelledText, Split
from assistant.errors import InputError, StoreError
from assistant.services.rows import importing
from assistant.services.rows.importing import import_labelled, import_rows, rows_of
from assistant.services.rows.labelled_rows import GivenRow
from assistant.services.views import ImportCounts
from assistant.store import Store, migrate, open_engine, split_of, text_hash
from tests.shops import intent
from tests.write_lock import computed

TEXTS = [f"text {number}" for number in range(40)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'assistant.db'}"
    migrate(url)
    engine = open_engine(url)
    store = Store(engine)
    with store.unit() as uow:
        for name in ("refund", "delivery"):
            uow.intents.add(intent(name), "seed")
    yield store
    engine.dispose()


def written(folder: Path, *lines: str) -> Path:
    path = folder / "rows.csv"
    path.write_text("\n".join(("text,intent,split", *lines)), encoding="utf-8")
    return path


def import_file(store: Store, path: Path, split: Split | None = None) -> ImportCounts:
    return import_rows(store, rows_of(path, split), "ada", path)


def sides(store: Store) -> dict[str, Split]:
    with store.unit(read_only=True) as uow:
        return {row.text: row.split for row in uow.examples.all()}


def test_the_file_decides_on_the_side_of_its_rows_and_the_text_on_that_of_the_others(
    store: Store, tmp_path: Path
) -> None:
    given = {"train": Split.TRAIN, "holdout": Split.HOLDOUT, "test": Split.HOLDOUT}
    lines = [f"{text} {split},refund,{split}" for split in ("", *given) for text in TEXTS]
    assert import_file(store, written(tmp_path, *lines)) == ImportCounts(4 * len(TEXTS), 0, 0)
    expected = {f"{text} {split}": side for split, side in given.items() for text in TEXTS}
    assert sides(store) == {**expected, **{text: split_of(text) for text in TEXTS}}


def test_a_side_that_is_asked_for_wins_over_the_file(store: Store, tmp_path: Path) -> None:
    import_file(store, written(tmp_path, "a,refund,train", "b,refund,test", "c,refund,"), split=Split.TRAIN)
    assert set(sides(store).values()) == {Split.TRAIN}


def test_a_text_that_was_ever_there_to_train_on_judges_nothing_whoever_asks(store: Store, tmp_path: Path) -> None:
    steps = [("refund", "holdout"), ("delivery", "train"), ("refund", "holdout"), ("delivery", "")]
    seen = []
    for label, asked in steps:
        import_file(store, written(tmp_path, f"a,{label},{asked}"))
        seen.append(sides(store)["a"])
    assert seen == [Split.HOLDOUT, Split.TRAIN, Split.TRAIN, Split.TRAIN]


def test_a_file_that_is_given_twice_is_no_label_given_at_the_desk(store: Store, tmp_path: Path) -> None:
    """Which would hold in the chat at once, count as somebody's own, and be shown for a second opinion."""
    for _ in range(2):
        import_file(store, written(tmp_path, "a,refund,train", "b,refund,train"))
    with store.unit(read_only=True) as uow:
        assert {example.source for example in uow.examples.all()} == {"import again"}  # which is held back no more
        assert (uow.instants.pending(), uow.opinions.totals(), uow.opinions.next_for("bob")) == ([], [], None)
    with store.unit() as uow:
        uow.examples.add("A", "refund", source="correction", operator="ann")
    with store.unit(read_only=True) as uow:
        assert [pending.example.text for pending in uow.instants.pending()] == ["a"]


@pytest.mark.parametrize(
    ("last", "says"),
    [
        ("hello,refunds,", "unknown intent 'refunds' (did you mean 'refund'?); create it first"),
        ("\u200b,refund,", "This text is empty"),
        ("A,delivery,train", " labels a text 'delivery' that line 2 labels 'refund'; keep one"),
        ("A,refund,test", " puts a text on holdout that line 2 puts on train; keep one"),
        ("A,refund,", " puts a text on no side that line 2 puts on train; keep one"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_with_file_and_line_and_nothing_is_stored(
    store: Store, tmp_path: Path, last: str, says: str
) -> None:
    path = written(tmp_path, "a,refund,train", "", '"two\nlines",refund,', last)
    with pytest.raises(InputError) as caught:
        import_file(store, path)
    assert str(caught.value).startswith(f"{path}, line 6")
    assert says in str(caught.value)
    assert sides(store) == {}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            ["a,refund,", *["a,delivery,"] * 7],
            [
                ", line 3 labels a text 'delivery' that line 2 labels 'refund'; line 4 labels",
                " and 2 more; keep one of each",
            ],
        ),
        (
            ["a,refund,", *[f"{number}{'x' * 3000},refund," for number in range(7)]],
            [
                ", line 3: This text is 3,001 characters long. Please keep it to 2,000; line 4: This text is 3,001",
                " and 2 more",
            ],
        ),
        (
            ["a,refunds,", "b,refunds,", "c,deliver,"],
            [
                ", line 2: unknown intent 'refunds'",
                "; line 4: unknown intent 'deliver'",
                "; create them first, or have them created with --new-intents",
            ],
        ),
    ],
)
def test_all_that_is_wrong_with_rows_is_told_at_once(
    store: Store, tmp_path: Path, rows: list[str], says: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        import_file(store, written(tmp_path, *rows))
    assert [part in str(caught.value) for part in says] == [True] * len(says), str(caught.value)
    assert sides(store) == {}


def test_a_label_is_taken_for_the_intent_that_a_corpus_would_make_of_it(store: Store, tmp_path: Path) -> None:
    counts = import_file(store, written(tmp_path, "a,Refund!,", "b,refund,", "c, DELIVERY ,"))
    assert counts == ImportCounts(3, 0, 0, {"Refund!": "refund", "DELIVERY": "delivery"})
    with store.unit(read_only=True) as uow:
        assert {row.text: row.intent for row in uow.examples.all()} == {"a": "refund", "b": "refund", "c": "delivery"}


def test_a_label_with_umlauts_is_taken_for_the_intent_that_is_spelt_without(store: Store) -> None:
    with store.unit() as uow:
        for intent in (Intent("hours", "Öffnungszeiten", "9 to 5."), Intent("muell", "Waste", "Bring it back.")):
            uow.intents.add(intent, "seed")
    rows = [LabelledText(f"when {label}", label) for label in ("Oeffnungszeiten", "ÖFFNUNGSZEITEN", "Müll")]
    assert import_labelled(store, rows, "ann").added == 3
    with store.unit() as uow:
        assert [example.intent for example in uow.examples.all()] == ["hours", "hours", "muell"]
        uow.intents.add(Intent("oeffnungszeiten", "Oeffnungszeiten", "8 to 4."), "seed")
    import_labelled(store, [LabelledText("open now", "Öffnungszeiten")], "ann")  # as it is written, where there are two
    with store.unit() as uow:
        assert uow.examples.all()[-1].intent == "hours"


def test_intents_that_do_not_exist_are_created_if_wanted_and_hand_over(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, "a,refund,", "b,Gift cards?,", "c,gift cards,", "d,Refund of fees,", f"e,{OUT_OF_SCOPE},")
    counts = import_rows(store, rows_of(path), "ada", path, create=True)
    assert counts.created == ("gift_cards", "gift_cards_2", "refund_of_fees")  # those that wait for an answer
    with store.unit(read_only=True) as uow:
        made = {intent.name: intent for intent in uow.intents.all()}
        labels = {row.text: row.intent for row in uow.examples.all()}
        created = [entry.subject for entry in uow.audit.matching() if entry.action == "create_intent"]
    assert labels == dict(zip("abcde", ("refund", *counts.created, OUT_OF_SCOPE), strict=True))
    assert (made["gift_cards"].title, made["gift_cards"].action) == ("Gift cards?", Action.HAND_OVER)
    assert len({intent.title for intent in made.values()}) == len(made)
    assert set(created) == {f"intent/{name}" for name in (*counts.created, OUT_OF_SCOPE)}


def test_a_file_whose_labels_lose_all_in_their_names_means_the_same_when_it_comes_again(
    store: Store, tmp_path: Path
) -> None:
    long = "a very long label of which the end alone "
    labels = ["退款", "配送", "Gift cards?", "gift cards", f"{long}says one", f"{long}says two"]
    path = written(tmp_path, *(f"text {label},{label}," for label in labels))
    import_rows(store, rows_of(path), "ada", path, create=True)
    with store.unit(read_only=True) as uow:
        before = {row.text: row.intent for row in uow.examples.all()}
    assert len(set(before.values())) == len(labels)
    counts = import_file(store, path)
    assert (counts.relabelled, counts.unchanged) == (0, len(labels))
    with pytest.raises(InputError, match="unknown intent '换货'"):
        import_file(store, written(tmp_path, "text,换货,"))


def test_of_a_file_with_a_wrong_row_no_intent_is_created(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, "a,gift,", "b,refund,")
    rows = [*rows_of(path), GivenRow("\u200b", "refund", "line 4")]
    with pytest.raises(InputError):
        import_rows(store, rows, "ada", path, create=True)
    with store.unit(read_only=True) as uow:
        assert "gift" not in uow.intents.titles()


def test_what_is_out_of_scope_is_taken_without_asking_for_a_new_intent(store: Store, tmp_path: Path) -> None:
    """As at the desk, where a key says it; with leave for new intents a misspelt label would be one too."""
    counts = import_file(store, written(tmp_path, "how tall is it,Out of scope,"))
    assert counts == ImportCounts(1, 0, 0, {"Out of scope": OUT_OF_SCOPE})
    with pytest.raises(InputError, match=r"line 3: unknown intent 'refunds' .*; create it first"):
        import_file(store, written(tmp_path, "how old is it,out_of_scope,", "b,refunds,"))
    with store.unit(read_only=True) as uow:
        assert uow.intents.get(OUT_OF_SCOPE).answer
        assert [example.text for example in uow.examples.all()] == ["how tall is it"]


def test_rows_that_a_file_calls_out_of_scope_are_not_taken_for_an_intent(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "clinc.json"
    path.write_text(json.dumps({"train": [["a", "refund"]], "oos_train": [["b", "refund"]]}))
    with pytest.raises(InputError, match=r"oos_train\[0\]: the row is of split 'oos_train', so it has none of the"):
        import_file(store, path)
    assert sides(store) == {}


def test_rows_are_stored_in_steps_that_are_told_and_a_repeated_text_confirms_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 3)
    told: list[tuple[str, int, int]] = []
    path = written(tmp_path, *(f"{text},refund," for text in ("a", "b", "c", "d", "A")))
    rows = rows_of(path, progress=lambda *step: told.append(step))
    counts = import_rows(store, rows, "ada", path, lambda *step: told.append(step))
    assert counts == ImportCounts(4, 0, 0)
    assert told == [("checking", 3, 5), ("checking", 5, 5), ("storing", 3, 4), ("storing", 4, 4)]
    with store.unit(read_only=True) as uow:
        assert {row.source for row in uow.examples.all()} == {"import"}
        assert len(uow.audit.matching()) == 1


def test_texts_are_cleaned_and_hashed_while_others_can_write(store: Store, tmp_path: Path) -> None:
    """A chat waits only so long for the write lock, and a long file takes seconds to prepare."""
    import_file(store, written(tmp_path, "b,refund,"))
    path = written(tmp_path, "a,refund,", "B,refund,", "c,delivery,holdout")
    counts = list[ImportCounts]()
    codes = (clean.__code__, text_hash.__code__)
    free, locked = computed(tmp_path / "assistant.db", lambda: counts.append(import_file(store, path)), codes)
    assert counts == [ImportCounts(2, 0, 1)]
    assert (free, locked) == ({"clean", "text_hash"}, set())


def test_an_import_that_finds_no_room_leaves_the_disk_as_it_was(store: Store, tmp_path: Path) -> None:
    """Beside a running server, which has the database open."""
    engine = open_engine(tmp_path / "assistant.db")

    @event.listens_for(engine, "connect")
    def full(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA max_page_count = 800")

    rows = [LabelledText(f"give me back what I have paid for the order {number}", "refund") for number in range(9000)]
    with pytest.raises(StoreError, match="free some disk space"):
        import_labelled(Store(engine), rows, "ada")
    engine.dispose()
    assert (tmp_path / "assistant.db-wal").stat().st_size == 0
    assert sides(store) == {}
