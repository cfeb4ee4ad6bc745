"""What is counted of each side of a trial, and what the verdict makes of it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from scipy.stats import norm

from assistant.domain import Action, ConversationState, Decision, Signal
from assistant.services.trials.experiment_figures import EARLY, compared, difference, planned
from assistant.services.trials.experiment_tables import arms_table, headline
from assistant.store.arms import ArmCounts
from assistant.store.experiments import Experiment
from tests.held import NEW, HeldShop
from tests.unit.trials.conftest import messages


def test_the_figures_count_each_side(shop: HeldShop) -> None:
    live = shop.live_model()
    trial = shop.trial(live)
    chat = shop.chat(live, trial)
    before = shop.say(chat, f"{NEW} 9001", f"{NEW} 9001")
    experiment = shop.experiments().start(shop.held.id, 0.5, "lea")
    trial.refresh()
    for talk in before:  # began earlier: none of the two sides
        chat.reply(talk, f"{NEW} 9001")
    ids: dict[bool, list[str]] = {True: [], False: []}
    while min(map(len, ids.values())) < 3:
        talk = chat.start().conversation_id
        ids[experiment.draws(talk)].append(talk)
    tried, others = ids[True][:3], ids[False][:3]
    for number, talk in enumerate((*tried, *others)):
        chat.reply(talk, f"{NEW} {9100 + number}")
        chat.reply(talk, f"refund {9200 + number}")
    chat.signal(tried[0], chat.view(tried[0]).turns[-1].message_id, Signal.THUMBS_UP)
    chat.signal(tried[1], chat.view(tried[1]).turns[-1].message_id, Signal.NOT_MEANT)
    chat.hand_over(tried[1])
    chat.hand_over(others[0])
    with shop.store.unit() as uow:
        for number in range(6):  # on each side two guesses are confirmed and one is corrected
            label = "delivery" if number % 3 == 2 else "refund"
            uow.examples.add(f"refund {9200 + number}", label, source="correction", operator="ann")
    found = shop.experiments().latest()
    assert found is not None
    counts = found.tried.counts
    assert (counts.version, counts.conversations, counts.messages) == (shop.held.id, 3, 6)
    assert (counts.thumbs_up, counts.thumbs_down, counts.not_meant) == (1, 0, 1)
    assert (counts.complained, counts.handed_over, counts.troubled) == (1, 1, 1)
    assert (found.tried.labelled, found.tried.right, found.tried.corrections) == (3, 2, 1)
    other = found.live.counts
    asked = sum(m.decision is Decision.CLARIFY for talk in others for m in messages(shop, talk))
    assert (other.version, other.conversations, other.messages, other.asked_back) == (shop.live().id, 3, 6, asked)
    assert (other.handed_over, other.troubled) == (1, 1)
    assert (found.live.labelled, found.live.corrections, found.live.accuracy) == (3, 1, 2 / 3)

    shop.experiments().drop("lea", "enough")
    frozen = shop.experiments().latest()
    shop.say(chat, "refund 1", "refund 2")
    again = shop.experiments().latest()
    assert frozen is not None
    assert again is not None
    assert (again.tried, again.live) == (frozen.tried, frozen.live) == (found.tried, found.live)


@pytest.mark.parametrize("what", ["choice", "suggestion", "person"])
def test_a_hand_over_or_complaint_after_a_press_is_trouble_too(shop: HeldShop, what: str) -> None:
    live = shop.live_model()
    trial = shop.trial(live)
    chat = shop.chat(live, trial)
    experiment = shop.experiments().start(shop.held.id, 0.5, "lea")
    trial.refresh()
    talk = next(t for t in (chat.start().conversation_id for _ in range(99)) if experiment.draws(t))
    if what == "choice":
        with shop.store.unit() as uow:
            for name in ("refund", "delivery", NEW):
                uow.intents.update(name, action=Action.HAND_OVER)
        asked = chat.reply(talk, "something else entirely").turns[-1]
        chat.choose(talk, asked.message_id, asked.options[0].intent)
        assert chat.view(talk).state is ConversationState.WAITING
    else:
        shown = chat.reply(talk, "refund 9200").turns[-1]
        chat.follow(talk, shown.message_id, str(shown.suggestions[0].intent))
        answer = chat.view(talk).turns[-1].message_id
        if what == "person":
            chat.hand_over(talk)
        else:
            chat.signal(talk, answer, Signal.THUMBS_DOWN)
    found = shop.experiments().latest()
    assert found is not None
    counts = found.tried.counts
    assert (counts.conversations, counts.messages, counts.troubled) == (1, 1, 1)
    complained = int(what == "suggestion")
    assert (counts.complained, counts.thumbs_down, counts.handed_over) == (complained, complained, 1 - complained)


def test_guesses_of_an_intent_that_is_merged_meanwhile_are_right_for_its_heir() -> None:
    counts = ArmCounts("v2", 2, labels=(("refund", "delivery", 3), ("gone", "delivery", 1)))
    found = compared(EXPERIMENT, counts, ArmCounts("v1"), {"refund": "delivery", "gone": None})
    assert (found.tried.labelled, found.tried.right) == (4, 3)


def test_what_a_pending_correction_decided_counts_for_neither_side(shop: HeldShop) -> None:
    live = shop.live_model()
    trial = shop.trial(live)
    chat = shop.chat(live, trial)
    shop.experiments().start(shop.held.id, 0.5, "lea")
    trial.refresh()
    with shop.store.unit() as uow:
        uow.examples.add("refund 9300", "delivery", source="correction", operator="ann")
    shop.say(chat, *["refund 9300"] * 6)
    found = shop.experiments().latest()
    assert found is not None
    assert found.tried.counts.conversations + found.live.counts.conversations == 6
    assert (found.tried.labelled, found.live.labelled) == (0, 0)


EXPERIMENT = Experiment(
    1, "v2", "v1", 0.1, "running", datetime(2025, 3, 1, 12, tzinfo=UTC), "lea", 0, None, None, None, None
)


def verdict(tried: tuple[int, int], live: tuple[int, int], share: float = 0.5) -> str:
    first, second = (ArmCounts(v, n, troubled=k, messages=n) for v, (k, n) in (("v2", tried), ("v1", live)))
    return compared(replace(EXPERIMENT, share=share), first, second, {}).verdict


def test_the_verdict_says_plainly_what_the_figures_allow() -> None:
    assert verdict((0, 0), (3, 9)).startswith("Not enough yet: ")
    assert "so far 20.0% of its conversations had a complaint or a hand-over, against 10.0%" in verdict(
        (2, 10), (1, 10)
    )
    assert verdict((200, 2000), (300, 2000)).startswith("Better: 10.0% of its conversations")
    assert verdict((300, 2000), (200, 2000)).startswith("Worse: 15.0% of its conversations")
    assert verdict((201, 2000), (200, 2000)).startswith("No difference found: ")


def test_looking_early_finds_only_what_is_beyond_doubt() -> None:
    assert EARLY < (difference(8, 40, 2, 40)[0] or 0) < 0.05
    assert verdict((8, 40), (2, 40)).startswith("Not enough yet: ")
    assert (difference(30, 40, 2, 40)[0] or 0) < EARLY
    assert verdict((30, 40), (2, 40)).startswith("Worse, clear enough to stop early: ")


def test_few_conversations_are_tested_exactly_and_many_by_the_two_proportion_test() -> None:
    p, exact = difference(3, 10, 0, 12)
    assert exact
    assert p == pytest.approx(120 / 1540)  # Fisher's test by hand: C(10, 3) / C(22, 3), and no table is less likely
    p, exact = difference(200, 2000, 300, 2000)
    pooled = 500 / 4000
    z = 0.05 / (pooled * (1 - pooled) * 2 / 2000) ** 0.5
    assert not exact
    assert p == pytest.approx(2 * float(norm.sf(z)))
    assert difference(0, 0, 1, 5) == (None, True)


def test_a_smaller_share_needs_more_conversations_as_the_usual_formula_says() -> None:
    even = planned(0.5, 99, 998)  # 10 % in trouble
    assert even == pytest.approx(7.849 * (0.1 * 0.9 + 0.15 * 0.85) / 0.05**2 * 2, rel=0.001)
    assert planned(0.1, 99, 998) > 2 * even


def test_the_table_and_the_headline_tell_of_both_versions() -> None:
    sides = ArmCounts("v2", 3, 1, 1, 1, 6, 2, 1, 0, 1, (("a", "a", 2), ("b", "old", 1))), ArmCounts("v1")
    found = compared(EXPERIMENT, *sides, {"old": "b"})
    table = arms_table(found)
    assert table.heads == ("figure", "tried: v2", "live: v1")
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["asked back (% of messages)"] == (33.33, None)
    assert rows["right on labelled messages (%)"] == (100.0, None)  # a merged intent's label counts for its heir
    assert len(list(csv.reader(io.StringIO(table.as_csv())))) == len(table.rows) + 1
    assert headline(found) == (
        "v2 on 10% of the conversations against v1, since 2025-03-01 12:00 UTC, started by lea: running."
    )
    ended = replace(EXPERIMENT, state="failed", ended_at=EXPERIMENT.started_at, ended_by="assistant serve", reason="x")
    assert headline(replace(found, experiment=ended)).endswith(
        "ended: the version could not answer on 2025-03-01 12:00 UTC by assistant serve (x)."
    )
