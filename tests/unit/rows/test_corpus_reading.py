"""A corpus folder that cannot be used is refused with the file, the place and what to write instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.domain import Action, Intent, LabelledText
from assistant.errors import InputError
from assistant.services.rows.corpus import read_corpus

REFUND: dict[str, object] = {"title": "Refund", "answer": "We refund.", "action": "answer"}
PERSON: dict[str, object] = {
    "title": "A person", "answer": "", "action": "hand_over", "description": "Wants a human.", "session": 2,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus of two intents, in order."""
    describe(tmp_path, {"refund": REFUND, "person": PERSON})
    (tmp_path / "train.csv").write_text('text,intent\n"my money, please",refund\nhuman,person\n', encoding="utf-8")
    (tmp_path / "holdout.csv").write_text("text,intent\npay me back,refund\n", encoding="utf-8")
    return tmp_path


def describe(folder: Path, intents: object) -> None:
    (folder / "intents.json").write_text(json.dumps(intents), encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_corpus(folder)
    return str(caught.value)


def test_a_corpus_is_read_as_it_is_written(folder: Path) -> None:
    corpus = read_corpus(folder)
    assert corpus.intents == {
        "refund": Intent("refund", "Refund", "We refund."),
        "person": Intent("person", "A person", "", "Wants a human.", Action.HAND_OVER),
    }
    assert corpus.sessions == {"refund": 0, "person": 2}
    assert corpus.train == (LabelledText("my money, please", "refund"), LabelledText("human", "person"))
    assert corpus.holdout == (LabelledText("pay me back", "refund"),)


def test_a_session_holds_its_intents_and_their_rows_only(folder: Path) -> None:
    corpus = read_corpus(folder)
    assert list(corpus.of_session(0).intents) == ["refund"]
    assert [row.text for row in corpus.of_session(2).train] == ["human"]
    assert (corpus.of_session(2).holdout, corpus.of_session(1).intents) == ((), {})


@pytest.mark.parametrize("name", ["intents.json", "train.csv", "holdout.csv"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    told = refusal(folder)
    assert (name in told, str(folder) in told, "o such file" in told) == (True, True, True)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "nowhere") in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"refund": }', b"[" * 100_000])
def test_broken_json_is_told(folder: Path, content: bytes) -> None:
    (folder / "intents.json").write_bytes(content)
    assert f"{folder / 'intents.json'}: it cannot be read as JSON in UTF-8 (" in refusal(folder)


@pytest.mark.parametrize(
    ("twice", "within"), [("refund", '{"refund": {}, '), ("title", '{"sale": {"title": "a", "title": "b"}, ')]
)
def test_a_key_that_appears_twice_is_told_instead_of_half_lost(folder: Path, twice: str, within: str) -> None:
    described = (folder / "intents.json").read_text(encoding="utf-8")
    (folder / "intents.json").write_text(within + described.removeprefix("{"), encoding="utf-8")
    assert f"the key {twice!r} appears twice" in refusal(folder)


@pytest.mark.parametrize("described", [[], {}, 3, None, "refund", [["refund", REFUND]]])
def test_json_of_another_shape_is_told_what_is_expected(folder: Path, described: object) -> None:
    describe(folder, described)
    assert "expected an object that maps each intent to its title, answer and action" in refusal(folder)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (3, "intent 'refund' is 3; give an object"),
        (None, "intent 'refund' is None; give an object"),
        ({}, "intent 'refund' has title None; give every intent a title"),
        ({**REFUND, "title": 3}, "intent 'refund' has title 3; "),
        ({**REFUND, "answer": ["We refund."]}, "intent 'refund' has answer ['We refund.']; "),
        ({**REFUND, "description": None}, "intent 'refund' has description None; "),
        ({**REFUND, "action": "shout"}, "intent 'refund' has action 'shout'; write one of: answer, hand_over"),
        ({**REFUND, "session": "first"}, "intent 'refund' has session 'first'; write an integer from 0"),
        ({**REFUND, "session": -1}, "intent 'refund' has session -1; "),
        ({**REFUND, "session": 1.5}, "intent 'refund' has session 1.5; "),
        ({**REFUND, "session": True}, "intent 'refund' has session True; "),
    ],
)
def test_an_intent_that_is_not_described_is_named_with_what_it_has(folder: Path, row: object, says: str) -> None:
    describe(folder, {"person": PERSON, "refund": row})
    assert says in refusal(folder)


@pytest.mark.parametrize("key", ["title", "answer", "action", "session"])
def test_a_value_without_end_is_cut_in_the_message(folder: Path, key: str) -> None:
    described = {**REFUND, key: ["refund"] * 100_000}
    for row in (described, {**REFUND, "action": "a" * 100_000}, [described]):
        describe(folder, {"r" * 100_000: row})
        assert len(refusal(folder)) < 400 + len(str(folder))


