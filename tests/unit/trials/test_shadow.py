"""A version asked about yesterday's messages: which answers change, and what operators' labels say of that."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from assistant.domain import Split
from assistant.errors import CorruptVersionError, InputError
from assistant.services.intents.care import IntentCare
from assistant.services.trials import shadow
from assistant.services.trials.shadow import Change
from assistant.services.trials.shadow_tables import as_json, change_table, changed_table, decision_table, words
from tests.held import NEW, HeldShop
from tests.shops import holdout, train
from tests.synthetic import WordEncoder

TRAINED = train(NEW, 1)[0].text
JUDGED = holdout(NEW, 1)[0].text
STRANGE = f"{NEW} 9001"
KNOWN = "refund 9002"


@pytest.fixture
def talked(shop: HeldShop) -> HeldShop:
    """Four customers wrote: one text that was trained on, one of the holdout, one without a label, one unchanged."""
    shop.say(shop.chat(shop.live_model()), TRAINED, JUDGED, STRANGE, KNOWN)
    return shop


def test_the_answers_that_change_are_listed_with_both_versions_newest_first(talked: HeldShop) -> None:
    found = talked.shadow().compare(talked.held.id, 1)
    assert [one.text for one in found.changed] == [STRANGE, JUDGED, TRAINED]
    assert (found.messages, found.left_out, found.version, found.live) == (4, 0, talked.held.id, talked.live().id)
    for one in found.changed:
        (live,) = talked.load(talked.live()).model.predict([one.text])
        (candidate,) = talked.load(talked.held).model.predict([one.text])
        assert (one.live.intent, one.candidate.intent) == (live.intent, NEW)
        assert (one.live.confidence, one.candidate.confidence) == pytest.approx((live.confidence, candidate.confidence))


def test_labels_tell_what_became_right_and_texts_trained_on_do_not_count_as_proof(talked: HeldShop) -> None:
    found = talked.shadow().compare(talked.held.id, 1)
    assert [(one.text, one.change, one.learned) for one in found.changed] == [
        (STRANGE, Change.UNLABELLED, False),
        (JUDGED, Change.TO_RIGHT, False),
        (TRAINED, Change.TO_RIGHT, True),
    ]
    assert (found.labelled, found.right_live, found.right_candidate) == (2, 0, 2)
    assert (found.fresh, found.fresh_right_live, found.fresh_right_candidate) == (1, 0, 1)


def test_a_text_that_was_trained_on_is_no_proof_with_another_label_either(talked: HeldShop) -> None:
    """As after a merge, which labels all rows of an intent anew."""
    IntentCare(talked.store).merge(NEW, "delivery", "ann")
    found = talked.shadow().compare(talked.held.id, 1)
    assert [(one.text, one.label, one.learned) for one in found.changed if one.label] == [(TRAINED, "delivery", True)]
    assert (found.labelled, found.fresh) == (2, 1)


@pytest.mark.parametrize(
    ("label", "change"), [("refund", Change.TO_WRONG), ("delivery", Change.BOTH_WRONG), (NEW, Change.TO_RIGHT)]
)
def test_a_change_is_judged_by_what_operators_say_now(shop: HeldShop, label: str, change: Change) -> None:
    live = shop.live_model()
    odd = next(f"{NEW} {n}" for n in range(9000, 9100) if live.snapshot().predict([f"{NEW} {n}"])[0].intent == "refund")
    shop.say(shop.chat(live), odd)
    with shop.store.unit() as uow:
        uow.examples.add(odd, label, split=Split.TRAIN, source="correction", operator="ann")
    (one,) = shop.shadow().compare(shop.held.id, 1).changed
    assert (one.change, one.label, one.learned) == (change, label, False)


def test_only_messages_of_the_last_days_are_asked_about(talked: HeldShop) -> None:
    with talked.engine.begin() as connection:
        connection.execute(
            text("update messages set created_at = datetime(created_at, '-3 days') where text = :t"), {"t": STRANGE}
        )
    assert talked.shadow().compare(talked.held.id, 2).messages == 3
    assert talked.shadow().compare(talked.held.id, 4).messages == 4


def test_stored_embeddings_of_the_same_encoder_are_used_again(talked: HeldShop) -> None:
    encoder = talked.encoder
    assert isinstance(encoder, WordEncoder)
    talked.say(talked.chat(talked.live_model()), KNOWN)  # once more
    encoder.embedded.clear()
    found = talked.shadow().compare(talked.held.id, 1)
    assert (encoder.embedded, found.embedded, found.messages) == ([], 0, 5)


def test_messages_of_another_encoder_are_embedded_anew_with_the_same_result(talked: HeldShop) -> None:
    expected = talked.shadow().compare(talked.held.id, 1)
    with talked.engine.begin() as connection:
        connection.execute(text("update messages set encoder = 'another', embedding = x'00000000' where role = 'user'"))
    found = talked.shadow().compare(talked.held.id, 1)
    assert found.embedded == 4
    assert [(one.text, one.change) for one in found.changed] == [(one.text, one.change) for one in expected.changed]


def test_retired_intents_answer_nothing_on_either_side(talked: HeldShop) -> None:
    with talked.store.unit() as uow:
        uow.intents.retire(NEW, into="refund")
    found = talked.shadow().compare(talked.held.id, 1)
    assert NEW not in {said.intent for one in found.changed for said in (one.live, one.candidate)}
    assert found.right_candidate == 2  # the heir's answer is what their labels mean now


def test_a_comparison_in_parts_equals_one_in_one_go(talked: HeldShop, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = talked.shadow().compare(talked.held.id, 1)
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(shadow, "CHUNK", 3)
    parts = talked.shadow().compare(talked.held.id, 1, lambda done, total: told.append((done, total)))
    assert replace(parts, since=whole.since) == whole
    assert told == [(0, 4), (3, 4), (4, 4)]


def test_beyond_the_limit_the_newest_messages_count_and_the_rest_is_named(
    talked: HeldShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "MOST", 2)
    found = talked.shadow().compare(talked.held.id, 1)
    assert (found.messages, found.left_out, [one.text for one in found.changed]) == (2, 2, [STRANGE])
    assert "2 older ones were not" in words(found)[-1]


def test_answers_that_become_wrong_are_shown_first(shop: HeldShop) -> None:
    chat = shop.chat(shop.live_model())
    guesses = {f"{NEW} {n}": shop.says(f"{NEW} {n}")[0] for n in range(9000, 9004)}
    shop.say(chat, *guesses)
    wrong = next(iter(guesses))
    with shop.store.unit() as uow:
        uow.examples.add(wrong, guesses[wrong], split=Split.HOLDOUT, source="correction", operator="ann")
    found = shop.shadow().compare(shop.held.id, 1)
    assert found.changed[0].text != wrong
    assert (found.pressing[0].text, found.pressing[0].change) == (wrong, Change.TO_WRONG)


def test_nothing_is_written(talked: HeldShop) -> None:
    before = talked.tables()
    talked.shadow().compare(talked.held.id, 1)
    assert talked.tables() == before


def test_what_cannot_be_compared_is_said_in_words(shop: HeldShop) -> None:
    compare, held = shop.shadow().compare, shop.held.id
    with pytest.raises(InputError, match="no message was answered by a model in the last 14 days"):
        compare(held, 14)
    with pytest.raises(InputError, match="there is no version 'v9'"):
        compare("v9", 14)
    with pytest.raises(InputError, match="is the live one; compare one that is not"):
        compare(shop.live().id, 14)
    for days in (0, -1, 4000):
        with pytest.raises(InputError, match=f"{days} days: give a number of days from 1 to"):
            compare(held, days)


def test_a_damaged_version_is_not_compared(talked: HeldShop) -> None:
    (talked.folder / talked.held.id / "head.safetensors").write_bytes(b"else")
    with pytest.raises(CorruptVersionError, match=r"head\.safetensors"):
        talked.shadow().compare(talked.held.id, 1)


def test_words_tables_and_json_tell_the_same(talked: HeldShop) -> None:
    found = talked.shadow().compare(talked.held.id, 7)
    assert words(found)[0].startswith("3 of 4 messages of the last 7 days (75.0%) would be answered otherwise")
    assert "right for 1 (100.0%) instead of 0 (0.0%)" in words(found)[1]
    assert {row[0]: row[1:] for row in change_table(found).rows}["changed to right"] == (2, 50.0, 1)
    assert sum(int(str(row[2])) for row in decision_table(found).rows) == 3
    rows = list(csv.DictReader(io.StringIO(changed_table(found).as_csv())))
    told = json.loads(json.dumps(as_json(found)))
    assert [row["text"] for row in rows] == [one["text"] for one in told["answers"]] == [JUDGED, TRAINED, STRANGE]
    assert told["changes"] == {
        "to_right": 2, "to_wrong": 0, "both_wrong": 0, "both_right": 0, "unlabelled": 1,
    }  # fmt: skip


def test_a_text_that_looks_like_a_formula_stays_a_text_in_the_csv(shop: HeldShop) -> None:
    found_by = shop.chat(shop.live_model())
    shop.say(found_by, STRANGE)
    with shop.engine.begin() as connection:
        connection.execute(text("update messages set text = '=1+1' where role = 'user'"))
    assert "'=1+1" in changed_table(shop.shadow().compare(shop.held.id, 1)).as_csv()
