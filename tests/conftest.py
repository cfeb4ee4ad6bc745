"""What every test shares: one thread per numeric library, and a small real encoder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests import tiny_roberta as builder

# Before torch is first imported: one thread sums in one order, and small tensors are slower on several.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# A slow or busy machine is no defect of the code; that examples end at all is what pytest's timeout checks.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def tiny_roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a two-layer RoBERTa without a sentence-transformers configuration."""
    return builder.build(tmp_path_factory.mktemp("encoders") / "tiny-roberta")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The walks come first: one that begins last keeps one process at work while the others have nothing left."""
    items.sort(key=lambda item: "tests/walk/" not in item.nodeid and "test_whole_loop" not in item.nodeid)
