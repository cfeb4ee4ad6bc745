"""Embeddings that something else than this program has changed: passed over, and the text is embedded anew."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from assistant.live_model import LiveModel
from assistant.model import embeddings
from assistant.model.embeddings import read_embedding, usual_dimension
from assistant.services.conversation.chat import Chat
from assistant.services.desk.conflicts import Conflicts
from assistant.services.desk.labeling import Labeling
from assistant.services.desk.labeling_values import refresh_values
from assistant.services.runs.setup import set_up
from tests.shops import INTENTS, Shop, corpus, train

SOUND = np.array([0.6, 0.8], dtype="<f4").tobytes()
DAMAGED = [b"", SOUND[:-1], SOUND[:4], SOUND * 2, "hello", np.array([np.nan, 1], dtype="<f4").tobytes()]


def test_a_sound_embedding_is_read_as_it_was_written() -> None:
    vector = read_embedding(SOUND, 2)
    assert vector is not None
    assert vector.tobytes() == SOUND
    assert usual_dimension([*DAMAGED, None, SOUND, SOUND]) == 2
    assert usual_dimension([]) == 0


@pytest.mark.parametrize("stored", [None, *DAMAGED])
def test_a_damaged_one_is_none(stored: object) -> None:
    assert read_embedding(stored, 2) is None


def test_it_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    embeddings._tell.cache_clear()
    for stored in (*DAMAGED, None, SOUND):
        read_embedding(stored, 2)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize("damaged", [b"\x00\x11", b"", np.full(16, np.nan, dtype="<f4").tobytes()])
def test_chat_desk_and_values_go_on_with_damaged_ones(tmp_path: Path, damaged: bytes) -> None:
    shop = Shop(tmp_path / "var")
    set_up(shop.store, corpus(*INTENTS), shop.encoder, shop.plans[0], shop.folder)
    live = LiveModel(shop.versions().live, shop.load)
    chat, desk = Chat(shop.store, live), Labeling(shop.store, live)
    for row in train("refund", 4, start=900):
        talk = chat.reply(chat.start().conversation_id, row.text)
        chat.hand_over(talk.conversation_id)  # so it waits for a label
    with shop.store.unit(read_only=True) as uow:
        first, second, *_ = sorted(message.id for message in uow.labels.waiting(shop.live().encoder, 10))
    desk.correct(first, "delivery", "ann")
    with sqlite3.connect(shop.data / "assistant.db") as raw:
        raw.execute("UPDATE messages SET embedding = ? WHERE id IN (?, ?)", (damaged, first, second))
    answered = chat.reply(chat.start().conversation_id, "invoice 5")
    assert answered.turns[-1].text == "All about invoice."
    assert desk.item(second).text.startswith("refund")
    Conflicts(shop.store, live).all()
    assert refresh_values(shop.store, shop.load) == 2
