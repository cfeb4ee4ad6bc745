"""Sums over all rows ever learned, from which the regression on one-hot labels is solved exactly."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from assistant.learning.regularizers.base import State

AT_ONCE = 1024  # intents solved for in double precision at a time, so that many of them need little room


@dataclass(frozen=True, eq=False)
class Statistics:
    """Second moments of the hidden activations and their sums per intent, a constant 1 appended for the bias.

    Shapes, with width = hidden + 1: gram (width, width); sums (intents, width). Treated as a value.
    """

    gram: Tensor
    sums: Tensor

    @classmethod
    def empty(cls, hidden: int, intents: int) -> Statistics:
        return cls(torch.zeros(hidden + 1, hidden + 1), torch.zeros(intents, hidden + 1))

    @classmethod
    def from_state(cls, state: State, hidden: int, intents: int) -> Statistics | None:
        """What `state` gave; None where the state is of another kind or does not fit."""
        width = hidden + 1
        lower, sums = state.get("gram"), state.get("sums")
        if lower is None or sums is None or sums.shape != (intents, width) or len(lower) != width * (width + 1) // 2:
            return None
        gram = torch.zeros(width, width)
        rows, columns = torch.tril_indices(width, width)
        gram[rows, columns] = lower
        gram[columns, rows] = lower
        return cls(gram, sums)

    def state(self) -> State:
        """As tensors to store: of the symmetric matrix one half."""
        rows, columns = torch.tril_indices(*self.gram.shape)
        return {"gram": self.gram[rows, columns], "sums": self.sums}

    def grown(self, intents: int) -> Statistics:
        return Statistics(self.gram, functional.pad(self.sums, [0, 0, 0, intents - len(self.sums)]))

    def plus(self, hidden: Tensor, targets: Tensor, times: float = 1.0) -> Statistics:
        """With these rows added; `times=-1` takes them out. Shapes: hidden (rows, hidden); targets (rows,)."""
        rows = functional.pad(hidden, [0, 1], value=1.0)
        return Statistics(self.gram + times * rows.T @ rows, self.sums.index_add(0, targets, rows, alpha=times))

    @property
    def moment(self) -> Tensor:
        """The mean second moment A of the activations; zero before any row. Shape: (width, width)."""
        return self.gram / self.gram[-1, -1].clamp_min(1.0)  # the constant's sum is the number of rows

    def solution(self, ridge: float) -> Tensor:
        """The regression weights of each intent; `ridge` is a share of the mean of A's diagonal. (intents, width)."""
        return self._solved(self._root(ridge))

    def best_ridge(self, candidates: tuple[float, ...], hidden: Tensor, targets: Tensor) -> float:
        """The ridge with the best leave-one-out accuracy on these rows, all of them in the sums.

        Every intent weighs the same; of equals the first is taken.
        Exact, without fitting again: leaving a row out changes its own value by its leverage (Allen 1974, PRESS).
        Shapes: hidden (rows, hidden); targets (rows,).
        """
        if not len(targets):
            return candidates[0]
        rows = functional.pad(hidden, [0, 1], value=1.0)
        own = functional.one_hot(targets, len(self.sums)).float()
        shares = 1.0 / own.sum(dim=0)[targets]
        count = self.gram[-1, -1]

        def score(ridge: float) -> float:
            root = self._root(ridge)
            white = torch.linalg.solve_triangular(root.float(), rows.T, upper=False)
            leverage = (white.square().sum(dim=0) / count).clamp_max(0.999)[:, None]
            values = rows @ self._solved(root).T
            left_out = (values - leverage * own) / (1 - leverage)
            return float((shares * (left_out.argmax(dim=1) == targets)).sum())

        return max(candidates, key=score)

    def _solved(self, root: Tensor) -> Tensor:
        """The regression weights of each intent, by the lower root of A with its ridge. Shape: (intents, width)."""
        count = self.gram[-1, -1].clamp_min(1.0)
        weights = torch.empty_like(self.sums)
        for start in range(0, len(weights), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            weights[some] = torch.cholesky_solve((self.sums[some] / count).double().T, root).T.float()
        return weights

    def _root(self, ridge: float) -> Tensor:
        moment = self.moment.double()
        moment.diagonal().add_(ridge * float(moment.diagonal().mean().clamp_min(1e-12)))
        return positive_root(moment)


def positive_root(matrix: Tensor) -> Tensor:
    """The lower Cholesky root of a symmetric matrix that is positive definite but for rounding.

    Of sums from which nearly all rows were taken out again, the rounding of all that was there stays, and may outweigh
    what is left. As much is then added to the diagonal as raises the least eigenvalue to the size of that rounding.
    Shape: (width, width) -> (width, width).
    """
    root: Tensor
    root, failed = torch.linalg.cholesky_ex(matrix)
    if failed:
        rounding = max(-float(torch.linalg.eigvalsh(matrix)[0]), torch.finfo(matrix.dtype).eps * float(matrix.trace()))
        root = torch.linalg.cholesky(matrix + 2 * rounding * torch.eye(len(matrix), dtype=matrix.dtype))
    return root
