"""What customers said goes for good, after a while or because they ask; what operators labelled stays."""

from __future__ import annotations

import resource
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from sqlalchemy import Engine

from assistant.domain import Decision, LabelledText, Language, Prediction, Score, Signal
from assistant.errors import InputError, StoreError
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.services.desk.proposals import Proposals
from assistant.services.desk.undo import undo_latest
from assistant.services.erasing import Erasing
from assistant.services.intents.care import IntentCare
from assistant.store import Store, text_hash
from assistant.store.erasing import AT_ONCE, Erased
from assistant.store.inbox import InboxFilter
from assistant.store.proposals import Found, Status
from tests.fakes import FakeClock, FakeLive
from ui.chat import actions as chat_actions
from ui.chat.actions import Customer

SECRET = "my order 4711 of Jane Doe"


@pytest.fixture
def erasing(store: Store, clock: FakeClock) -> Erasing:
    return Erasing(store, clock)


def say(store: Store, text: str, talk: str | None = None) -> tuple[str, int]:
    """A customer's message with its answer; its conversation and its number."""
    with store.unit() as uow:
        talk = talk or uow.conversations.create()
        message = uow.conversations.add_user_message(
            talk, text, decision=Decision.CLARIFY, encoder="encoder-1",
            prediction=Prediction(text, (Score("refund", 0.6),), bytes(16)),
        )  # fmt: skip
        uow.conversations.add_signal(message, Signal.THUMBS_DOWN)
        uow.conversations.add_bot_message(talk, "Which one?", reply_to=message)
    return talk, message


def test_what_has_been_quiet_for_long_goes_and_what_was_said_lately_stays(
    store: Store, clock: FakeClock, erasing: Erasing
) -> None:
    old, begun_long_ago = say(store, "old")[0], say(store, "begun long ago")[0]
    clock.forward(days=89)
    say(store, "still here", begun_long_ago)
    clock.forward(days=2)
    assert erasing.quiet(90) == [old]
    told: list[tuple[str, int, int]] = []
    gone = erasing.erase([old], actor="ann", because="quiet", progress=lambda *report: told.append(report))
    assert gone == Erased(1, 2, 0)
    assert told == [("erasing", 1, 1)]
    with store.unit(read_only=True) as uow:
        assert [message.text for message in uow.conversations.messages(begun_long_ago)][::2] == [
            "begun long ago",
            "still here",
        ]
        with pytest.raises(InputError):
            uow.conversations.get(old)
    (entry,) = [each for each in store_log(store) if each[0] == "erase_conversations"]
    assert entry[1] == {"conversations": 1, "messages": 2, "because": "quiet"}


def store_log(store: Store) -> list[tuple[str, object]]:
    with store.unit(read_only=True) as uow:
        return [(each.action, each.after) for each in uow.audit.matching()]


def test_a_label_stays_without_its_message_and_can_still_be_undone(store: Store, erasing: Erasing) -> None:
    talk, message = say(store, SECRET)
    Labeling(store, FakeLive()).correct(message, "refund", "ann")
    assert erasing.erase([talk], actor="ann", because="asked for").labels == 1
    with store.unit(read_only=True) as uow:
        (example,) = [each for each in uow.examples.all() if each.text == SECRET]
        assert (example.intent, example.message_id) == ("refund", None)
    with store.unit() as uow:
        undo_latest(uow, "ann")
    with store.unit(read_only=True) as uow:
        assert SECRET not in {each.text for each in uow.examples.all()}


def test_nothing_of_it_is_left_in_the_files(store: Store, engine: Engine, erasing: Erasing) -> None:
    talk, _ = say(store, SECRET)
    folder = Path(str(engine.url.database)).parent

    def held() -> list[str]:
        return [file.name for file in folder.iterdir() if SECRET.encode() in file.read_bytes()]

    assert held()
    erasing.erase([talk], actor="ann", because="asked for")
    assert held() == []


def test_no_copy_of_it_stays_where_a_row_lay_before_it_was_moved(
    store: Store, engine: Engine, erasing: Erasing
) -> None:
    """SQLite overwrites what is deleted, but not what it left behind when it filled a page in another order."""
    chance, talks = Random(23), list[str]()
    with store.unit() as uow:
        for number in range(60):
            secret = chance.random() < 0.3
            text = f"refund {number} {'x' * chance.randint(0, 60)}{SECRET if secret else ''}"
            talk = uow.conversations.create()
            message = uow.conversations.add_user_message(talk, text, decision=Decision.CLARIFY)
            for intent in ("refund", "delivery") if chance.random() < 0.5 else ("refund",):
                uow.examples.add(text, intent, source="correction", operator="ann", message_id=message)
            talks += [talk] if secret else []
    assert erasing.erase(talks, actor="ann", because="asked for", labels=True).conversations == len(talks)
    assert SECRET.encode() not in Path(str(engine.url.database)).read_bytes()


