"""Looking for new intents night after night, on a real shop with an encoder of plain words."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.domain import Decision, Intent, LabelledText, Prediction, Score, Thresholds
from assistant.errors import StoreError
from assistant.monitoring.discovery import Anchored
from assistant.monitoring.proposals import Features, IntentProposal
from assistant.services.desk.proposals import Proposals
from assistant.services.erasing import Erasing
from assistant.services.runs.retrain import ExitCode
from assistant.services.runs.setup import set_up
from assistant.services.watching.discover import Discover, Refreshed
from assistant.store.proposals import Status
from tests.shops import INTENTS, PLAN, Shop, corpus, holdout, train
from tests.synthetic import WordEncoder, plan

GIFT = Intent("gift", "Gift", "We wrap it.")


class Site:
    """A shop with a live version, and customers who are not understood."""

    def __init__(self, data: Path) -> None:
        self.shop = Shop(data, WordEncoder(noise=0.3))
        self.discover = Discover(self.shop.store, self.shop.load, Anchored())
        self.proposals = Proposals(self.shop.store)

    def ask(self, *texts: str, confidence: float = 0.4) -> None:
        with self.shop.store.unit() as uow:
            for text in texts:
                vector = self.shop.encoder.embed([text])[0].tobytes()
                said = Prediction(text, (Score("refund", confidence),), vector)
                uow.conversations.add_user_message(
                    uow.conversations.create(), text, prediction=said, encoder=self.shop.encoder.fingerprint,
                    decision=Decision.CLARIFY if confidence < 0.7 else Decision.ANSWER,
                    thresholds=Thresholds(0.7), version="v1",
                )  # fmt: skip

    def open(self) -> list[tuple[int, int]]:
        """Id and size of each open proposal."""
        return [(view.id, len(view.messages)) for view in self.proposals.list()]


class Blind:
    """Finds nothing."""

    def propose(self, texts: object, features: object, known: object, strangeness: object = None) -> list[Any]:
        return []


class Interrupted:
    """Finds what Anchored does, and has conversations erased before it says so."""

    def __init__(self, site: Site, words: str) -> None:
        self._erasing, self._words = Erasing(site.shop.store), words

    def propose(self, *given: Any) -> list[IntentProposal]:
        found = Anchored().propose(*given)
        talks = [each.conversation_id for each in self._erasing.saying(self._words)]
        self._erasing.erase(talks, actor="ann", because="asked for")
        return found


class Lumping:
    """Takes all messages for one topic."""

    def propose(self, texts: Sequence[str], features: Features, known: object, strangeness: object = None) -> list[Any]:
        mean = features.mean(axis=0)
        every = tuple(range(len(texts)))
        return [IntentProposal(every, every[:1], "all", (), None, mean / np.linalg.norm(mean))]


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a shop that has just been set up."""
    shop = Shop(tmp_path_factory.mktemp("first"), WordEncoder(noise=0.3))
    set_up(shop.store, corpus(*INTENTS), shop.encoder, PLAN, shop.folder)
    shop.engine.dispose()
    return shop.data


@pytest.fixture
def site(first_day: Path, tmp_path: Path) -> Site:
    shutil.copytree(first_day, tmp_path / "shop")
    return Site(tmp_path / "shop")


def gifts(count: int, start: int = 0) -> list[str]:
    return [f"gift {n}" for n in range(start, start + count)]


def test_a_new_topic_is_proposed_and_what_was_understood_is_not(site: Site) -> None:
    site.ask(*gifts(8), "refund 900", "delivery 900", "invoice 900")
    site.ask(*(f"voucher {n}" for n in range(8)), confidence=0.9)
    assert site.discover.refresh() == Refreshed(new=1, again=0, gone=0, dismissed=0, messages=11)
    (view,) = site.proposals.list()
    assert {text for _, text in view.messages} == set(gifts(8))
    assert view.name == "gift"


def test_what_is_said_often_counts_once_and_is_labelled_everywhere(site: Site) -> None:
    site.ask(*["gift 1"] * 9)
    assert site.discover.refresh().new == 0
    site.ask(*gifts(6))
    assert site.discover.refresh().new == 1
    assert site.open()[0][1] == 15


def test_a_proposal_keeps_its_id_and_name_from_night_to_night(site: Site) -> None:
    site.ask(*gifts(6))
    site.discover.refresh()
    ((number, _),) = site.open()
    name = site.proposals.list()[0].name
    site.ask(*gifts(6, start=20), *(f"repair {n}" for n in range(7)))
    assert site.discover.refresh() == Refreshed(new=1, again=1, gone=0, dismissed=0, messages=19)
    assert dict(site.open())[number] == 12
    assert next(view.name for view in site.proposals.list() if view.id == number) == name