@pytest.mark.parametrize("name", ["train.csv", "holdout.csv"])
def test_a_row_of_an_unknown_intent_is_named_with_the_nearest(folder: Path, name: str) -> None:
    with (folder / name).open("a") as file:
        file.write("hello,refunds\n")
    row = 4 if name == "train.csv" else 3
    expected = f"{folder / name}, line {row}: intent 'refunds' is not in intents.json (did you mean 'refund'?)"
    assert refusal(folder) == expected


def test_intents_without_a_row_to_learn_from_are_named(folder: Path) -> None:
    describe(folder, {"refund": REFUND, "person": PERSON, "bb": REFUND, "aa": REFUND})
    assert refusal(folder) == f"{folder / 'train.csv'}: no row for aa, bb; each intent needs some"


def test_an_intent_may_lack_holdout_rows(folder: Path) -> None:
    assert {row.intent for row in read_corpus(folder).holdout} == {"refund"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("text,intent\n", "no row follows the header"),
        ('text,intent\n"hi,refund\n', "line 2: broken CSV"),
        ("text,intent\n ,refund\n", "line 2: the text is empty"),
    ],
)
def test_a_broken_table_is_refused_as_every_training_file_is(folder: Path, content: str, says: str) -> None:
    (folder / "train.csv").write_text(content, encoding="utf-8")
    assert says in refusal(folder)


def test_a_text_that_no_chat_would_take_is_refused_with_its_row(folder: Path) -> None:
    """Its line in the file, whatever stands above it."""
    above = 'text,intent\n\n"two\nlines",refund\n'
    (folder / "holdout.csv").write_text(f"{above}{'x' * 5000},refund\n", encoding="utf-8")
    assert f"{folder / 'holdout.csv'}, line 5: " in refusal(folder)


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("Refund!", {}, "intent 'Refund!': intent name 'Refund!': use 2 to 40 small letters"),
        ("a", {}, "intent 'a': intent name 'a': use 2 to 40 small letters"),
        ("gift", {"title": "T" * 81}, "intent 'gift': Title: This text is 81 characters long"),
        ("gift", {"title": " "}, "intent 'gift': Title: This text is empty"),
        ("gift", {"answer": " "}, "intent 'gift': the intent “Refund” has no answer"),
        ("gift", {"answer": "y" * 3000}, "intent 'gift': Answer: This text is 3,000 characters long"),
        ("gift", {"description": "y" * 3000}, "intent 'gift': Description: This text is 3,000"),
    ],
)
def test_an_intent_that_the_store_would_not_take_is_refused_with_what_is_wrong(
    folder: Path, name: str, changes: dict[str, str], says: str
) -> None:
    describe(folder, {"refund": REFUND, "person": PERSON, name: {**REFUND, **changes}})
    assert refusal(folder).startswith(f"{folder / 'intents.json'}: {says}")


@pytest.mark.parametrize("name", ["train.csv", "holdout.csv"])
def test_a_text_under_two_labels_is_refused_with_both_rows(folder: Path, name: str) -> None:
    with (folder / "train.csv").open("a", encoding="utf-8") as file:
        file.write("a person,person\n")
    (folder / name).write_text("text,intent\nmy money,refund\nhuman,person\n\nMY  MONEY,person\n", encoding="utf-8")
    expected = f"{folder / name}, line 5 labels a text 'person' that line 2 labels 'refund'; keep one"
    assert refusal(folder) == expected


@pytest.mark.parametrize(
    ("name", "split", "says"),
    [
        ("train.csv", "test", "split is 'test', but the rows of this file are train rows; move the row to holdout.csv"),
        ("train.csv", "holdout", "split is 'holdout', but the rows of this file are train rows"),
        ("holdout.csv", "train", "split is 'train', but the rows of this file are holdout rows; move the row to train"),
    ],
)
def test_a_split_that_contradicts_its_file_is_refused(folder: Path, name: str, split: str, says: str) -> None:
    (folder / name).write_text(f"text,intent,split\nhuman,person,\nmy money,refund,{split}\n", encoding="utf-8")
    assert refusal(folder).startswith(f"{folder / name}, line 3: {says}")


def test_a_split_that_agrees_with_its_file_is_taken(folder: Path) -> None:
    (folder / "train.csv").write_text("text,intent,split\na,refund,train\nA,refund,\nb,person,train\n")
    (folder / "holdout.csv").write_text("text,intent,split\nc,refund,test\nd,refund,holdout\n")
    corpus = read_corpus(folder)
    assert [[row.text for row in rows] for rows in (corpus.train, corpus.holdout)] == [["a", "A", "b"], ["c", "d"]]


def test_a_byte_order_mark_is_skipped(folder: Path) -> None:
    path = folder / "intents.json"
    path.write_text("\ufeff" + path.read_text())
    assert set(read_corpus(folder).intents) == {"refund", "person"}


def test_a_corpus_of_nothing_but_out_of_scope_is_refused(folder: Path) -> None:
    describe(folder, {"out_of_scope": REFUND})
    assert "there is no intent but out_of_scope" in refusal(folder)
