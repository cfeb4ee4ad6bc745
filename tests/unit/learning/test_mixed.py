"""Half the precision to compute with, the whole one to add up in."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from assistant.learning.mixed import mixed


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 1)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.second(self.first(rows))
        return found


def test_inside_it_computes_in_bf16_and_outside_all_is_as_it_was_to_the_last_bit() -> None:
    net = Net()
    before = [parameter.detach().clone() for parameter in net.parameters()]
    with mixed(net, list(net.first.parameters()), active=True):
        assert net(torch.ones(2, 8, dtype=torch.bfloat16)).dtype is torch.bfloat16
    assert all(torch.equal(now, old) for now, old in zip(net.parameters(), before, strict=True))


def test_steps_too_small_for_bf16_add_up() -> None:
    net = Net()
    before = net.first.weight.detach().clone()
    with mixed(net, list(net.first.parameters()), active=True) as weights:
        for _ in range(1000):
            with torch.no_grad():
                weights.trained[0].add_(1e-5)  # to weights of about 0.3, whose neighbours in bf16 are 2e-3 apart
            weights.spread()
        assert torch.allclose(net.first.weight.detach().float(), before + 1e-2, atol=2e-3)
    assert torch.allclose(net.first.weight, before + 1e-2, atol=1e-4)


@pytest.mark.parametrize("active", [True, False])
def test_gradients_arrive_at_what_is_trained_and_those_of_several_passes_add_up(active: bool) -> None:
    net, rows = Net(), torch.eye(8)
    (expected,) = torch.autograd.grad(2 * net(rows).sum(), net.first.weight)
    unused = nn.Parameter(torch.ones(1))
    with mixed(net, [*net.first.parameters(), unused], active=active) as weights:
        for _ in range(2):
            net(rows.bfloat16() if active else rows).float().sum().backward()
            weights.gather()
        arrived, _, none = (weight.grad for weight in weights.trained)
        assert none is None
        assert arrived is not None
        assert torch.allclose(arrived, expected, rtol=2e-2)
