"""What the readers accept, and that every refusal names file, place, value and way out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.formats import FORMATS, Row, read_rows


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("label", ["intent", "category", "label"])
def test_csv_with_each_label_column(tmp_path: Path, label: str) -> None:
    path = written(tmp_path, "a.csv", f'{label},note,text\nrefund,x," money, ""back"" "\n\n  \nother,,Hi\n')
    assert read_rows(path) == [Row('money, "back"', "refund"), Row("Hi", "other")]


def test_csv_with_session_split_bom_and_windows_line_ends(tmp_path: Path) -> None:
    content = "\ufefftext,intent,session,split\r\na,x,0,train\r\nb,y,12,holdout\r\nc,y,,\r\n"
    path = written(tmp_path, "a.CSV", content)
    assert read_rows(str(path)) == [Row("a", "x", 0, "train"), Row("b", "y", 12, "holdout"), Row("c", "y")]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_csv_as_spreadsheets_write_it_where_a_comma_is_the_decimal_sign(tmp_path: Path, separator: str) -> None:
    rows = ['\ufeff"text"_intent', "1,5 Liter_x", '"a_\r\nb"_y']
    path = written(tmp_path, "a.csv", "\r\n".join(rows).replace("_", separator))
    assert read_rows(path) == [Row("1,5 Liter", "x"), Row(f"a{separator}\r\nb", "y")]


def test_csv_whose_lines_end_with_a_carriage_return_alone(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "text;intent\rwell, no, not yet, sorry;x\rb;y\r")
    assert read_rows(path) == [Row("well, no, not yet, sorry", "x"), Row("b", "y")]


def test_text_keeps_everything_but_its_ends(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", 'text,intent\n"  ÉTÉ\n\u200b  two  lines 🙂 ",x\n')
    assert read_rows(path) == [Row("ÉTÉ\n\u200b  two  lines 🙂", "x")]


def test_jsonl(tmp_path: Path) -> None:
    lines = '{"text": "a\u2028b", "label": "x", "session": 3, "split": "test"}\r\n\n{"text": "c", "intent": "y"}'
    path = written(tmp_path, "a.jsonl", lines)
    assert read_rows(path) == [Row("a\u2028b", "x", 3, "test"), Row("c", "y")]


def test_clinc_json_names_the_split_and_keeps_out_of_scope_apart(tmp_path: Path) -> None:
    document = {key: [[f" {key} ", "x"]] for key in ("train", "val", "test", "oos_train", "oos_val", "oos_test")}
    rows = read_rows(written(tmp_path, "a.json", json.dumps(document)))
    assert [(row.text, row.split) for row in rows] == [
        ("train", "train"),
        ("val", "holdout"),
        ("test", "test"),
        ("oos_train", "oos_train"),
        ("oos_val", "oos_holdout"),
        ("oos_test", "oos_test"),
    ]


def test_the_longest_text_is_accepted(tmp_path: Path) -> None:
    assert len(read_rows(written(tmp_path, "a.csv", f"text,intent\n {'a' * 10_000} ,x\n"))[0].text) == 10_000


REFUSED: dict[str, tuple[str, str | bytes, list[str]]] = {
    "empty file": ("a.csv", "", ["empty"]),
    "only a byte order mark": ("a.json", "\ufeff", ["empty"]),
    "only blank lines": ("a.jsonl", "\n \n", ["empty"]),
    "only a header": ("a.csv", "text,intent\n", ["line 1", "no row"]),
    "no text column": ("a.csv", "\nmessage,intent\na,x\n", ["line 2", "'text'", "'message'", "'intent'"]),
    "a semicolon too many": ("a.csv", "text;intent\na; b;x\n", ["line 2", "3 cells", "';'", "double quotes"]),
    "no label column": ("a.csv", "text\na\n", ["line 1", "'category'", "'text'"]),
    "no label column, text there": ("a.csv", "text,topic\na,x\n", ["line 1", "'category'", "'topic'"]),
    "a million columns": ("a.csv", ",".join(map(str, range(10**6))), ["line 1", "'0', '1'", "and 999,995 more"]),
    "as many keys": ("a.jsonl", json.dumps({"text": "a", **dict.fromkeys(range(10**5))}), ["'category'", "more"]),
    "column twice": ("a.csv", "text,intent,text\na,x,b\n", ["line 1", "twice", "'text'"]),
    "not UTF-8": ("a.csv", "text,intent\na,x\ncafé,x\n".encode("latin-1"), ["line 3", "xe9", "UTF-8"]),
    "not UTF-8 after a mark": ("a.csv", b"\xef\xbb\xbftext,intent\n\xff,x\n", ["line 2", "xff"]),
    "UTF-16": ("a.csv", "text,intent\na,x\n".encode("utf-16"), ["line 1", "NUL", "UTF-8"]),
    "NUL": ("a.jsonl", b'{"text": "a", "intent": "x"}\n\0', ["line 2", "NUL"]),
    "empty text": ("a.csv", 'text,intent\n"a\nb",x\n" ",x\n', ["line 4", "text", "' '"]),
    "empty label": ("a.csv", "text,intent\na,\n", ["line 2", "label", "''"]),
    "text too long": ("a.csv", f"text,intent\na,x\n{'a' * 10_001},x\n", ["line 3", "10,001", "10,000"]),
    "oversized field": ("a.csv", f"text,intent\na,x\n{'a' * 200_000},x\n", ["line 3", "field", "'aaa"]),
    "open quote": ("a.csv", 'text,intent\na,x\n"b,x\nc,x\n', ["line 3", "quote", "b,x"]),
    "too many cells": ("a.csv", "text,intent\nwell, no,x\n", ["line 2", "3 cells", "' no'"]),
    "session below 0": ("a.csv", "text,intent,session\na,x,-1\n", ["line 2", "'-1'", "integer"]),
    "session no integer": ("a.csv", "text,intent,session\na,x,1.5\n", ["line 2", "'1.5'"]),
    "session of other digits": ("a.csv", "text,intent,session\na,x,²\n", ["line 2", "'²'"]),
    "session of 5,000 digits": ("a.csv", f"text,intent,session\na,x,{'9' * 5000}\n", ["line 2", "'999"]),
    "session true": ("a.jsonl", '{"text": "a", "intent": "x", "session": true}', ["line 1", "True"]),
    "unknown split": ("a.csv", "text,intent,split\na,x,dev\n", ["line 2", "'dev'", "holdout"]),
    "broken line": ("a.jsonl", '{"text": "a", "intent": "x"}\n{"text": "b"', ["line 2", "broken JSON"]),
    "line is a list": ("a.jsonl", '["a", "x"]', ["line 1", "['a', 'x']"]),
    "key missing": ("a.jsonl", '{"text": "a", "topic": "x"}', ["line 1", "'topic'", "'label'"]),
    "text is a number": ("a.jsonl", '{"text": 5, "intent": "x"}', ["line 1", "text is 5"]),
    "half a character": ("a.jsonl", '{"text": "\\ud83d", "intent": "x"}', ["line 1", "ud83d"]),
    "NUL in JSON": ("a.jsonl", '{"text": "a\\u0000b", "intent": "x"}', ["line 1", "x00"]),
    "broken JSON": ("a.json", '{"train": [\n["a", "x"],\n["b" "x"]]}', ["line 3", "broken JSON"]),
    "endless number": ("a.json", '{"train": %s}' % ("9" * 5000), ["line 1", '\'{"train": 999']),
    "endless brackets": ("a.json", "[" * 100_000, ["line 1", "'[[["]),
    "key twice in JSON": ("a.json", '{"train": [["a", "x"]], "train": []}', ["line 1", "'train' appears twice"]),
    "key twice in a line": ("a.jsonl", '{"text": "a", "text": "b", "intent": "x"}', ["line 1", "'text' appears twice"]),
    "key twice among many": (
        "a.jsonl",
        f'{json.dumps(dict.fromkeys(range(200_000)))[:-1]}, "x": 1, "x": 2}}',
        ["line 1", "'x' appears twice"],
    ),
    "JSON list": ("a.json", '[["a", "x"]]', ["train", "[['a', 'x']]"]),
    "unknown key": ("a.json", '{"training": [["a", "x"]]}', ["'training'", "oos_test"]),
    "key without a list": ("a.json", '{"train": {"a": "x"}}', ["'train'", "{'a': 'x'}"]),
    "row of three": ("a.json", '{"train": [["a", "x"], ["b", "x", 1]]}', ["train[1]", "['b', 'x', 1]"]),
    "empty label in JSON": ("a.json", '{"val": [["a", " "]]}', ["val[0]", "label", "' '"]),
    "no rows in JSON": ("a.json", '{"train": []}', ["no rows", "'train'"]),
    "unknown suffix": ("a.xlsx", "PK", ["'.xlsx'", *FORMATS]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal_names_file_place_and_value(tmp_path: Path, case: str) -> None:
    name, content, said = REFUSED[case]
    path = written(tmp_path, name, content)
    with pytest.raises(InputError) as error:
        read_rows(path)
    message = str(error.value)
    assert message.startswith(str(path))
    assert [part for part in said if part not in message] == []
    assert len(message) < 400 + len(str(path))


@pytest.mark.parametrize("name", ["missing.csv", "folder.csv", "nul\0.csv"])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=r"no such file|cannot be read"):
        read_rows(tmp_path / name)


def test_reading_rows_does_not_load_torch() -> None:
    code = "import sys, assistant.formats; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
