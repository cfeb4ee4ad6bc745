"""Training in bf16, with weights in single precision behind it in which small steps add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn


class Weights:
    """`trained` are what an optimizer moves, `computing` what gradients arrive at; the same in single precision."""

    def __init__(self, computing: Sequence[nn.Parameter], trained: Sequence[nn.Parameter]) -> None:
        self._computing, self.trained = computing, trained

    def gather(self) -> None:
        """Adds the gradients that arrived to those of the trained weights, and drops them where they arrived."""
        if self._computing is self.trained:
            return
        arrived = [(t, c.grad) for t, c in zip(self.trained, self._computing, strict=True) if c.grad is not None]
        for trained, grad in arrived:
            if trained.grad is not None:
                trained.grad.add_(grad)
        fresh = [(trained, grad) for trained, grad in arrived if trained.grad is None]
        if fresh:  # one kernel for all: on a GPU a step is mostly the time to ask for its kernels
            single = [torch.empty_like(trained) for trained, _ in fresh]
            torch._foreach_copy_(single, [grad for _, grad in fresh])
            for (trained, _), grad in zip(fresh, single, strict=True):
                trained.grad = grad
        for computing in self._computing:
            computing.grad = None

    def spread(self) -> None:
        """After a step: what computes follows what was trained."""
        if self._computing is not self.trained:
            with torch.no_grad():
                torch._foreach_copy_(list(self._computing), list(self.trained))


@contextmanager
def mixed(module: nn.Module, parameters: Sequence[nn.Parameter], active: bool) -> Iterator[Weights]:
    """Inside, `module` computes in bf16 (Micikevicius et al. 2018); `parameters` of it are those that train.

    Unlike autocast, which converts every weight in every pass, it holds them converted. On
    leaving, all weights are in single precision again: those that trained as they became, the others as they were, to
    the last bit. Not `active`, it changes nothing.
    """
    if not active:
        yield Weights(parameters, parameters)
        return
    single = {parameter: parameter.data for parameter in module.parameters()}
    trained = [nn.Parameter(parameter.data) for parameter in parameters]  # share their memory with `single`
    for parameter in single:
        parameter.data = parameter.data.bfloat16()
    try:
        yield Weights(parameters, trained)
    finally:
        for parameter, data in single.items():
            parameter.grad = None
            parameter.data = data


def gains(device: torch.device) -> bool:
    """Whether bf16 is faster there: on CUDA, and on a processor with matrix units for it (AMX); others lose."""
    if device.type == "cuda":
        return True
    # Not every torch that we allow can tell.
    capabilities: Callable[[], dict[str, object]] = getattr(torch.cpu, "get_capabilities", dict)
    return bool(capabilities().get("amx_bf16", False))
