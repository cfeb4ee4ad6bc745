"""Exact EWC against closed forms: scikit-learn's ridge on all rows at once, and leaving rows out one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from torch import Tensor
from torch.nn.functional import cross_entropy, pad

from assistant.domain import LabelledText
from assistant.errors import UnknownStrategyError
from assistant.learning.forgetting import erase
from assistant.learning.regularizers.ewc_exact import ExactEWC, opinion
from assistant.learning.regularizers.statistics import Statistics
from assistant.learning.update import Learner, update
from assistant.model.head import outputs
from assistant.strategies import Spec
from tests.synthetic import WordEncoder, accuracy, plan, rows

GENERATOR = torch.Generator().manual_seed(5)
HIDDEN = torch.tanh(torch.randn(60, 8, generator=GENERATOR))
TARGETS = torch.arange(60) % 4
OLD, NEW = ("refund", "delivery", "invoice", "exchange"), ("warranty", "gift", "coupon")
EXACT = plan("ewc_exact", scope="output")


def summed(hidden: Tensor = HIDDEN, targets: Tensor = TARGETS) -> Statistics:
    return Statistics.empty(8, 4).plus(hidden, targets)


def ridge_by_sklearn(hidden: Tensor, targets: Tensor, ridge: float) -> Tensor:
    """The same regression from all rows at once; the bias is penalised as any weight is."""
    features = np.hstack([hidden.numpy(), np.ones((len(hidden), 1))]).astype(np.float64)
    alpha = ridge * np.square(features).sum(axis=0).mean()
    fitted = Ridge(alpha=alpha, fit_intercept=False, solver="cholesky").fit(features, np.eye(4)[targets.numpy()])
    return torch.from_numpy(fitted.coef_).float()


@pytest.mark.parametrize("ridge", [1e-3, 0.1])
def test_sums_over_sessions_give_the_ridge_regression_on_all_rows_at_once(ridge: float) -> None:
    in_parts = Statistics.empty(8, 2)
    for part in (TARGETS < 2, TARGETS == 2, TARGETS == 3):
        in_parts = in_parts.grown(4).plus(HIDDEN[part], TARGETS[part])
    torch.testing.assert_close(in_parts.solution(ridge), ridge_by_sklearn(HIDDEN, TARGETS, ridge), rtol=1e-4, atol=1e-5)


def test_rows_taken_out_again_leave_what_was_there_before() -> None:
    there_and_back = summed().plus(HIDDEN[:10], TARGETS[10:20]).plus(HIDDEN[:10], TARGETS[10:20], times=-1)
    torch.testing.assert_close(there_and_back.gram, summed().gram)
    torch.testing.assert_close(there_and_back.sums, summed().sums, atol=1e-5, rtol=1e-5)


def test_sums_from_which_nearly_all_rows_were_taken_out_are_solved_for_those_left() -> None:
    """Each night that forgets most of a large shop would end in an error: what is left is less than the rounding."""
    draw = torch.Generator().manual_seed(0)
    hidden = torch.tanh(torch.randn(20000, 128, generator=draw) + torch.randn(128, generator=draw))
    targets = torch.arange(20000) % 2
    everything = Statistics.empty(128, 2).plus(hidden, targets)
    left = everything.plus(hidden[2:], targets[2:], times=-1)
    values = pad(hidden[:2], [0, 1], value=1.0) @ left.solution(1e-3).T
    assert values.argmax(dim=1).tolist() == [0, 1]


def test_half_a_matrix_is_stored_and_the_whole_comes_back() -> None:
    state = summed().state()
    assert state["gram"].numel() == 9 * 10 // 2
    back = Statistics.from_state(state, 8, 4)
    assert back is not None
    assert torch.equal(back.gram, back.gram.T)
    assert torch.equal(back.sums, summed().sums)
    assert Statistics.from_state(state, 8, 3) is None
    assert Statistics.from_state({}, 8, 4) is None


def test_the_ridge_chosen_is_the_one_that_leaving_rows_out_one_by_one_prefers() -> None:
    noisy = TARGETS.roll(1).where(torch.rand(60, generator=GENERATOR) < 0.3, TARGETS)
    separable = HIDDEN + 2.0 * torch.nn.functional.one_hot(TARGETS, 8)
    candidates = (1e-4, 1e-1, 10.0)

    def left_out(ridge: float) -> float:
        right = torch.zeros(4)
        for row in range(60):
            rest = torch.arange(60) != row
            # The share of the ridge is of the whole: a row left out does not change the penalty.
            alpha = ridge * float(summed(separable, noisy).moment.diagonal().mean()) * 60
            kept = summed(separable[rest], noisy[rest])
            own = ridge_share(kept, alpha)
            values = kept.solution(own) @ torch.cat([separable[row], torch.ones(1)])
            right[noisy[row]] += float(values.argmax() == noisy[row])
        return float((right / torch.bincount(noisy)).sum())

    best = max(candidates, key=left_out)
    assert summed(separable, noisy).best_ridge(candidates, separable, noisy) == best


def ridge_share(statistics: Statistics, alpha: float) -> float:
    return alpha / float(statistics.gram.diagonal().mean())


def test_without_memory_and_without_replay_old_intents_are_kept_where_plain_training_loses_them() -> None:
    encoder = WordEncoder(noise=1.0)
    kept = {}
    for name in ("ewc_exact", "none"):
        how = plan(name, scope="output", replay=0.0)
        first = update(Learner.untrained(encoder, how), rows(*OLD), how)
        second = update(first, rows(*NEW), how)
        kept[name] = (
            accuracy(second, rows(*OLD, count=40, start=100)),
            accuracy(second, rows(*NEW, count=40, start=100)),
        )
    assert kept["ewc_exact"][0] > kept["none"][0] + 0.1
    assert kept["ewc_exact"][1] > 0.7


def test_rows_that_are_not_kept_still_pull_as_they_did_where_training_ended() -> None:
    """The exemplars' loss and what is missed have, at the trained weights, the gradient of all rows together."""
    encoder = WordEncoder(noise=2.0)
    how = replace(EXACT, memory=2, iterations=80)
    first = update(Learner.untrained(encoder, how), rows(*OLD), how)
    head = first.model.head
    sums = Statistics.from_state(first.carried, head.out_proj.in_features, len(OLD))
    assert sums is not None
    trained = outputs(head) - opinion(sums, float(first.carried["ridge"]), float(first.carried["volume"]))

    def gradient(given: Sequence[LabelledText]) -> Tensor:
        weights = trained.clone().requires_grad_()
        hidden = head.hidden(torch.from_numpy(encoder.embed([row.text for row in given])))
        targets = torch.tensor([first.model.labels.index(row.intent) for row in given])
        loss = cross_entropy(pad(hidden, [0, 1], value=1.0) @ weights.T, targets)  # every intent has as many rows
        (found,) = torch.autograd.grad(loss * len(OLD), weights)
        return found

    kept = [LabelledText(*pair) for pair in zip(first.memory.texts, first.memory.intents, strict=True)]
    missed = first.carried["missed"].float()
    assert float(missed.norm()) > 0.01
    torch.testing.assert_close(gradient(kept) + missed, gradient(rows(*OLD)), atol=2e-3, rtol=1e-2)


def test_an_intent_of_few_rows_is_heard_beside_those_of_many() -> None:
    """By its count alone the regression would give it a tenth of a voice."""
    few = update(Learner.untrained(WordEncoder(), EXACT), rows(*OLD, count=40) + rows("warranty", count=2), EXACT)
    assert accuracy(few, rows("warranty", count=20, start=100)) >= 0.9
    assert accuracy(few, rows(*OLD, count=20, start=100)) >= 0.9


@pytest.mark.parametrize("options", [{"replay": 0.0}, {"selector": Spec(name="generative")}])
def test_where_no_exemplar_is_rehearsed_nothing_is_missed(options: dict[str, object]) -> None:
    how = replace(EXACT, **options)  # type: ignore[arg-type]
    assert "missed" not in update(Learner.untrained(WordEncoder(), how), rows(*OLD), how).carried


def test_a_text_given_another_label_leaves_the_sums_of_the_old_one() -> None:
    encoder = WordEncoder()
    first = update(Learner.untrained(encoder, EXACT), rows(*OLD), EXACT)
    text, old = first.memory.texts[0], first.memory.intents[0]
    after = update(first, [LabelledText(text, "gift")], EXACT)
    before_sums, sums = first.carried["sums"], after.carried["sums"]
    row = first.model.labels.index(old)
    assert float(sums[row, -1]) == float(before_sums[row, -1]) - 1  # the constant counts rows
    assert float(sums[len(OLD), -1]) == 1.0
    torch.testing.assert_close(after.carried["gram"], first.carried["gram"], atol=1e-4, rtol=1e-4)


def test_a_version_trained_otherwise_is_protected_by_what_the_memory_knows() -> None:
    encoder = WordEncoder()
    plain = plan("ewc", scope="output")
    first = update(Learner.untrained(encoder, plain), rows(*OLD), plain)
    after = update(first, rows(*NEW), EXACT)
    assert float(after.carried["sums"][:, -1].sum()) == len(first.memory) + len(rows(*NEW))
    assert accuracy(after, rows(*OLD, count=20, start=300)) >= 0.9


@pytest.mark.parametrize("strength", [1e6, 1e12])
def test_a_strength_that_outweighs_every_rounding_still_has_a_solution(strength: float) -> None:
    first = update(Learner.untrained(WordEncoder(), EXACT), rows(*OLD), EXACT)
    strong = plan(Spec(name="ewc_exact", strength=strength), scope="output")
    after = update(first, rows(*NEW), strong)
    assert accuracy(after, rows(*OLD, count=20, start=300)) >= 0.9


def test_a_scope_that_trains_the_hidden_layer_is_refused_with_what_to_do() -> None:
    mistaken = plan(Spec(name="ewc_exact"), scope="head")
    with pytest.raises(UnknownStrategyError, match=r"regularizer 'ewc_exact'.*scope 'head'.*choose scope output"):
        update(Learner.untrained(WordEncoder(), mistaken), rows(*OLD), mistaken)


def test_the_regression_is_heard_louder_by_the_root_of_how_many_rows_it_saw_for_each_that_training_has() -> None:
    how = replace(EXACT, memory=4)
    first = update(Learner.untrained(WordEncoder(), how), rows(*OLD, count=36), how)
    assert float(first.carried["volume"]) == pytest.approx(ExactEWC().scale)  # training has all
    second = update(first, rows(*NEW, count=20), how)
    seen, there = 36 * len(OLD) + 20 * len(NEW), 4 * len(OLD) + 20 * len(NEW)
    assert float(second.carried["volume"]) == pytest.approx(ExactEWC().scale * (seen / there) ** 0.5)
    erased = erase(second, how, texts=[second.memory.texts[0]])
    assert erased.carried["volume"] == second.carried["volume"]