def test_a_dismissed_topic_stays_dismissed_as_a_few_join_it(site: Site) -> None:
    site.ask(*gifts(8))
    site.discover.refresh()
    site.proposals.dismiss(site.open()[0][0], "ann")
    site.ask(*gifts(3, start=20))
    assert site.discover.refresh() == Refreshed(new=0, again=0, gone=0, dismissed=1, messages=11)
    assert site.open() == []


def test_a_dismissed_topic_stays_dismissed_however_many_join_it_a_few_each_night(site: Site) -> None:
    site.ask(*gifts(8))
    site.discover.refresh()
    site.proposals.dismiss(site.open()[0][0], "ann")
    for night in range(1, 7):
        site.ask(*gifts(5, start=20 * night))
        assert site.discover.refresh() == Refreshed(new=0, again=0, gone=0, dismissed=1, messages=8 + 5 * night)


def test_a_dismissed_topic_stays_dismissed_as_old_conversations_are_erased(site: Site) -> None:
    site.ask(*gifts(8))
    site.discover.refresh()
    site.proposals.dismiss(site.open()[0][0], "ann")
    for night in range(1, 4):
        with site.shop.store.unit() as uow:
            oldest = sorted(uow.proposals.pool(100), key=lambda message: message.id)[:3]
            uow.erasing.erase([message.conversation_id for message in oldest])
        site.ask(*gifts(3, start=20 * night))
        assert site.discover.refresh() == Refreshed(new=0, again=0, gone=0, dismissed=1, messages=8)


def test_what_a_night_lumps_together_with_a_dismissed_topic_is_proposed_once_it_stands_alone(site: Site) -> None:
    site.ask(*gifts(9))
    site.discover.refresh()
    site.proposals.dismiss(site.open()[0][0], "ann")
    site.ask(*(f"repair {n}" for n in range(8)))
    lumped = Discover(site.shop.store, site.shop.load, Lumping())
    assert lumped.refresh() == Refreshed(new=0, again=0, gone=0, dismissed=1, messages=17)
    assert site.discover.refresh() == Refreshed(new=1, again=0, gone=0, dismissed=1, messages=17)


def test_a_topic_that_a_night_lumps_together_with_a_dismissed_one_stays(site: Site) -> None:
    site.ask(*gifts(9), *(f"repair {n}" for n in range(8)))
    site.discover.refresh()
    (gift, _), repairs = site.open()
    site.proposals.dismiss(gift, "ann")
    lumped = Discover(site.shop.store, site.shop.load, Lumping())
    assert lumped.refresh() == Refreshed(new=0, again=1, gone=0, dismissed=1, messages=17)
    assert site.open() == [repairs]


def test_a_topic_that_one_night_misses_stays_for_a_week_while_its_messages_wait(site: Site) -> None:
    site.ask(*gifts(8))
    site.discover.refresh()
    before = site.open()
    blind = Discover(site.shop.store, site.shop.load, Blind())
    assert blind.refresh() == Refreshed(new=0, again=1, gone=0, dismissed=0, messages=8)
    assert site.open() == before
    site.shop.label(*(LabelledText(text, "refund") for text in gifts(4)))
    assert blind.refresh().gone == 1

    site.ask(*gifts(8, start=20))
    site.discover.refresh()
    with site.shop.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE proposals SET seen_at = datetime(seen_at, '-8 days')")
    assert blind.refresh().gone == 1
    assert site.open() == []


def test_a_topic_of_what_is_erased_while_it_is_found_waits_for_the_next_time(site: Site) -> None:
    site.ask(*gifts(7), "gift for jane", *(f"repair {n}" for n in range(7)))
    during = Discover(site.shop.store, site.shop.load, Interrupted(site, "jane"))
    assert during.refresh().new == 1
    assert [view.name for view in site.proposals.list()] == ["repair"]
    assert site.discover.refresh() == Refreshed(new=1, again=1, gone=0, dismissed=0, messages=14)


def test_a_topic_whose_messages_went_to_another_one_goes(site: Site) -> None:
    site.ask(*gifts(12))
    site.discover.refresh()
    ((first, _),) = site.open()
    with site.shop.store.unit() as uow:  # as if a night had found two
        whole = uow.proposals.get(first).found
        uow.proposals.found_again(first, replace(whole, members=whole.members[:7]))
        uow.proposals.add(replace(whole, members=whole.members[7:]))
    assert site.discover.refresh() == Refreshed(new=0, again=1, gone=1, dismissed=0, messages=12)


