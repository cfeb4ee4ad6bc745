"""What the scopes that freeze promise: the old weights and the old logits are bit-identical after every update."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from assistant.domain import LabelledText
from assistant.errors import UnknownStrategyError
from assistant.learning.checkpoint import load, save
from assistant.learning.frozen import OWNER
from assistant.learning.update import Learner, update
from assistant.model.artifact import read_folder
from assistant.model.served import served_from
from tests.synthetic import WordEncoder, accuracy, plan, rows

OLD, NEW, THIRD = ("refund", "delivery", "invoice"), ("warranty", "gift"), ("coupon",)
ENCODER = WordEncoder()
SEEN = torch.from_numpy(ENCODER.embed([row.text for row in rows(*OLD, *NEW, *THIRD, count=6)]))
scopes = pytest.mark.parametrize("scope", ["progressive", "packnet"])


@cache
def nights(scope: str) -> tuple[Learner, Learner, Learner]:
    how = plan("none", scope=scope)
    first = update(Learner.untrained(ENCODER, how), rows(*OLD), how)
    second = update(first, rows(*NEW), how)
    return first, second, update(second, rows(*THIRD), how)


def parameters(learner: Learner) -> dict[str, Tensor]:
    return dict(learner.model.head.named_parameters())


@scopes
def test_old_logits_stay_after_every_later_update(scope: str) -> None:
    first, second, third = nights(scope)
    for before, after in ((first, second), (second, third), (first, third)):
        was, now = (learner.model.logits(SEEN.numpy()) for learner in (before, after))
        # Not bit for bit: some processors add up a product of another width in another order.
        torch.testing.assert_close(now[:, : was.shape[1]], was, rtol=1e-5, atol=1e-5)


@scopes
def test_and_yet_every_night_learned_what_it_brought(scope: str) -> None:
    third = nights(scope)[-1]
    assert accuracy(third, rows(*OLD, *NEW, *THIRD, count=20, start=300)) >= 0.9


def test_old_columns_are_bit_identical_and_the_new_one_reads_them() -> None:
    before, after = (parameters(learner) for learner in nights("progressive")[1:])
    for name in ("dense.weight", "dense.bias", "columns.0.weight", "columns.0.bias"):
        assert torch.equal(after[name], before[name])
    units = before["out_proj.weight"].shape[1]
    assert after["columns.1.weight"].shape == (64, ENCODER.dimension + units)
    lateral = after["columns.1.weight"][:, ENCODER.dimension :]
    started = torch.empty(64, ENCODER.dimension + units).normal_(
        0.0, 0.02, generator=torch.Generator().manual_seed(units)
    )
    assert not torch.equal(lateral, started[:, ENCODER.dimension :])  # it was trained
    known = len(OLD) + len(NEW)
    assert torch.equal(after["out_proj.weight"][:known, :units], before["out_proj.weight"])
    assert not after["out_proj.weight"][:known, units:].any()


def test_kept_weights_are_bit_identical_after_the_next_update_and_free_ones_train() -> None:
    first, second, _ = nights("packnet")
    owner = first.carried[OWNER]
    kept = owner > 0
    assert 0 < int(kept.sum()) < len(owner)
    before, after = parameters(first), parameters(second)
    for name in ("dense.weight", "dense.bias"):
        assert torch.equal(after[name][kept], before[name][kept])
        assert not torch.equal(after[name][~kept], before[name][~kept])
    assert torch.equal(after["out_proj.weight"][: len(OLD)], before["out_proj.weight"])
    assert not before["out_proj.weight"][:, ~kept].any()
    assert torch.equal(second.carried[OWNER][kept], owner[kept])
    assert (second.carried[OWNER] == 2).any()


@scopes
def test_new_rows_of_an_old_intent_move_its_logit_alone(scope: str) -> None:
    first = nights(scope)[0]
    how = plan("none", scope=scope)
    after = update(first, [LabelledText(f"reimbursement {n}", "refund") for n in range(12)], how)
    was, now = (learner.model.logits(SEEN.numpy()) for learner in (first, after))
    row = first.model.labels.index("refund")
    others = [index for index in range(len(OLD)) if index != row]
    assert torch.equal(now[:, others], was[:, others])
    assert not torch.equal(now[:, row], was[:, row])


@scopes
def test_the_chat_says_what_the_learner_says(scope: str, tmp_path: Path) -> None:
    third = nights(scope)[-1]
    digest = save(tmp_path / "v", third)
    served = served_from(tmp_path / "v", read_folder(tmp_path / "v", digest), ENCODER)
    torch.testing.assert_close(
        torch.from_numpy(served.logits(SEEN.numpy())), third.model.logits(SEEN.numpy()), atol=1e-4, rtol=1e-4
    )
    assert torch.equal(load(tmp_path / "v", ENCODER).model.logits(SEEN.numpy()), third.model.logits(SEEN.numpy()))


@scopes
def test_a_regulariser_beside_it_is_refused(scope: str) -> None:
    with pytest.raises(UnknownStrategyError, match=f"scope '{scope}' freezes what regularizer 'ewc' would hold"):
        plan("ewc", scope=scope).strategies()


def test_a_regulariser_that_knows_no_columns_says_so() -> None:
    third = nights("progressive")[-1]
    with pytest.raises(UnknownStrategyError, match="has 3 columns"):
        update(third, rows("zip"), plan("ewc", scope="head"))
    with pytest.raises(UnknownStrategyError, match="has 3 columns, which scope 'packnet' knows nothing of"):
        update(third, rows("zip"), plan("none", scope="packnet"))
    after = update(third, rows("zip"), plan("ewc_exact", scope="output"))
    assert accuracy(after, rows("zip", *OLD)) >= 0.9


def test_columns_stay_where_only_the_nearest_intents_train() -> None:
    third = nights("progressive")[-1]
    after = update(third, rows("zip"), plan("ewc_exact", scope="output", neighbours=1))
    assert accuracy(after, rows("zip", *OLD)) >= 0.9
