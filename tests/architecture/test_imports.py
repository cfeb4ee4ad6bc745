"""Every line knows its room: who may import whom, and what must stay unloaded."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.store import migrate

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / ".importlinter"
HEAVY = ("torch", "transformers", "sentence_transformers", "faiss", "gradio", "matplotlib", "sklearn", "scipy")


def python(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """The import linter's verdict on the packages in `root`."""
    code = "from importlinter.cli import lint_imports_command as main; main()"
    return python("-c", code, "--config", str(root / CONTRACTS.name), "--no-cache", cwd=root)


def heavy_after(code: str) -> str:
    """The heavy libraries that `code` leaves loaded, in a fresh process; all its other output goes to stderr."""
    report = f"print(*[name for name in {HEAVY} if name in sys.modules], file=sys.__stdout__)"
    done = python("-c", f"import sys, os\nsys.stdout = sys.stderr\n{code}\n{report}")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_contract_is_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


# One breach per contract: what the lint says of it proves that the contract can fail.
BREACHES = {
    "layers": ("assistant/model/breach.py", "from assistant.learning import memory"),
    "surfaces": ("ui/breach.py", "from assistant import bootstrap"),
    "light-rooms": ("assistant/store/breach.py", "from assistant.learning import memory"),
    "torch": ("assistant/dialogue/breach.py", "import torch"),
    "sqlalchemy": ("assistant/services/breach.py", "import sqlalchemy"),
    "faiss": ("assistant/services/breach.py", "import faiss"),
    "web": ("assistant/services/breach.py", "import fastapi"),
    "terminal": ("ui/breach.py", "import rich"),
    "encoders": ("assistant/learning/breach.py", "import transformers"),
    "peft": ("assistant/learning/breach.py", "import peft"),
}


def contracts() -> dict[str, str]:
    """The title of each contract by its short name."""
    parser = configparser.ConfigParser()
    parser.read(CONTRACTS, encoding="utf-8")
    prefix = "importlinter:contract:"
    return {s.removeprefix(prefix): parser[s]["name"] for s in parser.sections() if s.startswith(prefix)}


def test_every_contract_has_its_breach() -> None:
    assert list(contracts()) == list(BREACHES)


@pytest.mark.slow
@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_is_caught(contract: str, tmp_path: Path) -> None:
    sources = [CONTRACTS, *(s for package in ("assistant", "ui", "migrations") for s in (ROOT / package).rglob("*.py"))]
    for source in sources:
        copy = tmp_path / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())
    path, line = BREACHES[contract]
    (tmp_path / path).write_text(f"{line}\n")
    done = lint(tmp_path)
    assert f"{contracts()[contract]} BROKEN" in done.stdout, done.stdout + done.stderr


LIGHT = (
    "store",
    "dialogue.text",
    "formats",
    "settings",
    "settings_file",
    "strategies",
    "services.desk.labeling",
    "services.conversation.chat",
    "cli",
)


def test_importing_a_light_room_loads_no_heavy_library() -> None:
    """One after the other in one process: the first that loads one is told, with what it loaded."""
    steps = (
        f"import assistant.{module}\n"
        f"loaded = [name for name in {HEAVY} if name in sys.modules]\n"
        f"assert not loaded, ({module!r}, loaded)"
        for module in LIGHT
    )
    assert heavy_after("\n".join(steps)) == ""


def test_what_learns_loads_no_transformer_before_it_needs_one() -> None:
    """`assistant retrain` with nothing to do ends without, and `assistant learn --follow` waits without."""
    code = "import assistant.services.runs.follow, assistant.services.runs.consolidate"
    assert heavy_after(code) == "torch faiss scipy"


def test_help_loads_no_heavy_library() -> None:
    """`assistant --help` answers at once, also on a machine where torch is slow to load."""
    code = (
        "import runpy\nsys.argv = ['assistant', '--help']\n"
        "try:\n    runpy.run_module('assistant.cli', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code, end.code"
    )
    assert heavy_after(code) == ""


# Where torch is first looked for, the process says so on its stderr and ends.
TOLD = """
import os, sys
from importlib.abc import MetaPathFinder
class Telling(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "torch":
            print("<torch>", file=sys.stderr, flush=True)
            os._exit(0)
sys.meta_path.insert(0, Telling())
from assistant.cli import main
sys.argv = ["assistant", *sys.argv[1:]]
main()
"""


def run_telling(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a process of its own that takes its stderr for a terminal."""
    command = [sys.executable, "-c", TOLD, *arguments]
    named = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
    environment = {**named, "PYTHONPATH": str(ROOT), "TTY_COMPATIBLE": "1", "TERM": "xterm"}
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("command", ["retrain", "learn", "discover", "encoder switch embedded", "simulate"])
def test_nobody_waits_for_torch_without_a_word(tmp_path: Path, command: str) -> None:
    """Also where there is nothing to do."""
    err = run_telling(tmp_path, *command.split()).stderr
    before, torch, _ = err.partition("<torch>")
    assert torch, err
    assert "loading" in before


@pytest.mark.parametrize("command", ["retrain --if-due", "drift", "health", "versions", "migrate", "audit"])
def test_what_does_not_learn_waits_for_no_torch(tmp_path: Path, command: str) -> None:
    migrate(tmp_path / "var" / "assistant.db")
    assert "<torch>" not in run_telling(tmp_path, *command.split()).stderr


def test_help_lists_the_commands() -> None:
    done = python("-m", "assistant.cli", "--help")
    assert done.returncode == 0, done.stderr
    assert "retrain" in done.stdout
    assert "rollback" in done.stdout


def test_what_serves_loads_no_library_of_learning() -> None:
    """The pages and the engine: `assistant serve` starts in seconds only without torch."""
    loaded = heavy_after("import ui.app, assistant.live_model, assistant.serving, assistant.model.exports")
    assert loaded == "faiss gradio"


@pytest.mark.parametrize("before", ["", "import gradio\nwritten.clear()\n"])
def test_gradio_writes_no_editor_stubs(before: str) -> None:
    code = (
        "import pathlib\n"
        "written, write = [], pathlib.Path.write_text\n"
        "pathlib.Path.write_text = lambda path, *given, **named: written.append(path)\n"
        f"{before}import ui.app\n"
        "from gradio import component_meta\n"
        "assert component_meta.create_or_modify_pyi(int, 'int', []) is None\n"  # of no component: the writer raises
        "assert not written, written"
    )
    assert heavy_after(code) == "gradio"
