"""`assistant retrain --consolidate` on a real RoBERTa: the encoder learns and goes live, or nothing changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from assistant.domain import Decision
from assistant.errors import CorruptVersionError, InputError, LiveVersionChangedError
from assistant.learning.encoder_scopes import ENCODER_SCOPES, FullScope
from assistant.learning.plans import UpdatePlan
from assistant.learning.tuning import TuningPlan
from assistant.model.artifact import read_folder
from assistant.services.conversation.chat import Chat
from assistant.services.erasing import Erasing
from assistant.services.intents.care import IntentCare
from assistant.services.runs.consolidate import Consolidate
from assistant.services.runs.locking import NAME
from assistant.services.runs.retrain import ExitCode, RetrainResult
from assistant.settings import Constraints, Settings
from assistant.strategies import Spec
from tests.shops import CLEARLY, INTENTS, holdout, publish_beside, train
from tests.walk.real_shop import FRESH, HELD, RealShop

pytestmark = pytest.mark.slow

PLAN = UpdatePlan(hidden=64)
TUNING = TuningPlan(epochs=2, batch_size=8, scope=Spec(name="lora").with_options(rank=4, learning_rate=5e-3))
GIFTS = [*train("gift", 12, repeat=CLEARLY), *holdout("gift", 10, repeat=CLEARLY)]


class Shop(RealShop):
    """An installation with small plans, which shares its loaded encoder with the others."""

    def plan(self, coming: int = 0, dimension: int | None = None) -> UpdatePlan:
        return PLAN

    def tuning(self) -> TuningPlan:
        return TUNING

    def consolidated(self, **changes: object) -> RetrainResult:
        run: Consolidate = replace(self.consolidate(), **changes)  # type: ignore[arg-type]
        return run.run(actor="lea", progress=lambda what, done, total: None)

    def afresh(self) -> Shop:
        """The same data in what might be another process."""
        return Shop(self.settings)


class Private(Shop):
    """One whose versions keep no text."""

    def plan(self, coming: int = 0, dimension: int | None = None) -> UpdatePlan:
        return replace(PLAN, selector=Spec(name="generative"))


@pytest.fixture(scope="module")
def first_day(tiny_roberta: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Shop.first_day(tmp_path_factory.mktemp("first") / "var", tiny_roberta).settings.data


@pytest.fixture
def shop(first_day: Path, tiny_roberta: Path, tmp_path: Path) -> Shop:
    data = Path(shutil.copytree(first_day, tmp_path / "var"))
    return Shop(Settings(data=data, encoder=str(tiny_roberta)))


def test_the_version_holds_its_encoder_and_answers_with_it(shop: Shop, tiny_roberta: Path) -> None:
    shop.label(*GIFTS)
    before = shop.load(shop.live())
    result = shop.consolidated()
    assert (result.exit_code, result.verdict) == (ExitCode.PUBLISHED, "published"), result.reason
    live = shop.live()
    assert (live.id, live.parent) == (result.version, result.report["base_version"])
    files = read_folder(shop.settings.versions / live.id, live.manifest_sha256)
    assert {"encoder/model.safetensors", "encoder/config.json", "encoder/tokenizer.json"} <= set(files)
    after = shop.afresh().load(live)
    assert after.model.encoder.fingerprint == live.encoder != before.model.encoder.fingerprint
    assert after.model.encoder.name == f"{tiny_roberta} (tuned)"
    assert after.memory.vectors == pytest.approx(after.model.encoder.embed(after.memory.texts), abs=3e-4)
    assert np.abs(after.model.encoder.embed([HELD[0].text]) - before.model.encoder.embed([HELD[0].text])).max() > 1e-3
    assert after.model.labels.intents[: len(INTENTS)] == before.model.labels.intents
    assert shop.says(*FRESH.values()) == list(FRESH)
    assert shop.pending() == []
    assert shop.accuracy() >= 0.95
    assert not list(shop.settings.versions.glob(".draft*"))


def test_the_running_chat_serves_the_tuned_encoder_and_after_a_rollback_the_old_one(shop: Shop) -> None:
    live, old = shop.serving_model(), shop.live()
    chat = Chat(shop.store, live)
    talk = chat.start().conversation_id

    def encoder_of_reply() -> str | None:
        chat.reply(talk, FRESH["refund"])
        with shop.store.unit(read_only=True) as uow:
            message = uow.conversations.last_user_message(talk)
        assert message is not None
        assert message.predicted == "refund"
        return message.encoder

    assert encoder_of_reply() == old.encoder
    assert shop.consolidated().exit_code is ExitCode.PUBLISHED
    assert encoder_of_reply() == old.encoder  # nobody has looked for the new one yet
    assert live.refresh()
    assert encoder_of_reply() == shop.live().encoder != old.encoder
    served, torch_one = live.snapshot().learner.model.encoder, shop.load(shop.live()).model.encoder
    assert served.embed([FRESH["gift"]]) == pytest.approx(torch_one.embed([FRESH["gift"]]), abs=1e-4)
    shop.versions().roll_back("lea", "slower than before")
    assert live.refresh()
    assert encoder_of_reply() == old.encoder
    assert shop.load(shop.live()).model.encoder.fingerprint == old.encoder


def test_the_chat_finds_the_export_ready_and_loads_no_torch_encoder(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shop.consolidated().exit_code is ExitCode.PUBLISHED
    monkeypatch.setattr("assistant.model.tuned.TunedEncoder.__init__", lambda *given: pytest.fail("torch is loaded"))
    assert shop.afresh().serving_model().snapshot().encoder_hash == shop.live().encoder


def test_the_nights_after_it_learn_with_the_tuned_encoder_and_share_its_files(shop: Shop) -> None:
    assert shop.consolidated().exit_code is ExitCode.PUBLISHED
    first = shop.live()
    shop.label(*GIFTS)
    result = shop.afresh().retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    second = shop.live()
    assert second.encoder == first.encoder
    assert shop.afresh().says(*FRESH.values()) == list(FRESH)
    weights = [shop.settings.versions / version.id / "encoder" / "model.safetensors" for version in (first, second)]
    assert weights[0].samefile(weights[1])
    shutil.rmtree(weights[0].parents[1])
    assert shop.afresh().says(FRESH["gift"]) == ["gift"]  # the earlier version's folder is not needed
    again = shop.afresh().consolidated()
    assert again.exit_code is ExitCode.PUBLISHED
    assert shop.afresh().load(shop.live()).model.encoder.name.count("(tuned)") == 1


class Blinding(FullScope):
    """Leaves an encoder that cannot see words: every token has the same embedding."""

    @contextmanager
    def open(self, transformer: nn.Module) -> Iterator[list[nn.Parameter]]:
        with FullScope.open(self, transformer) as parameters:
            yield parameters
        nn.init.zeros_(transformer.get_input_embeddings().weight)  # type: ignore[operator]


def test_what_is_to_be_forgotten_is_and_what_is_out_of_use_is_not_learned(shop: Shop) -> None:
    rows = train("refund", 3, repeat=CLEARLY)
    with shop.store.unit() as uow:
        talk = uow.conversations.create()
        for row in rows:
            message = uow.conversations.add_user_message(talk, row.text, decision=Decision.CLARIFY)
            uow.examples.add(row.text, row.intent, source="correction", operator="ann", message_id=message)
    assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    learned = {row.text for row in rows} & set(shop.load(shop.live()).memory.texts)
    assert learned
    Erasing(shop.store).erase([talk], actor="ann", because="asked for", labels=True)
    shop.label(*GIFTS)
    waiting = shop.pending()
    care = IntentCare(shop.store)
    care.retire("gift", "lea")
    care.retire("invoice", "lea", erase=True)
    result = shop.consolidated()
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    memory = shop.afresh().load(shop.live()).memory
    assert not learned & set(memory.texts)
    assert "invoice" not in memory.intents
    assert shop.pending() == waiting


def test_a_version_that_keeps_no_text_learns_from_those_that_the_shop_has(tmp_path: Path, tiny_roberta: Path) -> None:
    private = Private.first_day(tmp_path / "var", tiny_roberta)
    result = private.consolidated()
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    assert private.says(FRESH["refund"], FRESH["invoice"]) == ["refund", "invoice"]
    assert not len(private.load(private.live()).memory)


def test_one_that_would_outgrow_the_storage_of_a_version_is_told_before_it_trains(shop: Shop) -> None:
    """Such a version holds its encoder, which takes several times the room of the rest."""
    before = shop.state()
    folder = shop.settings.versions / shop.live().id
    taken = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    stated = Constraints(storage_mb=1.1 * taken)
    tight = Shop(shop.settings.model_copy(update={"constraints": stated}))
    with pytest.raises(InputError, match=r"storage_mb = .*: a version that holds an encoder of its own needs \d"):
        tight.consolidated()
    assert tight.state() == before


def test_a_refused_one_leaves_everything_as_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.label(*train("gift", 3, repeat=CLEARLY))
    before = shop.state()
    monkeypatch.setitem(ENCODER_SCOPES, "blinding", Blinding)
    result = shop.consolidated(tuning=replace(TUNING, scope=Spec(name="blinding")))
    assert (result.exit_code, result.version) == (ExitCode.REFUSED, None)
    assert "old_accuracy" in result.reason
    assert shop.state() == before
    assert shop.afresh().state() == before
    (written,) = shop.settings.reports.glob("consolidation-*.md")
    assert "refused by" in written.read_text()


@pytest.mark.parametrize("where", ["training the encoder", "re-embedding", "judging"])
def test_a_failed_one_leaves_everything_as_it_was(shop: Shop, where: str) -> None:
    shop.label(*GIFTS)
    before = shop.state()

    def progress(what: str, done: int, total: int) -> None:
        if what == where and done:
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        shop.consolidate().run(actor="lea", progress=progress)
    assert shop.state() == before
    assert shop.afresh().state() == before


def test_an_altered_encoder_is_never_used(shop: Shop) -> None:
    assert shop.consolidated().exit_code is ExitCode.PUBLISHED
    weights = shop.settings.versions / shop.live().id / "encoder" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(CorruptVersionError, match=r"encoder/model\.safetensors has sha256"):
        shop.afresh().load(shop.live())
    with pytest.raises(CorruptVersionError, match=r"encoder/model\.safetensors has sha256"):
        shop.afresh().serving_model()


def test_a_held_one_waits_for_a_person(shop: Shop) -> None:
    old = shop.live()
    result = shop.consolidate().run(actor="lea", hold=True, progress=lambda what, done, total: None)
    assert result.verdict == "held"
    assert shop.live() == old
    assert result.version is not None
    shop.versions().publish(result.version, "lea", "looked at it")
    assert shop.says(FRESH["refund"]) == ["refund"]


def test_a_version_published_meanwhile_is_not_overwritten(shop: Shop) -> None:
    first = shop.live()

    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == ("training the encoder", 1):
            publish_beside(shop.store, first)

    with pytest.raises(LiveVersionChangedError, match="version other is live, expected"):
        shop.consolidate().run(actor="lea", progress=progress)
    assert shop.live().id == "other"


def test_while_another_run_is_at_work_it_does_nothing(shop: Shop) -> None:
    with shop.store.unit() as uow:
        assert uow.locks.acquire(NAME, "elsewhere:1:0:abc", 3600)
    result = shop.consolidated()
    assert (result.exit_code, result.verdict) == (ExitCode.LOCKED, "locked")
    assert not list(shop.settings.versions.glob(".draft*"))


def test_a_new_intent_of_few_holdout_rows_is_cross_validated_and_one_without_others_told_as_in_any_night(
    shop: Shop,
) -> None:
    shop.label(*train("gift", 6, repeat=CLEARLY), *holdout("gift", 2, repeat=CLEARLY), *holdout("voucher", 1))
    result = shop.consolidated()
    verdicts = result.report["verdicts"]
    assert any("in cross-validation (8 rows, 80% needed)" in verdict["reason"] for verdict in verdicts)
    assert "; voucher cannot be learned yet: every row fell to the holdout" in result.reason
