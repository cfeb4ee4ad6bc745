"""Strategies, plans and costs as the settings say them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.bootstrap import Assistant
from assistant.dialogue.costs import Costs
from assistant.errors import SettingsError, UnknownStrategyError
from assistant.learning.regularizers import REGULARIZERS
from assistant.settings import Retrain, Rung, Settings
from assistant.settings_file import changed
from assistant.strategies import Spec
from tests.unit.settings.conftest import loaded, message

STRONG = [name for name, member in REGULARIZERS.items() if hasattr(member, "strength")]


def test_a_strategy_without_a_name_is_told(file: Path) -> None:
    assert "learning.regularizer.name" in message(file, "[learning.regularizer]\nstrength = 3.0")


@pytest.mark.parametrize(
    ("gate", "says"),
    [
        ({"name": "old_acuracy"}, r"'old_acuracy' \(did you mean 'old_accuracy'\?\)"),
        ({"name": "old_accuracy", "max_dorp": 0.1}, r"no option 'max_dorp' \(did you mean 'max_drop'\?\)"),
        ({"name": "old_accuracy", "max_drop": 2}, r"option max_drop = 2: "),
        ({"name": "new_intents", "min_rows": 0}, r"option min_rows = 0: "),
    ],
)
def test_a_gate_that_does_not_exist_is_refused_where_the_judge_is_built(gate: dict[str, object], says: str) -> None:
    settings = Settings(retrain=Retrain(gates=(Spec.model_validate(gate),)))
    with pytest.raises(UnknownStrategyError, match=says):
        Assistant(settings).judge()


def test_every_default_strategy_exists() -> None:
    parts = Assistant(Settings())
    assert [gate.name for gate in parts.judge().gates] == [
        "old_accuracy", "each_old_intent", "negative_flips", "new_intents",
    ]  # fmt: skip
    assert [plan.regularizer.name for plan in parts.ladder()] == ["ewc_exact"] * 4


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ('regularizer = {name = "ewv"}', "did you mean 'ewc'"),
        ('regularizer = {name = "ewc", strenght = 1.0}', "did you mean 'strength'"),
        ('selector = {name = "herdin"}', "did you mean 'herding'"),
        ('scope = {name = "heads"}', "did you mean 'head'"),
        ('selector = {name = "random", seed = -1}', "option seed = -1: "),
        *((f'regularizer = {{name = "{name}", strength = inf}}', "option strength = inf: ") for name in STRONG),
        *((f'regularizer = {{name = "{name}", strength = 1e308}}', "option strength = 1e[+]308: ") for name in STRONG),
        ('regularizer = {name = "lwf", temperature = inf}', "option temperature = inf: "),
        ('regularizer = {name = "ewc_exact", shrinkage = inf}', "option shrinkage = inf: "),
        ('regularizer = {name = "ewc_exact", scale = inf}', "option scale = inf: "),
    ],
)
def test_a_strategy_that_does_not_exist_is_refused_where_the_plan_is_built(file: Path, section: str, says: str) -> None:
    with pytest.raises(UnknownStrategyError, match=says):
        Assistant(loaded(file, f"[learning]\n{section}")).plan()


def test_the_regulariser_of_an_option_loses_the_options_of_the_one_it_replaces() -> None:
    options = Spec.model_validate({"name": "ewc", "strength": 5.0})
    parts = Assistant(changed(Settings(), {"learning": {"regularizer": options.model_dump()}}))
    assert parts.with_learning(regularizer="none", replay=None).plan().regularizer == Spec(name="none")
    assert parts.with_learning(regularizer=None, replay=0.5).plan().regularizer == options
    with pytest.raises(SettingsError, match=r"learning.replay = 11"):
        parts.with_learning(replay=11)


def test_what_the_file_says_of_learning_is_the_plan_of_the_night(file: Path) -> None:
    text = '[learning]\nregularizer = {name = "si"}\nscope = {name = "head"}\nschedule = "rising"\nmemory = 7'
    plan = Assistant(loaded(file, text)).plan()
    assert (plan.regularizer.name, plan.scope.name, plan.schedule, plan.memory) == ("si", "head", "rising", 7)
    with pytest.raises(UnknownStrategyError, match=r"schedule 'rising' needs many small steps"):
        Assistant(loaded(file, '[learning]\nschedule = "rising"')).plan()


def test_a_ladder_tries_each_plan_once() -> None:
    rungs = (Rung(), Rung(strength=2), Rung(strength=2, replay=3), Rung())
    ladder = Assistant(Settings(retrain=Retrain(ladder=rungs))).ladder()
    assert [plan.replay for plan in ladder] == [1.0, 1.0, 3.0]
    strengths = [plan.regularizer.options.get("strength") for plan in ladder]
    assert strengths[1] == strengths[2] == 2 * (strengths[0] or 0) > 0
    assert len(Assistant(Settings(retrain=Retrain(ladder=()))).ladder()) == 1


def test_costs_out_of_order_are_told_with_what_they_would_do(file: Path) -> None:
    told = message(file, "[decision]\nneedless_question = 3.0")
    assert "setting decision = " in told
    assert "a question must cost less than a needless hand-over" in told
    assert "decision.wrong_answer = 0.0" in message(file, "[decision]\nwrong_answer = 0.0")


def test_the_costs_of_the_settings_are_those_of_the_policy(file: Path) -> None:
    assert Assistant(Settings()).costs() == Costs()
    assert Assistant(loaded(file, "[decision]\nwrong_answer = 9.0")).costs() == Costs(wrong_answer=9.0)
