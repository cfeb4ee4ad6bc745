"""A saved version, and copies of it to be damaged."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from assistant.errors import CorruptVersionError
from assistant.learning import checkpoint
from assistant.learning.update import Learner, update
from assistant.model.artifact import MANIFEST
from tests.synthetic import WordEncoder, plan, rows

ENCODER = WordEncoder()


FILES = ("carried.safetensors", "head.safetensors", "manifest.json", "memory.jsonl", "memory.safetensors", "model.json")


@pytest.fixture(scope="module")
def learner() -> Learner:
    """Knows three intents, one text in other scripts and with every separator a line could break at."""
    first = update(Learner.untrained(ENCODER, plan(hidden=16)), rows("refund", "delivery"), plan(hidden=16))
    odd = [*rows("parcel", count=3), *rows("parcel", count=1, start=50)]
    odd = [type(row)(f'{row.text} ünï 包裹\u2028\x85 \\n"', row.intent) for row in odd]
    return update(first, odd, plan(hidden=16))


@pytest.fixture(scope="module")
def saved(learner: Learner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("versions") / "v1"
    return folder, checkpoint.save(folder, learner)


@pytest.fixture
def folder(saved: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of the saved version, to be damaged."""
    return Path(shutil.copytree(saved[0], tmp_path / "v1"))


def refusal(folder: Path, digest: str | None = None) -> str:
    """What loading says, after checking that it names the folder and what to do."""
    with pytest.raises(CorruptVersionError) as caught:
        checkpoint.load(folder, ENCODER, digest)
    told = str(caught.value)
    assert told.startswith(f"version {folder.name} cannot be used: ")
    assert told.endswith(
        "If it is live, roll back with `assistant rollback`, which a first version cannot; or restore the folder"
        f" {folder} from a backup."
    )
    return told


def rewrite_manifest(folder: Path) -> None:
    """Makes every hash right again, as somebody who alters a version on purpose would."""
    digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.name != MANIFEST}
    (folder / MANIFEST).write_text(json.dumps({"format": 1, "files": digests}))
