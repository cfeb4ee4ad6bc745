"""A shop's own labelled messages become a corpus from which it can start."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.cli import main
from assistant.domain import OUT_OF_SCOPE, Action
from assistant.errors import InputError
from assistant.services.rows.corpus import read_corpus
from assistant.services.rows.own_corpus import make_corpus
from assistant.store import prepare, text_hash
from assistant.store.intents import storable
from assistant.store.texts import side_of
from tests.commands import run


def labelled(folder: Path, rows: list[dict[str, str]]) -> Path:
    file = folder / "messages.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return file


def messages(intent: str, count: int = 20, **more: str) -> list[dict[str, str]]:
    return [{"text": f"{intent} {number}", "intent": intent, **more} for number in range(count)]


def test_each_row_is_on_the_side_of_its_text_and_each_intent_waits_for_its_answer(tmp_path: Path) -> None:
    rows = messages("refund") + messages("Late parcel?") + messages("Grüße") + messages(OUT_OF_SCOPE, 5)
    made = make_corpus(labelled(tmp_path, rows), tmp_path / "shop")
    corpus = read_corpus(tmp_path / "shop")
    renamed = {"Late parcel?": "late_parcel", "Grüße": "gruesse"}
    assert made.names == {"refund": "refund", OUT_OF_SCOPE: OUT_OF_SCOPE, **renamed}
    assert (made.train, made.holdout) == (len(corpus.train), len(corpus.holdout))
    found = {(row.text, row.intent): side for side in ("train", "holdout") for row in getattr(corpus, side)}
    wanted = {(row["text"], made.names[row["intent"]]): side_of(text_hash(row["text"])).value for row in rows}
    assert found == wanted
    assert set(found.values()) == {"train", "holdout"}
    late = corpus.intents["late_parcel"]
    assert (late.title, late.answer, late.action) == ("Late parcel?", "", Action.HAND_OVER)
    assert made.thin == ("refund", "late_parcel", "gruesse")


def test_labels_that_differ_in_capitals_and_spaces_are_one_intent(tmp_path: Path) -> None:
    rows = [{"text": f"{n}", "intent": ("Late parcel", "late_parcel", " LATE  parcel")[n % 3]} for n in range(30)]
    made = make_corpus(labelled(tmp_path, rows), tmp_path / "shop")
    assert set(made.names.values()) == {"late_parcel"}
    assert list(read_corpus(tmp_path / "shop").intents) == ["late_parcel"]


def test_labels_that_differ_in_how_umlauts_are_spelt_are_one_intent(tmp_path: Path) -> None:
    labels = ("Öffnungszeiten", "Oeffnungszeiten", "O\N{COMBINING DIAERESIS}ffnungszeiten")
    made = make_corpus(
        labelled(tmp_path, [{"text": f"{n}", "intent": labels[n % 3]} for n in range(30)]), tmp_path / "shop"
    )
    assert set(made.names.values()) == {"oeffnungszeiten"}
    assert read_corpus(tmp_path / "shop").intents["oeffnungszeiten"].title == "Öffnungszeiten"


def test_labels_that_differ_in_accents_alone_stay_apart_and_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = messages("Öffnungszeiten") + messages("Offnungszeiten") + messages("退货") + messages("换货")
    assert run(monkeypatch, "corpus", str(labelled(tmp_path, rows)), str(tmp_path / "shop")) == 0
    told = "they differ in accents alone: 'Öffnungszeiten' and 'Offnungszeiten'. If they mean the same"
    assert told in capsys.readouterr().out


def test_the_sides_that_the_file_gives_are_kept(tmp_path: Path) -> None:
    rows = messages("refund", 12, split="train") + [
        {"text": f"money {n}", "intent": "refund", "split": "test"} for n in range(10)
    ]
    made = make_corpus(labelled(tmp_path, rows), tmp_path / "shop")
    assert (made.train, made.holdout, made.thin) == (12, 10, ())


def test_an_intent_whose_rows_all_fall_into_the_holdout_keeps_one_to_train_on(tmp_path: Path) -> None:
    judged = [text for n in range(100) if side_of(text_hash(text := f"message {n}")) == "holdout"][:3]
    rows = [{"text": text, "intent": "rare"} for text in judged] + messages("refund")
    make_corpus(labelled(tmp_path, rows), tmp_path / "shop")
    assert [row.text for row in read_corpus(tmp_path / "shop").train if row.intent == "rare"] == judged[:1]


def test_of_rows_that_are_all_to_train_on_one_is_spared(tmp_path: Path) -> None:
    trained = [text for n in range(100) if side_of(text_hash(text := f"message {n}")) == "train"][:3]
    rows = [{"text": text, "intent": intent} for text, intent in zip(trained, "aab", strict=True)]
    make_corpus(labelled(tmp_path, rows), tmp_path / "shop")
    assert [row.text for row in read_corpus(tmp_path / "shop").holdout] == [trained[1]]
    with pytest.raises(InputError, match=r"2 row.*none of which is left"):
        make_corpus(labelled(tmp_path, rows[1:]), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_rows_that_are_all_marked_to_train_on_are_told_to_be_marked_otherwise(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"20 row.*none of which is left to judge with; give some the split holdout"):
        make_corpus(labelled(tmp_path, messages("refund", split="train")), tmp_path / "shop")


def test_a_folder_that_holds_a_corpus_stays_as_it_is(tmp_path: Path) -> None:
    file = labelled(tmp_path, messages("refund"))
    make_corpus(file, tmp_path / "shop")
    before = {path.name: path.read_bytes() for path in (tmp_path / "shop").iterdir()}
    labelled(tmp_path, messages("parcel"))
    with pytest.raises(InputError, match=r"shop: it holds intents\.json already; name a new folder"):
        make_corpus(file, tmp_path / "shop")
    assert {path.name: path.read_bytes() for path in (tmp_path / "shop").iterdir()} == before


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path) -> None:
    file = labelled(tmp_path, messages("refund"))
    with pytest.raises(InputError, match=r"xxx: cannot be looked into \(File name too long\); choose another folder"):
        make_corpus(file, tmp_path / ("x" * 300))


def test_what_a_run_that_was_stopped_left_is_told_with_what_to_do(tmp_path: Path) -> None:
    file = labelled(tmp_path, messages("refund"))
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "train.csv").write_text("text,intent\n")
    with pytest.raises(InputError, match=r"shop: it holds train\.csv without intents\.json, .*delete what is there"):
        make_corpus(file, tmp_path / "shop")
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["train.csv"]


def test_a_text_with_two_labels_is_told_with_both_its_lines(tmp_path: Path) -> None:
    file = labelled(tmp_path, [*messages("refund"), {"text": "Refund 3", "intent": "parcel"}])
    with pytest.raises(
        InputError, match=r"messages\.jsonl, line 21 labels a text 'parcel' that line 4 labels 'refund'"
    ):
        make_corpus(file, tmp_path / "shop")


LABELS = st.text(min_size=1, max_size=90).map(str.strip).filter(lambda s: s.isprintable() and s)


@settings(max_examples=60, deadline=None)
@given(st.lists(LABELS, min_size=1, max_size=6, unique=True))
def test_whatever_labels_are_called_the_store_takes_the_intents(labels: list[str]) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place)
        rows = [{"text": f"{number} {n}", "intent": label} for number, label in enumerate(labels) for n in range(12)]
        made = make_corpus(labelled(folder, rows), folder / "shop")
        corpus = read_corpus(folder / "shop")
        unlike = {" ".join(label.replace("_", " ").split()).casefold() for label in labels}
        assert len(set(made.names.values())) == len(unlike)
        assert len({intent.title.casefold() for intent in corpus.intents.values()}) == len(unlike)
        for intent in corpus.intents.values():
            storable(intent)
        for row in (*corpus.train, *corpus.holdout):
            assert prepare(row).text == row.text


def test_the_command_says_what_became_of_labels_and_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    labelled(tmp_path, messages("Late parcel?", 60) + messages("refund", 5))
    monkeypatch.setattr("sys.argv", ["assistant", "corpus", "messages.jsonl", "shop"])

    def run() -> object:
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code

    assert run() == 0
    said = capsys.readouterr().out
    train, holdout = (len(getattr(read_corpus(tmp_path / "shop"), side)) for side in ("train", "holdout"))
    assert f"shop: 2 intents, {train} rows to train on, {holdout} to judge with" in said
    assert "'Late parcel?' → late_parcel" in said
    assert (
        f"With fewer than 50 of them that have an intent ({holdout}) the assistant cannot tell which messages" in said
    )
    assert "fewer than 10 rows to judge with: refund\n" in said
    assert 'put `corpus = "shop"` into assistant.toml' in said
    assert run() == 2


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (messages(OUT_OF_SCOPE), "there is no intent but out_of_scope"),
        (messages("refund", split="train") + messages("late", 2, split="test"), "every row of late is there to judge"),
        ([*messages("refund"), {"text": "hello", "intent": "\u200b"}], r"line 21: the label '\\u200b' shows nothing"),
    ],
)
def test_rows_that_no_version_could_be_trained_on_are_told_before_anything_is_written(
    tmp_path: Path, rows: list[dict[str, str]], says: str
) -> None:
    """A folder that is there would stand in the way of the next try."""
    with pytest.raises(InputError, match=says):
        make_corpus(labelled(tmp_path, rows), tmp_path / "shop")
    assert not (tmp_path / "shop").exists()
