"""Messages that operators labelled as having none of the intents: never learned as one, and told apart ever after."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.domain import OUT_OF_SCOPE, Decision, LabelledText, Split
from assistant.services.erasing import Erasing
from assistant.services.intents.care import IntentCare
from assistant.services.runs.follow import Follow
from assistant.services.runs.retrain import ExitCode
from assistant.services.runs.setup import set_up
from assistant.services.runs.triggers import Triggers
from tests.shops import Shop, corpus, intent, train
from tests.synthetic import WordEncoder, plan

INTENTS = ("refund", "delivery", "invoice", "parcel", "voucher")
PLAN = plan("ewc_exact", scope="output")
STRANGE = [LabelledText(f"visa {number}", OUT_OF_SCOPE) for number in range(12)]
ASKED = [f"visa {number}" for number in range(100, 140)]


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shop = Shop(tmp_path_factory.mktemp("first") / "var", WordEncoder(0.7), (PLAN,))
    set_up(shop.store, corpus(*INTENTS), shop.encoder, PLAN, shop.folder)
    shop.files()
    shop.engine.dispose()
    return shop.data


@pytest.fixture
def shop(first_day: Path, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(Path(shutil.copytree(first_day, tmp_path / "var")), WordEncoder(0.7), (PLAN,))
    yield shop
    shop.engine.dispose()


def doubt(shop: Shop, texts: list[str]) -> float:
    return float(np.mean([said.outside for said in shop.learner().model.predict(texts) if said.outside is not None]))


def test_they_are_no_intent_and_make_what_is_like_them_stranger(shop: Shop) -> None:
    before, known = doubt(shop, ASKED), shop.learner().model.labels
    ids = shop.label(*STRANGE)
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED
    assert shop.learner().model.labels == known
    assert doubt(shop, ASKED) > before + 0.1
    assert shop.pending() == []
    assert {example for example, version in shop.marks() if version == result.version} == set(ids)
    assert result.report["out_of_scope_rows"] == 12


def test_those_kept_for_testing_begin_a_run_too_as_it_learns_them(shop: Shop) -> None:
    follow = Follow(shop.store, shop.retrain(), "tests", every=3, seconds=100.0)
    assert not follow.step(0.0)
    shop.label(*STRANGE[:3], split=Split.HOLDOUT)
    assert Triggers(shop.store, 3, 5, lambda: 0, None).due().reason == "due: 3 corrections wait (enough are 3)"
    assert follow.step(1.0)
    assert shop.pending() == []


def test_a_night_that_learns_nothing_else_tells_of_no_search(shop: Shop) -> None:
    shop.plans = (plan("ewc_exact", scope="output", hidden=16, search="strength"),)
    shop.label(*train("refund", 6, start=900))
    assert "found by search" in shop.retrain().run(actor="night").report["plan"]
    shop.label(*STRANGE)
    assert "found by search" not in shop.retrain().run(actor="night").report["plan"]


def test_a_first_version_that_is_given_them_is_as_one_that_learned_them_later(shop: Shop, tmp_path: Path) -> None:
    ids = shop.label(*STRANGE)
    shop.retrain().run(actor="night")
    with shop.store.unit(read_only=True) as uow:
        sides = {row.text: row.split for row in uow.examples.of_intent(OUT_OF_SCOPE)}
    first = Shop(tmp_path / "first" / "var", WordEncoder(0.7), (PLAN,))
    given = {side: tuple(row for row in STRANGE if sides[row.text] is side) for side in Split}
    seed = corpus(*INTENTS)
    seed = replace(
        seed, intents={**seed.intents, OUT_OF_SCOPE: intent(OUT_OF_SCOPE)},
        train=(*seed.train, *given[Split.TRAIN]), holdout=(*seed.holdout, *given[Split.HOLDOUT]),
    )  # fmt: skip
    set_up(first.store, seed, first.encoder, PLAN, first.folder)
    assert first.learner().model.labels == shop.learner().model.labels
    assert doubt(first, ASKED) == pytest.approx(doubt(shop, ASKED), abs=0.01)
    with first.store.unit(read_only=True) as uow:
        assert {row.text: row.split for row in uow.examples.of_intent(OUT_OF_SCOPE)} == sides
    assert first.pending() == []
    assert first.live().report["out_of_scope_rows"] == len(ids)
    assert first.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO
    first.engine.dispose()


def test_a_later_night_still_knows_them(shop: Shop) -> None:
    shop.label(*STRANGE)
    shop.retrain().run(actor="night")
    told = doubt(shop, ASKED)
    shop.label(*train("refund", 6, start=500))
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert doubt(shop, ASKED) == pytest.approx(told, abs=0.1)
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_a_message_that_was_learned_and_is_none_after_all_leaves_the_memory(shop: Shop) -> None:
    learned = next(text for text in shop.learner().memory.texts if text.startswith("parcel"))
    shop.label(LabelledText(learned, OUT_OF_SCOPE))
    shop.retrain().run(actor="night")
    assert learned not in shop.learner().memory.texts


def test_another_encoder_takes_them_along(shop: Shop) -> None:
    shop.label(*STRANGE)
    shop.retrain().run(actor="night")
    other = WordEncoder(0.71)
    shop.switch().run(other, actor="lead", progress=lambda what, done, total: None)
    shop.encoder = other
    references = shop.learner().model.references
    assert references is not None
    assert len(references.outside) == 12
    assert OUT_OF_SCOPE not in shop.learner().model.labels


def strange(shop: Shop) -> int:
    references = shop.learner().model.references
    assert references is not None
    return len(references.outside)


def test_they_are_forgotten_with_nothing_else_to_learn_when_that_is_ordered(shop: Shop) -> None:
    shop.label(*STRANGE)
    shop.retrain().run(actor="night")
    assert (strange(shop), shop.versions().to_forget()) == (12, 0)
    IntentCare(shop.store).retire(OUT_OF_SCOPE, "lea", erase=True)
    assert shop.versions().to_forget() == 12
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert (strange(shop), shop.versions().to_forget()) == (0, 0)
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_one_of_them_that_a_customer_wants_erased_leaves_the_next_version(shop: Shop) -> None:
    shop.label(*STRANGE)
    with shop.store.unit() as uow:
        talk = uow.conversations.create()
        message = uow.conversations.add_user_message(talk, "visa 99", decision=Decision.CLARIFY)
        uow.examples.add("visa 99", OUT_OF_SCOPE, source="correction", operator="ann", message_id=message)
    shop.retrain().run(actor="night")
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    assert shop.versions().to_forget() == 1
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    assert (strange(shop), shop.versions().to_forget()) == (12, 0)
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO
