"""One list of promises, run over every regulariser in the table."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import pytest
import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional

from assistant.learning.regularizers import REGULARIZERS, Arrival, Batch, Labelled, Penalty, Regularizer, State
from assistant.model.head import ClassificationHead, extend_rows
from assistant.strategies import Spec, build

DIMENSION, HIDDEN, INTENTS = 5, 4, 3
TEXTS = torch.nn.functional.normalize(torch.randn(20, DIMENSION, generator=torch.Generator().manual_seed(1)))
ROUNDING = 1e-6  # of a product whose width differs: some processors add it up in another order
EVEN = torch.full((20,), 1 / 20)
MEMORY = Labelled(TEXTS, torch.arange(20) % INTENTS)
NOTHING = Labelled(TEXTS[:0], torch.zeros(0, dtype=torch.int64))

# `projection` punishes nothing: it takes back what must not happen, and has a promise of its own below.
CONFINING = ["projection"]
PENALISING = [name for name in REGULARIZERS if name not in ("none", *CONFINING)]

members = pytest.mark.parametrize("name", REGULARIZERS)
penalising = pytest.mark.parametrize("name", PENALISING)
confining = pytest.mark.parametrize("name", CONFINING)


def regularizer(name: str) -> Regularizer:
    return build(REGULARIZERS, Spec(name=name))


def trained(intents: int = INTENTS, seed: int = 0) -> ClassificationHead:
    """A head that stands for a published one: arbitrary weights, frozen, in eval mode."""
    generator = torch.Generator().manual_seed(seed)
    head = ClassificationHead(DIMENSION, HIDDEN, intents)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.normal_(0.0, 0.7, generator=generator)
    return head.requires_grad_(False).eval()


def live(previous: ClassificationHead, *, more: int = 0) -> ClassificationHead:
    """The head that trains: a copy of `previous` with `more` rows."""
    head = copy.deepcopy(previous)
    head.out_proj = extend_rows(head.out_proj, more)
    return head.requires_grad_(True).train()


def move(head: ClassificationHead, by: float = 0.1) -> None:
    with torch.no_grad():
        for parameter in head.parameters():
            direction = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(parameter.numel()))
            parameter.add_(direction, alpha=by)


@dataclass(frozen=True)
class Held:
    """A penalty at work, with the rows of its update."""

    penalty: Penalty
    rows: Labelled

    def __call__(self, head: ClassificationHead) -> Tensor:
        head.eval()  # dropout is the business of training
        logits = head(self.rows.vectors)
        every = torch.arange(len(self.rows.targets))
        return self.penalty(head, Batch(every, logits, torch.full((len(every),), 1 / max(1, len(every)))))

    def carry(self, head: ClassificationHead) -> State:
        return self.penalty.carry(head, MEMORY, EVEN)


def begin(
    name: str,
    head: ClassificationHead,
    previous: ClassificationHead,
    carried: State,
    *,
    new: Labelled = NOTHING,
    memory: Labelled = MEMORY,
) -> Held:
    with torch.no_grad():
        penalty = regularizer(name).begin(head, previous, carried, Arrival(new, memory, memory, NOTHING))
    rows = Labelled(torch.cat([new.vectors, memory.vectors]), torch.cat([new.targets, memory.targets]))
    return Held(penalty, rows)


def carried_by(name: str, head: ClassificationHead) -> State:
    """The state that a version with this head carries, had it learned the memory in one step down the gradient."""
    few = Labelled(MEMORY.vectors, MEMORY.targets.clamp_max(head.out_proj.out_features - 1))
    start = live(head)
    learn(start, few, rate=-0.01)  # back up the hill, from where one step leads to this head
    before = copy.deepcopy(start).requires_grad_(False)
    penalty = begin(name, start, before, {}, memory=few).penalty
    learn(start, few, rate=0.01, penalty=penalty)
    return penalty.carry(head, few, EVEN)


def learn(head: ClassificationHead, rows: Labelled, *, rate: float = 0.1, penalty: Penalty | None = None) -> None:
    """One step down the gradient of the loss, with the hooks of a penalty."""
    head.eval().zero_grad()
    functional.cross_entropy(head(rows.vectors), rows.targets).backward()  # type: ignore[no-untyped-call]
    if penalty:
        penalty.on_gradient(head)
    with torch.no_grad():
        for parameter in head.parameters():
            if parameter.grad is not None:
                parameter.sub_(parameter.grad, alpha=rate)
    if penalty:
        penalty.on_step(head)


def changes_every_parameter(name: str) -> bool:
    return not regularizer(name).fixes_hidden


@members
def test_the_penalty_is_zero_before_anything_moved(name: str) -> None:
    previous = trained()
    head = live(previous, more=1)
    new = Labelled(TEXTS[:4], torch.tensor([INTENTS, 0, INTENTS, 1]))
    penalty = begin(name, head, previous, carried_by(name, previous), new=new)
    assert penalty(head).item() == pytest.approx(0.0, abs=ROUNDING)


@penalising
def test_the_penalty_is_positive_once_the_live_head_moved_and_its_gradient_reaches_the_live_head(name: str) -> None:
    """A penalty computed on a frozen copy would stay zero: the mistake that the closest public peer ships."""
    previous = trained()
    head = live(previous)
    penalty = begin(name, head, previous, carried_by(name, previous))
    move(head)
    loss = penalty(head)
    assert loss.item() > 0
    loss.backward()  # type: ignore[no-untyped-call]
    held = head if changes_every_parameter(name) else head.out_proj
    for parameter in held.parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0


@penalising
def test_following_the_gradient_leads_back_towards_the_previous_head(name: str) -> None:
    previous = trained()
    head = live(previous)
    penalty = begin(name, head, previous, carried_by(name, previous))
    move(head)
    before = penalty(head)
    before.backward()  # type: ignore[no-untyped-call]
    steps = [(parameter, parameter.grad) for parameter in head.parameters() if parameter.grad is not None]
    with torch.no_grad():
        # As far as takes a hundredth of the penalty away, were it a plane.
        rate = 0.01 * float(before) / sum(float(gradient.square().sum()) for _, gradient in steps)
        for parameter, gradient in steps:
            parameter.sub_(gradient, alpha=rate)
    assert penalty(head) < before


@members
def test_the_previous_head_and_the_carried_state_are_left_alone(name: str) -> None:
    previous = trained()
    carried = carried_by(name, previous)
    before = safetensors.torch.save(dict(previous.state_dict())), safetensors.torch.save(dict(carried))
    head = live(previous, more=1)
    penalty = begin(name, head, previous, carried, new=Labelled(TEXTS[:2], torch.tensor([INTENTS, 0])))
    move(head)
    loss = penalty(head)
    if loss.requires_grad:
        loss.backward()  # type: ignore[no-untyped-call]
    penalty.carry(head)
    assert (safetensors.torch.save(dict(previous.state_dict())), safetensors.torch.save(dict(carried))) == before
    assert all(parameter.grad is None for parameter in previous.parameters())
    assert all(not value.requires_grad for value in carried.values())


@pytest.mark.parametrize("name", [name for name in REGULARIZERS if changes_every_parameter(name)])
def test_rows_that_the_previous_head_did_not_have_are_free(name: str) -> None:
    """Where the hidden layer is fixed, the sums of the past say where a new row belongs, so there it is not free."""
    previous = trained()
    head = live(previous, more=2)
    penalty = begin(name, head, previous, carried_by(name, previous))
    with torch.no_grad():
        head.out_proj.weight[INTENTS:] += 5.0
        head.out_proj.bias[INTENTS:] -= 5.0
    assert penalty(head).item() == pytest.approx(0.0, abs=ROUNDING)


@penalising
def test_after_growth_the_old_rows_are_still_held(name: str) -> None:
    """By unequal amounts: a shift of all old logits alike changes no probability, and the full Fisher knows that."""
    previous = trained()
    head = live(previous, more=2)
    penalty = begin(name, head, previous, carried_by(name, previous))
    with torch.no_grad():
        head.out_proj.weight[:INTENTS] += 0.5 * torch.arange(INTENTS)[:, None]
    assert penalty(head).item() > 0


@members
def test_what_is_carried_survives_the_version_folder_with_an_identical_penalty(name: str) -> None:
    previous = trained()
    carried = carried_by(name, previous)
    loaded = safetensors.torch.load(safetensors.torch.save(dict(carried)))
    penalties = []
    for state in (carried, loaded):
        head = live(previous, more=1)
        penalty = begin(name, head, previous, state)
        move(head)
        penalties.append(penalty(head))
    assert torch.equal(penalties[0], penalties[1])


@members
def test_the_next_state_covers_every_row_when_the_carried_one_was_for_fewer(name: str) -> None:
    previous = trained()
    head = live(previous, more=2)
    new = Labelled(TEXTS[:4], torch.tensor([INTENTS, INTENTS + 1, INTENTS, 0]))
    after = begin(name, head, previous, carried_by(name, previous), new=new).carry(head)
    grown = head.requires_grad_(False).eval()
    following = live(grown)
    penalty = begin(name, following, grown, after, memory=NOTHING, new=MEMORY)
    move(following)
    assert torch.isfinite(penalty(following))
    assert name not in PENALISING or penalty(following) > 0  # with no memory, it is the state that holds


@penalising
def test_a_state_that_does_not_fit_is_measured_again_on_the_memory(name: str) -> None:
    """The version before was trained with another regulariser: its past is protected all the same."""
    previous = trained()
    for carried in ({}, carried_by(name, trained(INTENTS - 1))):
        head = live(previous)
        penalty = begin(name, head, previous, carried)
        move(head)
        assert penalty(head).item() > 0


@penalising
def test_what_another_regulariser_carried_is_not_taken_for_its_own(name: str) -> None:
    previous = trained()

    def held(carried: State) -> float:
        head = live(previous).eval()
        penalty = begin(name, head, previous, carried)
        move(head)
        return penalty(head).item()

    alone = held({})
    for other in set(REGULARIZERS) - {name}:
        assert held(carried_by(other, previous)) == alone, other


@pytest.mark.parametrize("name", [name for name in REGULARIZERS if changes_every_parameter(name)])
def test_a_first_version_has_nothing_to_keep(name: str) -> None:
    empty = trained(0)
    head = live(empty, more=2)
    penalty = begin(name, head, empty, {}, memory=NOTHING)
    move(head)
    assert penalty(head).item() == pytest.approx(0.0, abs=ROUNDING)


@confining
@pytest.mark.parametrize("fits", [True, False])
def test_where_nothing_is_punished_the_old_logits_of_old_rows_hardly_change_and_new_rows_are_free(
    name: str, fits: bool
) -> None:
    previous = trained()
    carried = carried_by(name, previous) if fits else {}
    new = Labelled(-TEXTS[:4], torch.full((4,), INTENTS))
    changes = []
    for hooked in (True, False):
        head = live(previous, more=1)
        held = begin(name, head, previous, carried, new=new)
        for _ in range(30):
            learn(head, new, rate=0.3, penalty=held.penalty if hooked else None)
        with torch.no_grad():
            changes.append((head(TEXTS)[:, :INTENTS] - previous(TEXTS)).abs().max())
            assert head(new.vectors).argmax(dim=1).tolist() == [INTENTS] * 4
    assert changes[0] < 0.2 * changes[1]
