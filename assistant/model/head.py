"""RoBERTa's classification head, and how its output layer grows."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ClassificationHead(nn.Module):
    """dropout → dense → tanh → dropout → out_proj (Liu et al. 2019, as in transformers' RobertaClassificationHead).

    The input is a unit-length sentence embedding; it is multiplied by sqrt(dimension), so that its coordinates
    have unit variance as the hidden states have for which the head was designed.
    """

    def __init__(self, dimension: int, hidden: int, intents: int = 0, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(dimension, hidden)
        self.columns = nn.ModuleList()
        self.out_proj = empty_linear(hidden, intents)
        self.gain = dimension**0.5

    def hidden(self, embeddings: Tensor) -> Tensor:
        """Of embeddings in any precision. Shape: (rows, dimension) -> (rows, hidden and the widths of all columns)."""
        inputs = self.dropout(embeddings.to(self.dense.weight.dtype) * self.gain)
        activations: Tensor = torch.tanh(self.dense(inputs))
        for column in self.columns:  # each reads the input and all units before it
            more = torch.tanh(column(torch.cat([inputs, activations], dim=1)))
            activations = torch.cat([activations, more], dim=1)
        return activations

    def forward(self, embeddings: Tensor) -> Tensor:
        """Logits. Shape: (rows, dimension) -> (rows, intents)."""
        logits: Tensor = self.out_proj(self.dropout(self.hidden(embeddings)))
        return logits


def empty_linear(inputs: int, outputs: int) -> nn.Linear:
    """A linear layer of zeros; unlike nn.Linear's own initialisation it is silent for zero outputs."""
    layer = nn.Linear(inputs, max(outputs, 1), device="meta")  # draws no random numbers
    with torch.no_grad():
        layer.weight = nn.Parameter(torch.zeros(outputs, inputs))
        layer.bias = nn.Parameter(torch.zeros(outputs))
    layer.out_features = outputs
    return layer


def add_column(head: ClassificationHead, width: int) -> None:
    """Adds `width` hidden units, drawn at random, which no output row reads yet (progressive networks)."""
    units = head.out_proj.in_features
    column = empty_linear(head.dense.in_features + units, width)
    grown = empty_linear(units + width, head.out_proj.out_features)
    draw = torch.Generator().manual_seed(units)  # of equal heads equal columns
    with torch.no_grad():
        column.weight.normal_(0.0, 0.02, generator=draw)
        grown.weight[:, :units] = head.out_proj.weight
        grown.bias.copy_(head.out_proj.bias)
    head.columns.append(column)
    head.out_proj = grown


def extend_rows(layer: nn.Linear, count: int) -> nn.Linear:
    """A copy of `layer` with `count` more output rows of zeros. The old rows are bit-identical."""
    if count < 0:
        raise ValueError(f"a layer cannot grow by {count} rows")
    grown = empty_linear(layer.in_features, layer.out_features + count)
    with torch.no_grad():
        grown.weight[: layer.out_features] = layer.weight
        grown.bias[: layer.out_features] = layer.bias
    return grown


def start_rows(layer: nn.Linear, first: int, means: Tensor) -> None:
    """Starts the rows from `first` on in their class means (weight imprinting, Qi et al. 2018).

    `means` are the mean hidden activations of the new classes, centred by the caller. Shape: (new rows, hidden).
    They are scaled to the mean norm of the old rows, so that no intent starts with an advantage; to 1 in a first
    version, which has no old rows.
    """
    with torch.no_grad():
        norm = layer.weight[:first].norm(dim=1).mean() if first else torch.tensor(1.0)
        layer.weight[first:] = means / means.norm(dim=1, keepdim=True).clamp_min(1e-12) * norm
        layer.bias[first:] = layer.bias[:first].mean() if first else 0.0


def outputs(head: ClassificationHead) -> Tensor:
    """A copy of the output layer as one matrix, the bias last; gradients flow. Shape: (intents, hidden + 1)."""
    return torch.cat([head.out_proj.weight, head.out_proj.bias[:, None]], dim=1)


def place(head: ClassificationHead, matrix: Tensor) -> None:
    """Sets the output layer from such a matrix."""
    with torch.no_grad():
        head.out_proj.weight.copy_(matrix[:, :-1])
        head.out_proj.bias.copy_(matrix[:, -1])
