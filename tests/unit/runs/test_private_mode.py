"""With the selector `generative` an installation learns, publishes and goes back, and its versions hold no message."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import sqlalchemy
import torch

from assistant.domain import OUT_OF_SCOPE, LabelledText
from assistant.errors import CorruptVersionError, InputError
from assistant.learning.checkpoint import VECTORS, load, save
from assistant.live_model import LiveSnapshot
from assistant.model.artifact import read_folder, write_folder
from assistant.services.intents.care import IntentCare
from assistant.services.runs.retrain import ExitCode
from assistant.services.runs.setup import set_up
from assistant.serving import served
from tests.shops import INTENTS, Shop, corpus, holdout, train
from tests.synthetic import WordEncoder, plan

PRIVATE = plan("ewc_exact", "generative", "output", hidden=64)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "var", plans=(PRIVATE,))
    set_up(shop.store, corpus(*INTENTS), shop.encoder, PRIVATE, shop.folder)
    return shop


def night(shop: Shop) -> None:
    shop.label(*train("warranty", 12), *holdout("warranty", 10))
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason


def test_the_folder_of_a_version_holds_no_text_and_no_embedding_of_any_message(shop: Shop) -> None:
    night(shop)
    rows = [row.text for row in (*corpus(*INTENTS).train, *train("warranty", 12))]
    vectors = shop.encoder.embed(rows)
    for file in (shop.folder / shop.live().id).iterdir():
        content = file.read_bytes()
        assert not [text for text in rows if text.encode() in content]
        assert not [text for text, vector in zip(rows, vectors, strict=True) if vector.tobytes() in content]


def test_of_a_message_that_is_out_of_scope_nothing_is_kept_either(shop: Shop) -> None:
    strange = [LabelledText(f"weather {number}", OUT_OF_SCOPE) for number in range(5)]
    shop.label(*strange)
    shop.retrain().run(actor="night")
    night(shop)
    vectors = shop.encoder.embed([row.text for row in strange])
    for file in (each for folder in shop.folder.iterdir() for each in folder.iterdir()):
        assert not [vector for vector in vectors if vector.tobytes() in file.read_bytes()]
    assert shop.pending() == []
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_where_rows_were_kept_before_the_next_night_leaves_them_out_with_nothing_to_learn(tmp_path: Path) -> None:
    kept = plan("ewc_exact", scope="output", hidden=64)
    with_rows = Shop(tmp_path / "var", plans=(kept,))
    set_up(with_rows.store, corpus(*INTENTS), with_rows.encoder, kept, with_rows.folder)
    with_rows.label(*(LabelledText(f"weather {number}", OUT_OF_SCOPE) for number in range(5)))
    assert with_rows.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
    shop = Shop(with_rows.data, plans=(PRIVATE,))
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    learner = shop.learner()
    assert (len(learner.memory), set(learner.memory.gaussians or ())) == (0, set(INTENTS))
    assert learner.model.references is not None
    assert not len(learner.model.references.outside)
    assert shop.says("refund 900", "delivery 900") == ["refund", "delivery"]
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO
    night(shop)
    assert shop.says("warranty 900", "refund 900", "delivery 900") == ["warranty", "refund", "delivery"]


def test_an_intent_is_forgotten_though_the_gates_refuse_the_corrections(shop: Shop) -> None:
    night(shop)
    IntentCare(shop.store).retire("warranty", "lea", erase=True)
    shop.label(*(LabelledText(row.text, "chargeback") for row in train("refund", 20, start=300)))
    shop.label(*holdout("refund", 10, start=300))
    result = shop.retrain().run(actor="night")
    assert (result.exit_code, result.report["trained_rows"]) == (ExitCode.PUBLISHED, 0), result.reason
    assert "what is to be forgotten is gone, the corrections wait" in result.reason
    assert set(shop.learner().memory.gaussians or ()) == set(INTENTS)


def test_old_and_new_intents_are_recognised(shop: Shop) -> None:
    night(shop)
    assert shop.says("warranty 900", "refund 900", "delivery 900") == ["warranty", "refund", "delivery"]


def test_the_desk_has_no_nearest_messages_to_show(shop: Shop) -> None:
    snapshot = LiveSnapshot("v1", shop.learner())
    assert snapshot.nearest(snapshot.predict(["refund 1"])[0].embedding) == []


def test_a_correction_reaches_equal_texts_alone_while_an_intent_is_known_by_its_gaussian_only(shop: Shop) -> None:
    shop.plans = (plan("ewc_exact", "coreset", "output", hidden=64),)
    for new, radius in ((("warranty", "voucher"), False), (INTENTS, True)):
        shop.label(*(row for name in new for row in (*train(name, 12), *holdout(name, 10))))
        assert shop.retrain().run(actor="night").exit_code is ExitCode.PUBLISHED
        live = shop.live()
        answering = served(shop.folder / live.id, read_folder(shop.folder / live.id), shop.encoder)
        assert (LiveSnapshot(live.id, answering).radius is not None) is radius
        assert (LiveSnapshot(live.id, shop.learner()).radius is not None) is radius


def test_a_rollback_takes_the_gaussians_back(shop: Shop) -> None:
    def known() -> Collection[str]:
        gaussians = shop.learner().memory.gaussians
        assert gaussians is not None
        return gaussians

    night(shop)
    assert set(known()) == {*INTENTS, "warranty"}
    shop.versions().roll_back("ann", "a test")
    assert set(known()) == set(INTENTS)


def test_another_encoder_learns_from_the_texts_that_the_shop_has(shop: Shop) -> None:
    night(shop)
    other = WordEncoder(noise=0.4)
    result = shop.switch().run(other, actor="ann", progress=lambda *_: None)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    shop.encoder = other
    assert shop.says("warranty 900", "refund 900", "delivery 900") == ["warranty", "refund", "delivery"]
    assert not len(shop.learner().memory)


def test_where_the_shop_has_no_text_another_encoder_has_nothing_to_learn_from_and_that_is_said(shop: Shop) -> None:
    with shop.engine.begin() as connection:
        connection.execute(sqlalchemy.text("update examples set split = 'holdout'"))
    with pytest.raises(InputError, match=r"keeps no texts .* import the labelled texts again"):
        shop.switch().run(WordEncoder(noise=0.4), actor="ann", progress=lambda *_: None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gaussian.intents", np.array([0, 1, 7])),
        ("gaussian.intents", np.array([0, 1, 1])),
        ("gaussian.intents", np.array([0, 1, -1])),
        ("gaussian.counts", np.array([12, 12, 0])),
        ("gaussian.ranks", np.array([6, 6, -6])),
        ("gaussian.ranks", np.array([6, 6, 7])),
        ("arrived", np.array([12, 12, -1])),
        ("arrived", np.array([12, 12])),
        ("arrived", np.array([12.0, 12.0, 12.5])),
    ],
)
def test_altered_counts_or_gaussians_are_refused_on_loading(shop: Shop, name: str, value: object) -> None:
    files = read_folder(shop.folder / shop.live().id)
    files.pop("manifest.json", None)
    tensors = safetensors.torch.load(files[VECTORS])
    tensors[name] = torch.as_tensor(value)
    write_folder(shop.data / "altered", files | {VECTORS: safetensors.torch.save(tensors)})
    with pytest.raises(CorruptVersionError, match="its memory is unreadable"):
        load(shop.data / "altered", shop.encoder)


def test_a_folder_that_was_written_before_rows_were_counted_is_still_read(tmp_path: Path, shop: Shop) -> None:
    save(tmp_path / "now", shop.learner())
    files = read_folder(tmp_path / "now")
    files.pop("manifest.json", None)
    tensors = safetensors.torch.load(files[VECTORS])
    write_folder(tmp_path / "then", files | {VECTORS: safetensors.torch.save({"vectors": tensors["vectors"]})})
    memory = load(tmp_path / "then", shop.encoder).memory
    assert (sum(memory.arrived.values()), memory.gaussians) == (0, None)