def test_a_night_that_erases_nothing_does_not_write_the_file_anew(
    store: Store, engine: Engine, erasing: Erasing
) -> None:
    """In a large shop nobody could write for seconds, only because something else was deleted meanwhile."""

    def free_pages() -> int:
        with engine.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())

    erasing.erase([say(store, SECRET)[0]], actor="ann", because="asked for")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE large AS SELECT randomblob(100000)")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE large")
    free = free_pages()
    assert free > 0
    erasing.erase([], actor="ann", because="quiet")
    assert free_pages() == free
    erasing.erase([say(store, SECRET)[0]], actor="ann", because="asked for")
    assert free_pages() == 0


def test_what_was_erased_until_a_kill_leaves_no_copy_after_the_next_night(store: Store, erasing: Erasing) -> None:
    assert not store.may_hold_erased()
    talk, _ = say(store, SECRET)
    with store.unit() as uow:
        uow.erasing.erase([talk])
    assert store.may_hold_erased()
    erasing.erase([], actor="ann", because="quiet")
    assert not store.may_hold_erased()


def test_a_disk_that_keeps_a_copy_of_it_is_told(store: Store, engine: Engine, erasing: Erasing) -> None:
    def write(messages: int) -> None:
        with store.unit() as uow:
            for _ in range(messages):
                uow.conversations.add_bot_message(talk, "x" * 2000)

    talk, _ = say(store, SECRET)
    write(500)
    store.checkpoint()
    write(50)  # for which the file would have to grow
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(str(engine.url.database)).stat().st_size, limits[1]))
    try:
        with pytest.raises(StoreError, match="erased 1 conversation, but what erased ones said stays"):
            erasing.erase([say(store, SECRET)[0]], actor="ann", because="asked for")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [each.conversation_id for each in erasing.saying(SECRET)] == [talk]


