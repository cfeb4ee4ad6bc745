"""Habits that hold for every Python file, read off the files themselves."""

from __future__ import annotations

import ast
import io
import re
import statistics
import subprocess
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def python_files() -> list[Path]:
    """All Python files that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return sorted(ROOT / name for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def unpickling(source: str) -> Iterator[int]:
    """Lines that import pickle or its kin, or call torch.load, torch.save or numpy.load with pickles allowed."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names) if {n.name.split(".")[0] for n in names} & PICKLES:
                yield node.lineno
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in PICKLES:
                yield node.lineno
            case ast.Attribute(value=ast.Name(id="torch"), attr="load" | "save"):
                yield node.lineno
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                yield node.value.lineno


PICKLES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def swallowed(source: str) -> Iterator[int]:
    """Handlers whose whole body is `pass` or `...`, and bare `except:`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            idle = all(
                isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
                for s in node.body
            )
            if idle or node.type is None:
                yield node.lineno


def left_for_later(source: str) -> Iterator[int]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and re.search(r"\b(TODO|FIXME|XXX|HACK)\b", token.string):
            yield token.start[0]


def asserted(source: str) -> Iterator[int]:
    """`assert` vanishes under `python -O`: errors are raised."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            yield node.lineno


def machine_paths(source: str) -> Iterator[int]:
    """Strings and comments that only make sense on the machine where they were written."""
    for number, line in enumerate(source.splitlines(), start=1):
        if re.search(r"(?<![\w.])/(work|home|root|Users|mnt|tmp)/\w|\b[A-Z]:\\\\", line):
            yield number


# Each habit with lines that break it and lines that only look like it.
HABITS: dict[Callable[[str], Iterator[int]], tuple[list[str], list[str]]] = {
    unpickling: (
        ["import pickle", "from joblib import load", "torch.load(f)", "np.load(f, allow_pickle=True)"],
        ["safetensors.torch.load(f)", "json.load(f)", "x = 'pickle'"],
    ),
    swallowed: (
        ["try:\n  f()\nexcept OSError:\n  pass", "try:\n  f()\nexcept:\n  g()", "try:\n  f()\nexcept A:\n  ..."],
        ["try:\n  f()\nexcept OSError:\n  g()", "with suppress(OSError):\n  f()"],
    ),
    left_for_later: (["x = 1  # TODO: more", "# FIXME"], ["x = 'TODO'", "# todos are listed"]),
    machine_paths: (
        ["p = '/ho" + "me/ann/x'", "# see /wo" + "rk/main"],
        ["p = 'https://x.org/home/ann'", "p = root / 'tmp' / 'x'", "p = '/health'"],
    ),
}


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.__name__)
def test_no_file_breaks_the_habit(habit: Callable[[str], Iterator[int]]) -> None:
    breaches = [f"{p.relative_to(ROOT)}:{n}" for p in python_files() for n in habit(p.read_text(encoding="utf-8"))]
    assert not breaches


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.__name__)
def test_the_check_of_a_habit_sees_breaches_and_only_breaches(habit: Callable[[str], Iterator[int]]) -> None:
    breaking, innocent = HABITS[habit]
    assert [bool(list(habit(source))) for source in breaking] == [True] * len(breaking)
    assert [bool(list(habit(source))) for source in innocent] == [False] * len(innocent)


def test_errors_are_raised_not_asserted() -> None:
    product = [p for p in python_files() if p.relative_to(ROOT).parts[0] in ("assistant", "ui", "migrations")]
    assert not [f"{p.relative_to(ROOT)}:{n}" for p in product for n in asserted(p.read_text(encoding="utf-8"))]


def test_the_files_of_the_assistant_are_small() -> None:
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in python_files()}
    assistant = {p: n for p, n in lengths.items() if p.relative_to(ROOT).parts[0] == "assistant"}
    assert statistics.median(assistant.values()) < 100


def test_every_module_says_what_it_is_for() -> None:
    silent = [p for p in python_files() if p.read_text().strip() and not ast.get_docstring(ast.parse(p.read_text()))]
    assert [str(p.relative_to(ROOT)) for p in silent if "__main__" not in p.name] == []
