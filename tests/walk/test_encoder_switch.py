"""`assistant encoder switch` between two real RoBERTas: all knowledge moves, or nothing does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path

import pytest
import safetensors.torch
import typer

from assistant.cli import learn
from assistant.domain import LabelledText, Split
from assistant.errors import CorruptVersionError, EncoderError, InputError, LiveVersionChangedError
from assistant.learning.plans import UpdatePlan
from assistant.model.encoder import Encoder, TextEncoder
from assistant.services.conversation.chat import Chat
from assistant.services.runs.locking import NAME
from assistant.services.runs.retrain import ExitCode, RetrainResult
from assistant.settings import Retrain, Settings
from tests import tiny_roberta as builder
from tests.shops import CLEARLY, PLAN, holdout, publish_beside, train
from tests.walk.real_shop import FRESH, RealShop, encoders

pytestmark = pytest.mark.slow


class Shop(RealShop):
    """An installation with a small plan, which shares its loaded encoders with the others."""

    def switch(self, folder: Path) -> RetrainResult:
        return self.encoder_switch().run(
            self.encoders(str(folder)), actor="lea", progress=lambda what, done, total: None
        )


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return builder.build(tmp_path_factory.mktemp("encoders") / "another", seed=1)


@pytest.fixture(scope="module")
def blind(tiny_roberta: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder that hardly sees words: the embeddings of all tokens are nearly the same."""
    folder = Path(shutil.copytree(tiny_roberta, tmp_path_factory.mktemp("encoders") / "blind"))
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    (words,) = (name for name in weights if name.endswith("word_embeddings.weight"))
    weights[words] /= 1000
    safetensors.torch.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def first_day(tiny_roberta: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Shop.first_day(tmp_path_factory.mktemp("first") / "var", tiny_roberta).settings.data


@pytest.fixture
def shop(first_day: Path, tiny_roberta: Path, tmp_path: Path) -> Shop:
    data = Path(shutil.copytree(first_day, tmp_path / "var"))
    return Shop(Settings(data=data, encoder=str(tiny_roberta)))


def test_what_was_known_is_known_with_the_other_encoder(shop: Shop, another: Path) -> None:
    before, old = shop.load(shop.live()), shop.live()
    result = shop.switch(another)
    assert (result.exit_code, result.verdict) == (ExitCode.PUBLISHED, "published")
    live = shop.live()
    assert (live.id, live.parent, live.encoder) == (result.version, old.id, encoders(str(another)).fingerprint)
    after = shop.load(live)
    assert after.model.encoder.name == str(another)
    assert set(after.memory.texts) == set(before.memory.texts)
    assert after.memory.vectors == pytest.approx(encoders(str(another)).embed(after.memory.texts), abs=3e-4)
    assert shop.accuracy() >= 0.95
    assert result.report["base_version"] == old.id
    assert {row["outcome"] for row in result.report["verdicts"]} == {"passed"}
    (written,) = shop.settings.reports.glob("encoder-*.md")
    assert "# Encoder switch to" in written.read_text()
    assert shop.versions().history()[0].reason.startswith("encoder switched to")


def test_what_waited_to_be_learned_is_learned_on_the_way(shop: Shop, another: Path) -> None:
    gifts = [*train("gift", 12, repeat=CLEARLY), *holdout("gift", 10, repeat=CLEARLY)]
    shop.label(*gifts)
    moved = shop.load(shop.live()).memory.texts[0]
    shop.label(LabelledText(moved, "gift"))
    result = shop.switch(another)
    assert result.exit_code is ExitCode.PUBLISHED
    assert result.report["new_intents"] == ["gift"]
    assert shop.pending() == []
    assert shop.says(FRESH["gift"], FRESH["refund"]) == ["gift", "refund"]
    memory = shop.load(shop.live()).memory
    assert dict(zip(memory.texts, memory.intents, strict=True))[moved] == "gift"
    with shop.store.unit(read_only=True) as uow:
        assert not {example.text for example in uow.examples.all(Split.HOLDOUT)} & set(memory.texts)
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_an_encoder_that_does_worse_is_refused_and_everything_is_as_it_was(shop: Shop, blind: Path) -> None:
    shop.label(*train("gift", 3, repeat=CLEARLY))
    before = shop.state()
    result = shop.switch(blind)
    assert (result.exit_code, result.version) == (ExitCode.REFUSED, None)
    assert "old_accuracy" in result.reason
    assert shop.state() == before
    assert shop.accuracy() >= 0.95
    (written,) = shop.settings.reports.glob("encoder-*.md")
    assert "refused by" in written.read_text()


def test_the_encoder_that_is_there_already_is_an_error(shop: Shop, tiny_roberta: Path, tmp_path: Path) -> None:
    """Also from another folder: what counts is what it computes."""
    before = shop.state()
    for folder in (tiny_roberta, Path(shutil.copytree(tiny_roberta, tmp_path / "copy"))):
        with pytest.raises(InputError, match="already; nothing to switch"):
            shop.switch(folder)
    assert shop.state() == before


class Later(Shop):
    """The same in a process that has loaded no encoder yet."""

    @cached_property
    def encoders(self) -> Callable[[str], Encoder]:
        return cache(Encoder)


def test_where_the_encoder_is_gone_another_takes_over_by_what_serves_it(
    shop: Shop, tiny_roberta: Path, tmp_path: Path
) -> None:
    """A folder was deleted, trained anew or updated on the hub: the chat answers on, and no night can learn."""
    mine = builder.build(tmp_path / "mine", seed=1)
    assert Later(shop.settings).switch(mine).exit_code is ExitCode.PUBLISHED
    shutil.rmtree(mine)
    shop.label(*train("refund", 1, start=5000, repeat=CLEARLY))
    with pytest.raises(EncoderError, match=r"cannot be loaded \(.*put it back where it was, or run `assistant enc"):
        Later(shop.settings).retrain().run(actor="night")
    builder.build(mine, seed=2)
    with pytest.raises(CorruptVersionError, match="set the encoder back, or run `assistant encoder switch`"):
        Later(shop.settings).retrain().run(actor="night")
    assert Later(shop.settings).switch(mine).exit_code is ExitCode.PUBLISHED
    assert Later(shop.settings).says(FRESH["refund"]) == ["refund"]
    assert shop.pending() == []


def test_an_intent_that_would_lose_its_last_row_is_forgotten_and_the_gates_see_it(shop: Shop, another: Path) -> None:
    """Every exemplar of refund gets another label: the new head would not have the intent at all."""
    memory = shop.load(shop.live()).memory
    refunds = [text for text, intent in zip(memory.texts, memory.intents, strict=True) if intent == "refund"]
    shop.label(*(LabelledText(text, "delivery") for text in refunds))
    before = shop.state()
    result = shop.switch(another)
    assert result.exit_code is ExitCode.REFUSED
    assert "each_old_intent: refund" in result.reason
    assert shop.state() == before


def test_the_chat_answers_through_the_switch(shop: Shop, another: Path) -> None:
    live = shop.serving_model()
    chat = Chat(shop.store, live)
    talk = chat.start().conversation_id

    def encoder_of_last() -> str | None:
        with shop.store.unit(read_only=True) as uow:
            message = uow.conversations.last_user_message(talk)
        assert message is not None
        assert message.predicted == "refund"
        return message.encoder

    old = shop.live()
    chat.reply(talk, FRESH["refund"])
    assert shop.switch(another).exit_code is ExitCode.PUBLISHED
    chat.reply(talk, FRESH["refund"])
    assert encoder_of_last() == old.encoder  # nobody has looked for the new one yet
    assert live.refresh()
    chat.reply(talk, FRESH["refund"])
    assert encoder_of_last() == encoders(str(another)).fingerprint
    embedding = live.snapshot().predict([FRESH["refund"]])[0].embedding
    assert {neighbour.intent for neighbour in live.snapshot().nearest(embedding)} == {"refund"}
    labeling = shop.desk(live).labeling
    with shop.store.unit(read_only=True) as uow:
        first = next(m for m in uow.conversations.messages(talk) if m.role == "user")
    assert first.encoder == old.encoder
    assert {neighbour.intent for neighbour in labeling.item(first.id).neighbours} == {"refund"}


def test_the_chat_finds_the_export_ready_and_loads_no_torch_encoder(
    shop: Shop, another: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would stay in the server's process, which takes three times the memory then."""
    assert shop.switch(another).exit_code is ExitCode.PUBLISHED
    monkeypatch.setattr(Shop, "encoders", property(lambda shop: lambda name: pytest.fail("torch is loaded")))
    assert Shop(shop.settings).serving_model().snapshot().encoder_hash == shop.live().encoder


def test_the_nights_after_a_switch_learn_with_the_other_encoder(shop: Shop, another: Path) -> None:
    assert shop.switch(another).exit_code is ExitCode.PUBLISHED
    shop.label(*train("gift", 12, repeat=CLEARLY), *holdout("gift", 10, repeat=CLEARLY))
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED
    assert shop.live().encoder == encoders(str(another)).fingerprint
    assert shop.says(*FRESH.values()) == list(FRESH)


def test_rolling_back_a_switch_brings_the_old_encoder_back(shop: Shop, another: Path, tiny_roberta: Path) -> None:
    shop.label(*train("gift", 6, repeat=CLEARLY))
    pending = shop.pending()
    assert shop.switch(another).exit_code is ExitCode.PUBLISHED
    shop.versions().roll_back("lea", "slower than before")
    assert shop.load(shop.live()).model.encoder.name == str(tiny_roberta)
    assert shop.pending() == pending
    assert shop.accuracy() >= 0.95


def test_where_a_person_publishes_a_switch_waits_for_one(
    shop: Shop, another: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    holding = Shop(shop.settings.model_copy(update={"retrain": Retrain(hold=True)}))
    monkeypatch.setattr(learn, "assistant", lambda file: holding)
    first = shop.live()
    with pytest.raises(typer.Exit) as ended:
        learn.switch(str(another))
    assert (ended.value.exit_code, shop.live()) == (0, first)
    (held,) = (version for version in shop.versions().all() if version.id != first.id)
    said = capsys.readouterr().out
    assert f"version {held.id} waits to be published" in said
    assert f"report in {shop.settings.reports}" in said.replace("\n", "")
    shop.versions().publish(held.id, "lea", "looked at it")
    assert shop.load(shop.live()).model.encoder.fingerprint == encoders(str(another)).fingerprint
    assert shop.says(FRESH["refund"]) == ["refund"]


def test_what_may_be_kept_is_chosen_by_the_encoder_to_come(
    shop: Shop, tiny_roberta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its embeddings may be twice as long as those of the live version."""
    asked: list[int | None] = []

    class Asked(Shop):
        def plan(self, coming: int = 0, dimension: int | None = None) -> UpdatePlan:
            asked.append(dimension)
            return PLAN

    monkeypatch.setattr(learn, "assistant", lambda file: Asked(shop.settings))
    with pytest.raises(InputError, match="nothing to switch"):
        learn.switch(str(tiny_roberta))
    assert asked[-1] == encoders(str(tiny_roberta)).dimension


def test_while_another_run_is_at_work_it_does_nothing_and_says_who_it_is(shop: Shop, another: Path) -> None:
    with shop.store.unit() as uow:
        assert uow.locks.acquire(NAME, "elsewhere:1:0:abc", 3600)
    before = shop.state()
    result = shop.switch(another)
    assert (result.exit_code, result.verdict) == (ExitCode.LOCKED, "locked")
    assert "elsewhere:1:0:abc" in result.reason
    assert shop.state() == before


def test_a_correction_made_during_the_switch_stays_pending(shop: Shop, another: Path) -> None:
    late = train("refund", 1, start=5000, repeat=CLEARLY)
    shop.label(*train("refund", 2, repeat=CLEARLY))

    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == ("training the head", 3):
            shop.label(*late)

    encoder: TextEncoder = encoders(str(another))
    assert shop.encoder_switch().run(encoder, actor="lea", progress=progress).exit_code is ExitCode.PUBLISHED
    assert [example.text for example in shop.pending()] == [row.text for row in late]


def test_a_version_published_meanwhile_is_not_overwritten(shop: Shop, another: Path) -> None:
    first = shop.live()

    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == ("training the head", 3):
            publish_beside(shop.store, first)

    with pytest.raises(LiveVersionChangedError, match="version other is live, expected"):
        shop.encoder_switch().run(encoders(str(another)), actor="lea", progress=progress)
    assert shop.live().id == "other"
    assert len(shop.versions().all()) == 2