def test_topics_stay_what_they_are_when_the_encoder_changes(site: Site) -> None:
    """As every consolidation changes it."""
    site.ask(*gifts(8), *(f"repair {n}" for n in range(9)))
    site.discover.refresh()
    (repair, _), (gift, _) = site.open()
    site.proposals.dismiss(gift, "ann")
    with site.shop.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE messages SET encoder = 'another', embedding = NULL")
        connection.exec_driver_sql("UPDATE proposals SET encoder = 'another', centre = x'00'")
    assert site.discover.refresh() == Refreshed(new=0, again=1, gone=0, dismissed=1, messages=17)
    assert site.open() == [(repair, 9)]


def test_what_operators_label_is_not_proposed_any_more(site: Site) -> None:
    site.ask(*gifts(8))
    site.discover.refresh()
    site.shop.label(*(LabelledText(text, "gift") for text in gifts(8)))
    assert site.discover.refresh() == Refreshed(new=0, again=0, gone=1, dismissed=0, messages=0)
    assert site.open() == []


def test_new_messages_beside_corrected_ones_are_of_their_intent(site: Site) -> None:
    site.ask(*gifts(12))
    site.shop.label(*(LabelledText(text, "gift") for text in gifts(6)))
    assert site.discover.refresh().new == 0


def test_intents_of_which_a_version_keeps_no_text_are_known_beside_those_of_which_it_does(tmp_path: Path) -> None:
    """As in the nights after a shop has left privacy behind."""
    site = Site(tmp_path)
    private, public = (plan("ewc_exact", selector, "output", hidden=64) for selector in ("generative", "coreset"))
    set_up(site.shop.store, corpus(*INTENTS), site.shop.encoder, private, site.shop.folder)
    site.shop.plans = (public,)
    site.shop.label(*train("repair", 12), *holdout("repair", 10), *train("voucher", 12), *holdout("voucher", 10))
    assert site.shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert set(site.shop.learner().memory.intents) == {"repair", "voucher"}
    site.ask(*(f"refund {n}" for n in range(2000, 2012)), *gifts(12))
    assert site.discover.refresh().new == 1
    assert [view.name for view in site.proposals.list()] == ["gift"]


def test_an_id_is_never_given_twice(site: Site) -> None:
    site.ask(*gifts(8))
    site.discover.refresh()
    ((first, _),) = site.open()
    site.shop.label(*(LabelledText(text, "gift") for text in gifts(8)))
    site.discover.refresh()
    site.ask(*(f"repair {n}" for n in range(8)))
    site.discover.refresh()
    assert site.open()[0][0] > first


def test_an_approved_topic_is_learned_by_the_next_retrain_and_recognised(site: Site) -> None:
    site.ask(*gifts(14))
    site.discover.refresh()
    site.proposals.approve(site.open()[0][0], GIFT, "ann")
    result = site.shop.retrain().run(actor="ann")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    assert site.shop.says("gift 900") == ["gift"]
    with site.shop.store.unit(read_only=True) as uow:
        assert [p.intent for p in uow.proposals.all(Status.APPROVED)] == ["gift"]


def test_messages_that_another_encoder_saw_are_embedded_afresh(site: Site) -> None:
    site.ask(*gifts(8))
    with site.shop.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE messages SET encoder = 'another', embedding = x'00'")
    assert site.discover.refresh().new == 1


def test_without_a_live_version_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no version is live yet"):
        Site(tmp_path).discover.refresh()


def test_it_tells_what_it_is_at_and_loads_no_version_where_no_message_waits(site: Site) -> None:
    told: list[tuple[str, int, int]] = []
    site.discover.refresh(lambda *step: told.append(step))
    assert told == []
    site.ask(*(f"gift {number}" for number in range(12)))
    site.discover.refresh(lambda *step: told.append(step))
    steps = ("loading the live version", "looking for new intents")
    assert told == [(what, done, 1) for what in steps for done in (0, 1)]
    waiting = site.open()
    with site.shop.store.unit() as uow:
        uow.intents.add(GIFT, "ann")
    site.shop.label(*(LabelledText(f"gift {number}", "gift") for number in range(12)))
    assert site.discover.refresh() == Refreshed(0, 0, len(waiting), 0, 0)
    assert site.open() == []
