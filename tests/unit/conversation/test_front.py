"""What the chat opens with is the shop's to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.bootstrap import Assistant
from assistant.dialogue.front import FRONTS, Front, spoken
from assistant.domain import Language
from assistant.errors import SettingsError
from assistant.services.conversation.chat import Chat
from assistant.settings_file import load_settings
from assistant.store import Store
from tests.fakes import FakeLive
from ui.chat.drawing import bubbles, draw_words
from ui.words import WORDS, words_for_script

ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE
OWN = """
[chat.en]
title = "Kettle & Co"
greeting = " <b>Hi</b>, about kettles? "

[chat.zh_cn]
tagline = "水壶"
"""


@pytest.fixture
def own(tmp_path: Path) -> Assistant:
    file = tmp_path / "assistant.toml"
    file.write_text(OWN, encoding="utf-8")
    return Assistant(load_settings(file, {"ASSISTANT_CHAT__EN__TAGLINE": "Since 1900"}))


def test_what_is_set_is_said_and_the_rest_is_ours(own: Assistant) -> None:
    assert own.fronts() == {
        ENGLISH: Front("Kettle & Co", "Since 1900", "<b>Hi</b>, about kettles?"),
        CHINESE: Front(FRONTS[CHINESE].title, "水壶", FRONTS[CHINESE].greeting),
    }
    usual = Assistant(load_settings(environment={})).fronts()
    assert usual == {language: FRONTS[language] for language in (ENGLISH, CHINESE)}


def test_the_greeting_is_what_a_conversation_starts_with(own: Assistant, store: Store, live: FakeLive) -> None:
    chat = Chat(store, live, fronts=own.fronts())
    assert [turn.text for turn in chat.start().turns] == ["<b>Hi</b>, about kettles?"]
    view = chat.visitors.start("token", ENGLISH)
    assert [turn.text for turn in view.turns] == ["<b>Hi</b>, about kettles?"]


def test_the_page_shows_it_as_text(own: Assistant) -> None:
    fronts = own.fronts()
    assert "<h1>Kettle &amp; Co</h1><p>Since 1900</p>" in draw_words(ENGLISH, fronts)["brand"]
    assert "&lt;b&gt;Hi&lt;/b&gt;, about kettles?" in bubbles(None, ENGLISH, fronts)[0]["content"]
    assert '"title": "Kettle & Co"' in words_for_script(fronts)


@pytest.mark.parametrize("value", ['" "', "3", f'"{"a" * 201}"', "true"])
def test_what_cannot_be_shown_is_refused(tmp_path: Path, value: str) -> None:
    file = tmp_path / "assistant.toml"
    file.write_text(f"chat.en.greeting = {value}\n")
    with pytest.raises(SettingsError, match=r"chat\.en\.greeting"):
        load_settings(file, {})


def test_an_unknown_language_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    file = tmp_path / "assistant.toml"
    file.write_text('chat.tlh.greeting = "nuqneH"\n')
    with pytest.raises(SettingsError, match=r"unknown setting 'chat\.tlh'.*known: .*en, .*zh_cn"):
        load_settings(file, {})
    file.write_text('chat.languages = ["de", "tlh"]\n')
    with pytest.raises(SettingsError, match=r"chat\.languages.*'tlh'.*de"):
        load_settings(file, {})


@pytest.mark.parametrize("value", ["[]", '["de", "de"]', '"de, fr"'])
def test_a_list_of_languages_without_sense_is_refused(tmp_path: Path, value: str) -> None:
    file = tmp_path / "assistant.toml"
    file.write_text(f"chat.languages = {value}\n")
    with pytest.raises(SettingsError, match=r"chat\.languages"):
        load_settings(file, {})


def test_a_shop_speaks_the_languages_that_it_sets_and_no_other(store: Store, live: FakeLive) -> None:
    settings = load_settings(
        environment={"ASSISTANT_CHAT__LANGUAGES": '["de", "fr"]', "ASSISTANT_CHAT__FR__TITLE": "Thé"}
    )
    fronts = Assistant(settings).fronts()
    assert list(fronts) == [Language.GERMAN, Language.FRENCH]
    assert fronts[Language.FRENCH].title == "Thé"
    said = words_for_script(fronts)
    assert WORDS[Language.GERMAN].send in said
    assert '"en"' not in said
    assert draw_words(Language.FRENCH, fronts)["language-0"]["value"] == "Deutsch"
    assert "language-1" not in draw_words(Language.FRENCH, fronts)
    # whoever came while it still spoke English
    assert spoken(fronts, ENGLISH) is Language.GERMAN
    assert Chat(store, live, fronts=fronts).start(ENGLISH).turns[0].text == fronts[Language.GERMAN].greeting
