"""What an encoder must be before it is trusted: whole, finite, and able to tell texts apart."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNUSED = "pooler."  # the layer on top that many checkpoints lack: hidden states do not go through it
# Pairs of one script each, with as many words: an encoder may know one script alone, and knows none without its words.
PROBES = ("parcel", "refund", "包裹", "退款")
SAME = 1e-5


@contextmanager
def quiet(logger: str) -> Iterator[None]:
    """Inside, this logger tells errors alone."""
    talk = logging.getLogger(logger)
    level = talk.level
    talk.setLevel(logging.ERROR)
    try:
        yield
    finally:
        talk.setLevel(level)


def missing_weights(transformer: Any) -> list[str]:
    """Names of weights that `transformer` has and the folder that it was loaded from has not: they are random.

    Weights of the pooler are not among them. Empty for what was not loaded from a folder of weights.
    """
    folder = Path(getattr(transformer, "name_or_path", ""))
    if not (folder / "config.json").is_file() or (folder / "adapter_config.json").is_file():
        return []
    with quiet("transformers"):  # it was told when the encoder itself was loaded
        # Only a load of its own says so: sentence-transformers keeps to itself what was missing.
        _, found = type(transformer).from_pretrained(folder, output_loading_info=True, local_files_only=True)
    return sorted(name for name in found["missing_keys"] if UNUSED not in name)


def weights_problem(missing: Sequence[str]) -> str | None:
    """What to say of missing weights; None where there are none."""
    if not missing:
        return None
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return (
        f"its weights lack {missing[0]}{more}, which its config.json asks for, so they would be random at every start;"
        " take config.json and weights of the same model"
    )


def positions(transformer: Any) -> int | None:
    """How many tokens `transformer` has positions for, where fewer than its config.json says; else None.

    RoBERTa and its kin count them from behind the padding's, and a tokenizer need not know: longer texts would fail.
    """
    table = getattr(getattr(transformer, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return None if table is None or padding is None else int(table.num_embeddings) - padding - 1


def finite_problem(probes: NDArray[np.float32]) -> str | None:
    """What to say of embeddings that are no numbers; None for good ones. Shape: (texts, dimension)."""
    if np.isfinite(probes).all():
        return None
    return "its embeddings are not finite numbers, so its weights are damaged; get the model anew"


def sameness_problem(probes: NDArray[np.float32]) -> str | None:
    """What to say of embeddings of PROBES that are the same; None for good ones. Shape: (len(PROBES), dimension)."""
    if not np.allclose(probes[::2], probes[1::2], atol=SAME):
        return None
    return (
        f"it embeds {PROBES[0]!r} and {PROBES[1]!r} as the same, so its tokenizer or its weights are damaged;"
        " put the tokenizer's files (such as tokenizer.json) beside the weights, or get the model anew"
    )


def unread(tokenizer: Any, texts: Sequence[str]) -> int:
    """How many of the texts are at least half signs that the tokenizer has no token for: all of these look the same."""
    if tokenizer.unk_token_id is None or not texts:
        return 0
    rows = tokenizer(list(texts), add_special_tokens=False, truncation=True)["input_ids"]
    return sum(2 * row.count(tokenizer.unk_token_id) >= len(row) > 0 for row in rows)
