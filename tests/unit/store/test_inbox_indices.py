"""The inbox is read from indices: no embedding is passed by, and nothing is sorted that an index has in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, event

from assistant.domain import Decision, Thresholds
from assistant.store import Store
from assistant.store.conversations import Said
from assistant.store.inbox import QUEUE, SORTS, InboxFilter
from tests.fakes import prediction

TEXTS = ("parcel here", "Parcel late", "refund")


@pytest.fixture
def asked(store: Store, engine: Engine) -> list[tuple[str, Sequence[Any]]]:
    """The statements that are sent to a database with three messages."""
    with store.unit() as uow:
        talk = uow.conversations.create()
        said: list[tuple[str, Said]] = [
            (text, {"decision": Decision.CLARIFY, "prediction": prediction(text, ("refund", sure)),
             "encoder": "encoder-1", "thresholds": Thresholds(0.7), "version": "v1"})
            for text, sure in zip(TEXTS, (0.3, 0.2, 0.1), strict=True)
        ]  # fmt: skip
        uow.conversations.add_user_messages(talk, said)
    sent: list[tuple[str, Sequence[Any]]] = []
    event.listen(engine, "before_cursor_execute", lambda c, cursor, sql, given, *rest: sent.append((sql, given)))
    return sent


def plan(engine: Engine, asked: list[tuple[str, Sequence[Any]]]) -> list[str]:
    """How SQLite goes about the latest page that was asked for."""
    sql, given = next(each for each in reversed(asked) if "LIMIT" in each[0])
    with engine.connect() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(given))]


@pytest.mark.parametrize("wanted", [InboxFilter(shown="all"), InboxFilter("unlabelled", predicted="refund", least=0.1)])
@pytest.mark.parametrize("sort", SORTS)
def test_every_order_is_read_from_its_own_index_without_sorting(
    store: Store, engine: Engine, asked: list[tuple[str, Sequence[Any]]], sort: str, wanted: InboxFilter
) -> None:
    with store.unit(read_only=True) as uow:
        assert len(uow.inbox.page(wanted, sort, 25, 0)) == len(TEXTS)
    index = "inbox" if sort == "newest" else sort
    first, *others = plan(engine, asked)
    assert first == f"SCAN messages USING COVERING INDEX ix_messages_{index}"
    assert not [step for step in others if "ORDER BY" in step]


def test_the_queue_is_one_range_of_an_index_of_its_own(
    store: Store, engine: Engine, asked: list[tuple[str, Sequence[Any]]]
) -> None:
    with store.unit(read_only=True) as uow:
        assert [message.text for message in uow.inbox.page(QUEUE, "need", 25, 0)] == list(reversed(TEXTS))
    assert plan(engine, asked) == ["SEARCH messages USING INDEX ix_messages_queue (attention>?)"]


@pytest.mark.parametrize("sort", SORTS)
def test_words_that_few_messages_have_are_looked_for_in_the_index_with_the_texts(
    store: Store, engine: Engine, asked: list[tuple[str, Sequence[Any]]], sort: str
) -> None:
    wanted = InboxFilter(shown="all", words="parcel")
    with store.unit(read_only=True) as uow:
        many = [message.text for message in uow.inbox.page(wanted, sort, 25, 0, are_many=True)]
        few = [message.text for message in uow.inbox.page(wanted, sort, 25, 0)]
    assert sorted(few) == ["Parcel late", "parcel here"]
    assert few == many
    assert plan(engine, asked)[0] == "SCAN messages USING COVERING INDEX ix_messages_inbox"


def test_figures_of_all_messages_and_new_values_pass_by_no_embedding(
    store: Store, engine: Engine, asked: list[tuple[str, Sequence[Any]]]
) -> None:
    with store.unit() as uow:
        uow.traffic.days(30)
        uow.traffic.outcomes(30)
        uow.inbox.confusions({})
        uow.inbox.reliability({})
        uow.labels.set_values({1: 0.5})
    steps = []
    with engine.connect() as connection:
        for sql, given in [each for each in asked if each[0].startswith(("SELECT", "UPDATE"))]:
            steps += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(given))]
    assert "SCAN messages USING COVERING INDEX ix_messages_value" in steps
    assert not [step for step in steps if step.startswith("SCAN messages") and "COVERING" not in step]