def test_a_reader_that_keeps_a_copy_of_it_is_told_of_and_delays_writers_but_a_moment(
    store: Store, engine: Engine, erasing: Erasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, _ = say(store, SECRET)
    file, seconds = Path(str(engine.url.database)), 0.1
    monkeypatch.setattr("assistant.store.unit_of_work.READERS_SECONDS", seconds)
    store.checkpoint()
    with store.unit(read_only=True) as backup:
        backup.intents.all()
        began = monotonic()
        with pytest.raises(StoreError, match=r"erased 1 conversation, but .* others are reading"):
            erasing.erase([talk], actor="ann", because="asked for")
        assert monotonic() - began < 50 * seconds  # while which nobody can write
        assert SECRET.encode() in file.read_bytes()
    erasing.erase([], actor="ann", because="asked for")  # as the message says: once more
    assert SECRET.encode() not in file.read_bytes()


def test_a_topic_that_was_found_in_nothing_else_goes_too(store: Store, erasing: Erasing) -> None:
    (first, one), (second, other) = say(store, "gift wrap"), say(store, "wrap it as a gift")
    with store.unit() as uow:
        both = uow.proposals.add(Found("gift", ("gift",), None, "encoder-1", bytes(16), (one, other)))
        alone = uow.proposals.add(Found("wrap", ("wrap",), None, "encoder-1", bytes(16), (one,)))
    erasing.erase([first], actor="ann", because="asked for")
    with store.unit(read_only=True) as uow:
        assert {each.id: each.found.members for each in uow.proposals.all(Status.OPEN)} == {both: (other,)}
    assert alone != both
    assert second


def test_words_are_found_whatever_their_case_and_only_in_what_customers_wrote(store: Store, erasing: Erasing) -> None:
    talk = say(store, "hello")[0]
    say(store, "I am  JANE doe", talk)
    say(store, "somebody else")
    assert [(each.conversation_id, each.text) for each in erasing.saying(" jane Doe ")] == [(talk, "hello")]
    assert erasing.saying("Which one?") == []
    for words in ("", "  ", "ab", "李"):
        with pytest.raises(InputError):
            erasing.saying(words)
    with pytest.raises(InputError, match="at least 1 day"):
        erasing.quiet(0)


def test_a_name_of_two_chinese_characters_is_found(store: Store, erasing: Erasing) -> None:
    talk = say(store, "我叫王明，我要删除数据")[0]
    say(store, "我叫李明")
    assert [each.conversation_id for each in erasing.saying("王明")] == [talk]


def test_many_go_a_few_at_a_time(store: Store, erasing: Erasing) -> None:
    talks = [say(store, f"text {number}")[0] for number in range(AT_ONCE + 1)]
    with store.unit() as uow, pytest.raises(ValueError, match="at once"):
        uow.erasing.erase(talks)
    assert erasing.erase(talks, actor="ann", because="quiet") == Erased(AT_ONCE + 1, 2 * (AT_ONCE + 1), 0)
    assert len(store_log(store)) == 2


def test_a_conversation_goes_as_quickly_among_many_messages_as_among_few(store: Store, engine: Engine) -> None:
    talks = [say(store, f"message {number}")[0] for number in range(3)]
    steps: list[None] = []

    def erased(conversation: str) -> int:
        """In steps of SQLite's program; those of the references that it checks are among them."""
        connection = engine.raw_connection()
        connection.driver_connection.set_progress_handler(lambda: steps.append(None), 1)  # type: ignore[union-attr]
        connection.close()
        steps.clear()
        with store.unit() as uow:
            uow.erasing.erase([conversation])
        return len(steps)

    few = erased(talks[0])
    with store.unit() as uow:
        talk = uow.conversations.create()
        uow.conversations.add_user_messages(talk, [(f"other {n}", {"decision": Decision.CLARIFY}) for n in range(500)])
        uow.examples.add_many([LabelledText(f"other {n}", "refund") for n in range(500)], source="import", operator="o")
    assert erased(talks[1]) < 1.2 * few


def test_a_page_that_is_open_goes_on_in_a_new_conversation(store: Store, erasing: Erasing) -> None:
    chat, customer = Chat(store, FakeLive()), Customer("token", Language.ENGLISH)
    before = chat_actions.say(chat, customer, SECRET).view
    assert before
    erasing.erase([before.conversation_id], actor="ann", because="asked for")
    after = chat_actions.say(chat, customer, "and now?").view
    assert after
    assert after.conversation_id != before.conversation_id
    assert "and now?" in {turn.text for turn in after.turns}


def test_with_its_label_the_text_is_gone_too_and_versions_are_told_to_forget_it(
    store: Store, engine: Engine, erasing: Erasing
) -> None:
    talk, message = say(store, SECRET)
    desk = Labeling(store, FakeLive())
    desk.correct(message, "refund", "ann")
    desk.correct(message, "delivery", "ann")
    assert erasing.erase([talk], actor="ann", because="asked for", labels=True).labels == 2
    with store.unit(read_only=True) as uow:
        assert SECRET not in {each.text for each in uow.examples.all()}
        assert uow.examples.pending() == []
        assert uow.erasing.hashes() == {text_hash(SECRET)}
    with pytest.raises(InputError), store.unit() as uow:
        undo_latest(uow, "ann")  # would bring back a label without its text
    assert not any(SECRET.encode() in each.read_bytes() for each in Path(str(engine.url.database)).parent.iterdir())
    desk.import_rows([LabelledText(SECRET, "refund")], "ann")  # somebody else wrote the same
    with store.unit(read_only=True) as uow:
        assert uow.erasing.hashes() == frozenset()


@pytest.mark.parametrize("how", ["bulk", "topic", "merged"])
def test_labels_that_were_given_to_many_at_once_go_with_their_conversation(
    store: Store, erasing: Erasing, how: str
) -> None:
    talk, message = say(store, SECRET)
    say(store, "where is it?")
    desk = Labeling(store, FakeLive())
    if how == "bulk":
        desk.bulk.label(desk.bulk.preview(InboxFilter(shown="all"), "refund"), "ann")
    elif how == "topic":
        with store.unit() as uow:
            topic = uow.proposals.add(Found("order", (), None, "encoder-1", bytes(8), (message, message + 2)))
        Proposals(store).merge(topic, "refund", "ann")
    else:
        for number in (message, message + 2):
            desk.correct(number, "delivery", "ann")
        IntentCare(store).merge("delivery", "refund", "ann")
    erasing.erase([talk], actor="ann", because="asked for", labels=True)
    with store.unit(read_only=True) as uow:
        assert [each.text for each in uow.examples.all()] == ["where is it?"]
        assert uow.erasing.hashes() == {text_hash(SECRET)}


def test_a_label_that_somebody_elses_message_has_too_stays(store: Store, erasing: Erasing) -> None:
    (talk, _), _ = say(store, "where is it?"), say(store, "where is it?")
    desk = Labeling(store, FakeLive())
    desk.bulk.label(desk.bulk.preview(InboxFilter(shown="all"), "refund"), "ann")
    assert erasing.erase([talk], actor="ann", because="asked for", labels=True).labels == 0
    with store.unit(read_only=True) as uow:
        assert [each.text for each in uow.examples.all()] == ["where is it?"]


def test_a_label_whose_text_is_gone_is_not_brought_back_by_an_undo(store: Store, erasing: Erasing) -> None:
    (first, one), (second, other) = say(store, SECRET), say(store, SECRET)
    desk = Labeling(store, FakeLive())
    desk.correct(one, "refund", "ann")
    desk.correct(other, "delivery", "ann")  # the same text, in somebody else's conversation
    erasing.erase([first], actor="ann", because="asked for", labels=True)
    with pytest.raises(InputError, match="no longer kept"), store.unit() as uow:
        undo_latest(uow, "ann")
    with store.unit(read_only=True) as uow:
        assert [(each.text, each.intent) for each in uow.examples.all()] == [(SECRET, "delivery")]
    assert second
