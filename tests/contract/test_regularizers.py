"""One list of promises, run over every regulariser in the table."""

from __future__ import annotations

import copy

import pytest
import safetensors.torch
import torch
from torch import Tensor

from assistant.learning.regularizers import REGULARIZERS, Regularizer, State
from assistant.model.head import ClassificationHead, extend_rows
from assistant.strategies import Spec, build

DIMENSION, HIDDEN, INTENTS = 5, 4, 3
TEXTS = torch.nn.functional.normalize(torch.randn(20, DIMENSION, generator=torch.Generator().manual_seed(1)))
EVEN = torch.full((20,), 1 / 20)

members = pytest.mark.parametrize("name", REGULARIZERS)
penalising = pytest.mark.parametrize("name", [name for name in REGULARIZERS if name != "none"])


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


def begun(name: str, previous: ClassificationHead) -> tuple[Regularizer, State]:
    member = regularizer(name)
    return member, member.carry(previous, {}, TEXTS, EVEN)


@members
def test_the_penalty_is_zero_before_anything_moved(name: str) -> None:
    previous = trained()
    member, carried = begun(name, previous)
    assert member.begin(previous, carried, TEXTS)(live(previous)).item() == 0.0


@penalising
def test_the_penalty_is_positive_once_the_live_head_moved_and_its_gradient_reaches_the_live_head(name: str) -> None:
    """A penalty computed on a frozen copy would stay zero: the mistake that the closest public peer ships."""
    previous = trained()
    member, carried = begun(name, previous)
    penalty = member.begin(previous, carried, TEXTS)
    head = live(previous)
    move(head)
    loss = penalty(head)
    assert loss.item() > 0
    loss.backward()  # type: ignore[no-untyped-call]
    for parameter in head.parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0


@penalising
def test_following_the_gradient_leads_back_towards_the_previous_head(name: str) -> None:
    previous = trained()
    member, carried = begun(name, previous)
    penalty = member.begin(previous, carried, TEXTS)
    head = live(previous)
    move(head)
    before = penalty(head)
    before.backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for parameter in head.parameters():
            assert parameter.grad is not None
            parameter.sub_(parameter.grad, alpha=1e-4)
    assert penalty(head) < before


@members
def test_the_previous_head_and_the_carried_state_are_left_alone(name: str) -> None:
    previous = trained()
    member, carried = begun(name, previous)
    before = safetensors.torch.save(dict(previous.state_dict())), safetensors.torch.save(dict(carried))
    penalty = member.begin(previous, carried, TEXTS)
    head = live(previous, more=1)
    move(head)
    loss = penalty(head)
    if loss.requires_grad:
        loss.backward()  # type: ignore[no-untyped-call]
    member.carry(head, carried, TEXTS, EVEN)
    assert (safetensors.torch.save(dict(previous.state_dict())), safetensors.torch.save(dict(carried))) == before
    assert all(parameter.grad is None for parameter in previous.parameters())
    assert all(not value.requires_grad for value in carried.values())


@members
def test_rows_that_the_previous_head_did_not_have_are_free(name: str) -> None:
    previous = trained()
    member, carried = begun(name, previous)
    head = live(previous, more=2)
    with torch.no_grad():
        head.out_proj.weight[INTENTS:] += 5.0
        head.out_proj.bias[INTENTS:] -= 5.0
    assert member.begin(previous, carried, TEXTS)(head).item() == 0.0


@penalising
def test_after_growth_the_old_rows_are_still_held(name: str) -> None:
    previous = trained()
    member, carried = begun(name, previous)
    head = live(previous, more=2)
    with torch.no_grad():
        head.out_proj.weight[:INTENTS] += 0.5
    assert member.begin(previous, carried, TEXTS)(head).item() > 0


@members
def test_what_is_carried_survives_the_version_folder_with_an_identical_penalty(name: str) -> None:
    previous = trained()
    member, carried = begun(name, previous)
    head = live(previous, more=1)
    move(head)
    loaded = safetensors.torch.load(safetensors.torch.save(dict(carried)))
    penalties = [member.begin(previous, state, TEXTS)(head) for state in (carried, loaded)]
    assert torch.equal(penalties[0], penalties[1])


@members
def test_the_next_state_covers_every_row_when_the_carried_one_was_for_fewer(name: str) -> None:
    _, carried = begun(name, trained())
    grown = trained(INTENTS + 2)
    member = regularizer(name)
    after = member.carry(grown, carried, TEXTS, EVEN)
    head = live(grown)
    move(head)
    assert member.begin(grown, after, TEXTS)(live(grown)).item() == 0.0
    assert torch.isfinite(member.begin(grown, after, TEXTS)(head))
    assert set(after) == set(member.carry(grown, {}, TEXTS, EVEN))


@penalising
def test_a_state_that_does_not_fit_is_measured_again_on_the_memory(name: str) -> None:
    """The version before was trained with another regulariser: its past is protected all the same."""
    previous = trained()
    member = regularizer(name)
    _, for_fewer = begun(name, trained(INTENTS - 1))
    head = live(previous)
    move(head)
    for carried in ({}, for_fewer):
        assert member.begin(previous, carried, TEXTS)(head).item() > 0


@members
def test_a_first_version_has_nothing_to_keep(name: str) -> None:
    empty, nothing = trained(0), TEXTS[:0]
    head = live(empty, more=2)
    move(head)
    penalty: Tensor = regularizer(name).begin(empty, {}, nothing)(head)
    assert penalty.item() == 0.0
