"""An update of many intents at once, as the first one of a large shop."""

from __future__ import annotations

import pytest

from assistant.learning.memory import ExemplarMemory
from assistant.learning.update import Learner, update
from assistant.model.encoder import Vectors
from tests.synthetic import WordEncoder, plan, rows

EXACT = plan("ewc_exact", scope="output", selector="coreset")


def copies(intents: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a first version copies the embeddings of a whole memory."""
    copied = list[int]()

    def copying(memory: ExemplarMemory) -> Vectors:
        copied.append(len(memory))
        return memory.stored.astype("float32")

    encoder = WordEncoder()
    with monkeypatch.context() as patched:
        patched.setattr(ExemplarMemory, "vectors", property(copying))
        update(Learner.untrained(encoder, EXACT), rows(*(f"intent{n}" for n in range(intents)), count=6), EXACT)
    return len(copied)


def test_a_first_version_copies_its_embeddings_no_more_often_for_more_intents(monkeypatch: pytest.MonkeyPatch) -> None:
    assert copies(40, monkeypatch) == copies(4, monkeypatch)
