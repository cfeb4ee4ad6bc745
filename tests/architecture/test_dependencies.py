"""What the code imports is what an installation is told to install."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN = {"assistant", "ui", "migrations", "tests"}
ALTERNATIVES = {"faiss-gpu": "faiss-cpu"}  # two that bring the same module


def imported(*folders: str) -> Iterator[str]:
    """The top-level modules that the files of `folders` import, wherever in the file."""
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                match node:
                    case ast.Import(names=names):
                        yield from (name.name.partition(".")[0] for name in names)
                    case ast.ImportFrom(module=str(module), level=0):
                        yield module.partition(".")[0]


def normal(requirement: str) -> str:
    """The name in it, spelt as package registries do."""
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[ ;]", requirement)[0]).lower()


def test_every_library_that_is_imported_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    told = {normal(one) for one in project["dependencies"]}
    known = packages_distributions()
    outside = set(imported("assistant", "ui", "migrations")) - OWN - set(sys.stdlib_module_names)
    of = {name: {ALTERNATIVES.get(normal(one), normal(one)) for one in known.get(name, [name])} for name in outside}
    assert not {name: theirs for name, theirs in of.items() if not theirs & told}
    assert "gradio" in outside
