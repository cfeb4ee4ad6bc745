"""Promises of the languages: every file has every key, every key is used, and every phrase says the same."""

from __future__ import annotations

import json
import re
import string
from dataclasses import fields
from pathlib import Path

import pytest

from assistant.dialogue.front import FRONTS
from assistant.dialogue.languages import PHRASES, Phrases
from assistant.domain import Language
from ui.words import LOCALES, WORDS, Words, read_words, words_for_script

ROOT = Path(__file__).parents[3]
SENTENCES = [name for name, kind in Phrases.__annotations__.items() if kind == "str"]
KEYS = {field.name for field in fields(Words)}


def used(folders: tuple[str, ...], pattern: str, *, without: str = "") -> set[str]:
    """What `pattern` finds in the sources."""
    files = [p for folder in folders for kind in ("*.py", "*.js") for p in (ROOT / folder).rglob(kind)]
    return {
        name for p in files if not without or without not in p.as_posix() for name in re.findall(pattern, p.read_text())
    }


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_there_is_one_file_for_each_language() -> None:
    assert {path.stem for path in LOCALES.iterdir()} == set(Language)


@pytest.mark.parametrize("language", Language)
def test_a_file_has_every_key_and_no_other_and_says_something(language: Language) -> None:
    said = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    assert said.keys() == KEYS
    assert all(text.strip() for text in said.values())


def test_every_key_is_used() -> None:
    assert used(("ui",), r"(?:words|WORDS\[\w+(?:\.\w+)?\]|words\(\))\.([a-z_]+)\b") >= KEYS


@pytest.mark.parametrize("language", Language)
def test_what_is_filled_in_is_the_same_in_every_language(language: Language) -> None:
    for key in KEYS:
        assert placeholders(getattr(WORDS[language], key)) == placeholders(getattr(WORDS[Language.ENGLISH], key))


def test_a_missing_key_does_not_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en.json").write_text('{"send": "Send"}')
    monkeypatch.setattr("ui.words.LOCALES", tmp_path)
    with pytest.raises(TypeError, match="missing"):
        read_words(Language.ENGLISH)


@pytest.mark.parametrize("language", Language)
def test_the_bot_has_every_phrase_in_every_language(language: Language) -> None:
    names = {name for name in vars(PHRASES[language]) if name.isupper()}
    assert names == set(Phrases.__annotations__)
    for name in SENTENCES:
        phrase, english = getattr(PHRASES[language], name), getattr(PHRASES[Language.ENGLISH], name)
        assert phrase.strip()
        assert placeholders(phrase) == placeholders(english)


def test_every_phrase_is_said() -> None:
    said = used(("assistant", "ui"), r"(?:phrases|said|\)|\])\.([A-Z_]+)\b", without="phrases")
    assert said >= set(Phrases.__annotations__)


def test_chinese_is_chinese() -> None:
    texts = [getattr(WORDS[Language.CHINESE], key) for key in KEYS]
    texts += [getattr(PHRASES[Language.CHINESE], name) for name in SENTENCES]
    assert not [text for text in texts if not re.search(r"[\u4e00-\u9fff]", text)]


def test_the_script_gets_the_words_without_breaking_out_of_its_element() -> None:
    element = words_for_script(FRONTS)
    assert element.count("<") == 2
    inside = json.loads(element.split(">", 1)[1].rsplit("<", 1)[0])
    assert inside["zh-CN"]["send"] == WORDS[Language.CHINESE].send
