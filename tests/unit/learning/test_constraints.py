"""What is chosen from stated constraints, and that a setting given by hand wins."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.bootstrap import Assistant
from assistant.domain import Intent, Version
from assistant.errors import InputError, SettingsError
from assistant.learning.constraints import Choice, choose
from assistant.learning.plans import PLANS, UpdatePlan
from assistant.settings_file import load_settings

PLAN = UpdatePlan()


def chosen(**stated: object) -> Choice:
    return choose(PLAN, 1152, **stated)  # type: ignore[arg-type]


def installed(tmp_path: Path, text: str) -> Assistant:
    file = tmp_path / "assistant.toml"
    file.write_text(text, encoding="utf-8")
    return Assistant(load_settings(file, {}))


def test_without_constraints_nothing_changes_and_no_reason_is_given() -> None:
    assert chosen() == Choice(PLAN.regularizer, PLAN.selector, PLAN.memory)


def test_privacy_takes_what_the_private_plan_takes() -> None:
    choice = chosen(privacy=True)
    assert (choice.regularizer, choice.selector) == (PLANS["private"].regularizer, PLANS["private"].selector)
    assert "no text and no embedding" in choice.reasons[0]


def test_less_storage_keeps_fewer_exemplars_and_then_no_sums() -> None:
    found = [chosen(storage_mb=size, intents=1000) for size in (200, 70, 25)]
    assert [(c.regularizer.name, c.selector.name) for c in found] == [
        ("ewc_exact", "coreset"), ("ewc_exact", "coreset"), ("lwf", "coreset"),
    ]  # fmt: skip
    assert found[0].memory == 20
    assert not found[0].reasons
    assert 5 <= found[1].memory < 20
    assert all(str(c.memory) in c.reasons[0] for c in found[1:])


def test_too_little_storage_for_anything_names_what_is_needed() -> None:
    with pytest.raises(InputError, match=r"storage_mb = 3: a version of 150 intents needs 6\.\d MB at least"):
        chosen(storage_mb=3, intents=150)
    with pytest.raises(InputError, match="storage_mb = 15"):
        chosen(privacy=True, storage_mb=15, intents=150)


@pytest.mark.parametrize("privacy", [False, True])
@pytest.mark.parametrize("intents", [60, 150, 230])
def test_the_storage_that_is_named_as_needed_is_enough(privacy: bool, intents: int) -> None:
    with pytest.raises(InputError, match="MB at least") as refused:
        chosen(privacy=privacy, storage_mb=3, intents=intents)
    (needed,) = re.findall(r"needs (\S+) MB at least", str(refused.value))
    assert chosen(privacy=privacy, storage_mb=float(needed), intents=intents).memory >= 1


def test_a_shop_that_outgrew_what_was_expected_goes_on_within_its_storage(tmp_path: Path) -> None:
    parts = installed(tmp_path, f"data = '{tmp_path}'\n[constraints]\nstorage_mb = 25")
    assert parts.plan().memory == 20
    parts.migrate()
    with parts.store.unit() as uow:
        for number in range(230):
            uow.intents.add(Intent(f"intent_{number}", f"Intent {number}", "All about it."), "ann")
    assert parts.plan().memory == chosen(storage_mb=25, intents=230).memory < 20
    assert parts.reasons() == ("storage of 25 MB at 230 intents: exact sums and 12 exemplars of each fit",)
    assert parts.plan(coming=240).memory < 12
    plenty = installed(tmp_path, f"data = '{tmp_path}'\n[constraints]\nstorage_mb = 200\nintents = 1000")
    assert not plenty.reasons()


def test_the_storage_holds_for_the_encoder_that_the_live_version_has(tmp_path: Path) -> None:
    """`assistant encoder switch` changes it, and the settings may still name the one before."""
    parts = installed(tmp_path, f"data = '{tmp_path}'\n[constraints]\nstorage_mb = 25")
    assert parts.plan().memory == 20
    assert parts.plan(dimension=2304).memory == choose(PLAN, 2304, storage_mb=25).memory < 20
    parts.migrate()
    with parts.store.unit() as uow:
        uow.versions.add(Version("v1", None, datetime(2026, 1, 1, tzinfo=UTC), "ready", "e" * 64, "0" * 64, {}))
        uow.versions.publish("v1", expected_live=None, learned=(), actor="lea", kind="publish", reason="first")
    assert parts.plan().memory == 20
    (tmp_path / "versions" / "v1").mkdir(parents=True)
    (tmp_path / "versions" / "v1" / "model.json").write_text('{"head": {"dimension": 2304}}')
    assert parts.plan() == parts.plan(dimension=2304)
    encoder = tmp_path / "versions" / "v1" / "encoder"
    encoder.mkdir()
    (encoder / "model.safetensors").touch()
    os.truncate(encoder / "model.safetensors", 10_000_000)  # of a consolidation
    assert parts.plan().memory == choose(PLAN, 2304, storage_mb=15).memory < parts.plan(dimension=2304).memory
    assert parts.reasons()[0].startswith("storage of 25 MB at 100 intents beside an encoder of 10 MB: ")
    os.truncate(encoder / "model.safetensors", 30_000_000)
    parts.encoder_switch()  # the way out
    with pytest.raises(InputError, match=r"intents with its encoder of 30 MB needs \d.*or go back to one that holds"):
        parts.plan()


def test_very_many_intents_keep_fewer_exemplars_each() -> None:
    assert chosen(intents=1000).memory == 20
    assert chosen(intents=20_000).memory == 11
    assert "20,000 intents" in chosen(intents=20_000).reasons[0]


def test_settings_reach_the_plan_with_their_reason(tmp_path: Path) -> None:
    parts = installed(tmp_path, "[constraints]\nprivacy = true")
    assert parts.plan().selector.name == "generative"
    assert parts.plan().regularizer.options == {"strength": 0.001, "scale": 2.5}
    assert any("privacy" in reason for reason in parts.reasons())
    plain = installed(tmp_path, "port = 1")
    assert not plain.reasons()
    assert plain.plan().selector.name == "coreset"


def test_a_setting_given_by_hand_wins_and_the_reason_says_so(tmp_path: Path) -> None:
    parts = installed(tmp_path, "[constraints]\nprivacy = true\n[learning]\nselector = {name = 'ring'}\nmemory = 20")
    assert parts.plan().selector.name == "ring"
    assert parts.plan().regularizer.options == {"strength": 0.001, "scale": 2.5}
    assert any("learning.selector = 'ring' is set and wins over 'generative'" in reason for reason in parts.reasons())
    over = installed(tmp_path, "[constraints]\nprivacy = true").with_learning(regularizer="none")
    assert over.plan().regularizer.name == "none"
    assert over.plan().selector.name == "generative"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("storage_mb = -1", "constraints.storage_mb = -1"),
        ("storage_mb = inf", "constraints.storage_mb = inf"),
        ("intents = 0", "constraints.intents = 0"),
        ("intents = 1.5", "constraints.intents = 1.5"),
        ("privacy = 'perhaps'", "constraints.privacy = 'perhaps'"),
        ("storage = 3", r"'constraints.storage' \(did you mean 'storage_mb'\?\)"),
    ],
)
def test_values_that_cannot_be_are_errors_that_name_them(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        installed(tmp_path, f"[constraints]\n{text}")
