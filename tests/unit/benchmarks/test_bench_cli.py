"""`assistant bench stream` as a person types it, with a small real encoder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cli import main

Run = Callable[..., tuple[int, str, str]]
INTENTS = ("bill", "card", "debt", "loan")


@pytest.fixture
def run(tmp_path: Path, tiny_roberta: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in a folder with `train.csv`, `test.csv` and settings that name the encoder."""
    for name, count in (("train", 6), ("test", 3)):
        lines = [f"{intent * 3} {name} {n},{intent}\n" for intent in INTENTS for n in range(count)]
        (tmp_path / f"{name}.csv").write_text(f"text,intent\n{''.join(lines)}")
    (tmp_path / "assistant.toml").write_text(f"encoder = {str(tiny_roberta)!r}\n")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        usual = ["assistant", "bench", "stream", "train.csv", "--test", "test.csv", "--base", "2", "--step", "1"]
        monkeypatch.setattr(sys, "argv", [*usual, *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.mark.slow
def test_one_run_compares_plans_and_anchors_and_leaves_table_object_and_curves(run: Run, tmp_path: Path) -> None:
    code, said, _ = run(
        "--plan", "nearest-mean, replay-only", "--anchors", "--memory", "2,4", "--seeds", "0,3",
        "--shots", "5", "--noise", "0.2", "--json", "out.json", "--plots", "new/plots",
    )  # fmt: skip
    assert code == 0
    assert "| plan | memory | final % | average % | forgetting % | base drop % | excess % | last update s |" in said
    assert "seeds 0, 3, 5 rows per new intent, 20.0% of new labels wrong" in said
    document = json.loads((tmp_path / "out.json").read_text())
    expected = [("nearest-mean", None), ("replay-only", 2), ("replay-only", 4), ("joint", None), ("naive", None)]
    assert [(each["plan"], each["memory"]) for each in document["plans"]] == expected
    assert (document["plan"], document["shots"], document["noise"]) == ("nearest-mean", 5, 0.2)
    assert sorted(file.name for file in (tmp_path / "new" / "plots").iterdir()) == [
        "accuracy.png", "forgetting.png", "memory.png", "seconds.png", "sessions.csv",
    ]  # fmt: skip


@pytest.mark.slow
def test_one_plan_writes_the_documented_object_and_nothing_else(run: Run, tmp_path: Path) -> None:
    assert run("--plan", "naive", "--memory", "3", "--seeds", "0", "--json", "out.json")[0] == 0
    document = json.loads((tmp_path / "out.json").read_text())
    assert list(document) == ["dataset", "plan", "encoder", "memory", "seeds", "mean"]
    assert (document["plan"], document["memory"]) == ("naive", 3)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "assistant.toml", "out.json", "test.csv", "train.csv", "var",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--memory", "5,many"], "--memory '5,many' is not a list of integers"),
        (["--memory", "5,5"], "memory = [5, 5]"),
        (["--plan", "default,"], "unknown plan ''"),
        (["--plan", "nearest"], "unknown plan 'nearest' (did you mean 'nearest-mean'?)"),
        (["--shots", "0"], "shots = 0"),
        (["--noise", "1.5"], "noise = 1.5"),
        (["--json", "."], "cannot write .: it is a folder"),
        (["--plots", "train.csv"], "train.csv: cannot be made a folder"),
    ],
)
def test_what_cannot_be_run_ends_with_2_and_one_clear_line(run: Run, arguments: list[str], says: str) -> None:
    code, said, wrong = run(*arguments)
    assert (code, said) == (2, "")
    assert wrong.strip().startswith(f"Error: {says}")
    assert wrong.strip().count("\n") == 0
