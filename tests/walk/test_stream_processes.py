"""A stream whose nights each run in a process of their own, as in production, learns what one long process learns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.domain import LabelledText
from assistant.evaluation.nights import StreamShape, nights_of
from assistant.learning import checkpoint
from assistant.learning.plans import PLANS, UpdatePlan
from assistant.learning.update import Learner, update
from tests.synthetic import WordEncoder, rows

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
INTENTS = ("refund", "delivery", "invoice", "warranty", "gift", "voucher", "receipt")
# Shared texts arrive under another label later on: what leaves the sums must have survived the disk too.
CONTRADICTED = [LabelledText(row.text, "receipt") for row in rows("refund", count=3)]
JUDGED = [row.text for row in rows(*INTENTS, count=8, start=100)]
SHAPE = StreamShape(3, 2)
COMPARED = ("default", "sums-only", "diagonal")


def small(name: str) -> UpdatePlan:
    return replace(PLANS[name], hidden=64, memory=6, least_steps=40, batch_size=32, epochs=1, seed=4)


def nights() -> list[list[LabelledText]]:
    stream = nights_of(rows(*INTENTS, count=15), SHAPE, seed=4)
    return [*stream, CONTRADICTED]


def logits(learner: Learner) -> bytes:
    found: bytes = learner.model.logits(learner.model.encoder.embed(JUDGED)).numpy().tobytes()
    return found


def one_night(night: str, number: str, folder: str) -> None:
    """What each process does for every plan: load, learn, save. On night 0 the learner is new."""
    new = [LabelledText(text, intent) for text, intent in json.loads(night)]
    for plan in COMPARED:
        encoder, how, own = WordEncoder(), small(plan), Path(folder) / plan
        before = own / f"version-{int(number) - 1}"
        learner = Learner.untrained(encoder, how) if number == "0" else checkpoint.load(before, encoder)
        learner = update(learner, new, how)
        checkpoint.save(own / f"version-{number}", learner)
        (own / f"logits-{number}").write_bytes(logits(learner))


def in_one_process(plan: str, stream: Sequence[Sequence[LabelledText]], folder: Path) -> list[bytes]:
    """The logits after each night; the versions are written, and none of them is read."""
    how = small(plan)
    learner, seen = Learner.untrained(WordEncoder(), how), []
    for number, new in enumerate(stream):
        learner = update(learner, new, how)
        checkpoint.save(folder / f"version-{number}", learner)
        seen.append(logits(learner))
    return seen


def files(version: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in version.iterdir()}


def test_a_process_for_every_night_gives_the_same_versions_to_the_last_bit(tmp_path: Path) -> None:
    stream = nights()
    for plan in COMPARED:
        (tmp_path / plan).mkdir()
    code = "import sys; from tests.walk.test_stream_processes import one_night; one_night(*sys.argv[1:])"
    for number, new in enumerate(stream):
        night = json.dumps([[row.text, row.intent] for row in new])
        done = subprocess.run(
            [sys.executable, "-c", code, night, str(number), str(tmp_path)],
            cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    for plan in COMPARED:
        seen = [(tmp_path / plan / f"logits-{number}").read_bytes() for number in range(len(stream))]
        assert seen == in_one_process(plan, stream, tmp_path / plan / "one"), plan
        assert len(set(seen)) == len(stream)  # every night taught something
        for number in range(len(stream)):
            apart, together = (files(tmp_path / plan / where / f"version-{number}") for where in ("", "one"))
            assert sorted(apart) == sorted(together)
            differing = [name for name in apart if apart[name] != together[name]]
            assert not differing, (plan, number, differing)
