"""The commands that compare a version and try it: what they print, write and refuse."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from assistant.bootstrap import Assistant
from assistant.cli import experiment as experiment_commands
from assistant.cli import main
from assistant.domain import Version
from assistant.serving import Served
from tests.held import NEW, HeldShop, copied
from tests.shops import holdout


@pytest.fixture
def shop(held_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HeldShop:
    """The commands' installation; its versions have the encoder of plain words, which no name stands for."""
    shop = copied(held_folder, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_DATA", str(shop.data))
    monkeypatch.setenv("COLUMNS", "200")

    def load(self: Assistant, version: Version) -> Served:
        return shop.load_served(version)

    monkeypatch.setattr(Assistant, "load_served", load)
    return shop


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["assistant", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out if not ended.value.code else captured.err


def test_shadow_lists_what_would_change_and_writes_all_of_it(
    shop: HeldShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [f"{NEW} {number}" for number in range(9000, 9024)]
    shop.say(shop.chat(shop.live_model()), holdout(NEW, 1)[0].text, "refund 1", *many)
    code, out = run(capsys, monkeypatch, "shadow", shop.held.id, "--days", "3", "--csv", "c.csv", "--json", "j.json")
    assert code == 0
    assert "25 of 26 messages of the last 3 days (96.2%) would be answered otherwise" in out
    assert "changed to right" in out
    assert "5 more; --csv FILE or --json FILE writes all of them" in out
    assert len(list(csv.reader(Path("c.csv").read_text(encoding="utf-8").splitlines()))) == 26
    assert len(json.loads(Path("j.json").read_text(encoding="utf-8"))["answers"]) == 25


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["shadow", "HELD"], "no message was answered by a model in the last 14 days"),
        (["shadow", "LIVE"], "is the live one; compare one that is not"),
        (["shadow", "v9"], "there is no version 'v9'; `assistant versions` lists them"),
        (["shadow", "HELD", "--csv", "no/such/c.csv"], "cannot write no/such/c.csv: there is no folder"),
        (["shadow", "HELD", "--json", "."], "cannot write .: it is a folder"),
        (["shadow", "HELD", "--days", "0"], "Invalid value for '--days'"),
        (["experiment", "start", "HELD", "--share", "1.5"], "share 1.5: give a share of the conversations above 0"),
        (["experiment", "start", "v9"], "there is no version 'v9'"),
        (["experiment", "drop"], "no version is being tried"),
        (["experiment", "publish"], "no version is being tried"),
    ],
)
def test_what_is_wrong_is_said_before_any_work(
    shop: HeldShop,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    says: str,
) -> None:
    names = {"HELD": shop.held.id, "LIVE": shop.live().id}
    code, said = run(capsys, monkeypatch, *(names.get(each, each) for each in arguments))
    assert (code, says in said) == (2, True), said


def test_an_experiment_from_start_to_publish(
    shop: HeldShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held, live = shop.held.id, shop.live().id
    monkeypatch.setattr(experiment_commands, "actor", lambda: "lea (command line)")
    assert "no version was tried yet" in run(capsys, monkeypatch, "experiment", "status")[1]
    told = run(capsys, monkeypatch, "experiment", "start", held, "--share", "0.004")[1]
    assert told == f"version {held} answers 0.4% of the new conversations, {live} the others\n"
    status = run(capsys, monkeypatch, "experiment", "status", "--csv", "figures.csv")[1]
    assert f"{held} on 0.4% of the conversations against {live}" in status
    assert "started by lea (command line): running." in status
    assert "Not enough yet: " in status
    assert Path("figures.csv").read_text(encoding="utf-8").startswith(f"figure,tried: {held},live: {live}\n")
    assert "is not tried any more" in run(capsys, monkeypatch, "experiment", "drop", "--reason", "typo")[1]
    assert "ended: dropped" in run(capsys, monkeypatch, "experiment", "status")[1]
    run(capsys, monkeypatch, "experiment", "start", held)
    assert run(capsys, monkeypatch, "experiment", "publish")[1] == f"version {held} is live\n"
    assert shop.live().id == held
