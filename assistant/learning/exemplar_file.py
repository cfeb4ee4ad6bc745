"""The files of the exemplar memory, read without FAISS: the texts as lines of JSON, a text and its intent in each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import safetensors.numpy

Pairs = Sequence[tuple[str, str]]
# In the folder of a version.
FILE = "memory.jsonl"
VECTORS = "memory.safetensors"


def written(pairs: Pairs) -> bytes:
    return "".join(f"{json.dumps(pair, ensure_ascii=False)}\n" for pair in pairs).encode()


def read(lines: bytes) -> Pairs:
    """What `written` gave. Raises ValueError for anything else."""
    pairs = [json.loads(line) for line in lines.decode().split("\n") if line]
    for number, pair in enumerate(pairs, 1):
        if not isinstance(pair, list) or [type(part) for part in pair] != [str, str]:
            raise ValueError(f"line {number} is no text with its intent: {str(pair)[:60]}")
        pair[0].encode()  # half a surrogate pair, which JSON can spell, is no text
    return [(text, intent) for text, intent in pairs]


def strange_rows(files: Mapping[str, bytes]) -> int:
    """How many messages that have none of the intents a version keeps the embeddings of."""
    return len(safetensors.numpy.load(files[VECTORS]).get("outside", ()))
