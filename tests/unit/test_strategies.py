"""Choice by name: what a person reads who misspelt a strategy or gave it a wrong option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import Field

from assistant.errors import SettingsError, UnknownStrategyError
from assistant.strategies import Spec, build, nearest


@dataclass(frozen=True)
class Tea:
    minutes: Annotated[float, Field(ge=0)] = 3.0
    sugar: bool = False


@dataclass(frozen=True)
class Water:
    pass


DRINKS: dict[str, type[object]] = {"tea": Tea, "water": Water}


def message(spec: Spec) -> str:
    with pytest.raises(UnknownStrategyError) as caught:
        build(DRINKS, spec)
    return str(caught.value)


def test_a_name_gives_the_strategy_with_its_defaults() -> None:
    assert build(DRINKS, Spec(name="tea")) == Tea()


def test_options_reach_the_fields_of_the_strategy() -> None:
    assert build(DRINKS, Spec.model_validate({"name": "tea", "minutes": 5, "sugar": True})) == Tea(5.0, True)


def test_an_unknown_name_lists_all_names_and_the_nearest() -> None:
    text = message(Spec(name="watre"))
    assert "unknown strategy 'watre' (did you mean 'water'?)" in text
    assert "choose one of: tea, water" in text


def test_a_name_near_to_nothing_gets_the_list_without_a_guess() -> None:
    text = message(Spec(name="xyz"))
    assert "did you mean" not in text
    assert "tea, water" in text


def test_an_unknown_option_names_the_strategy_its_options_and_the_nearest() -> None:
    text = message(Spec.model_validate({"name": "tea", "minute": 5}))
    assert "'tea' has no option 'minute' (did you mean 'minutes'?)" in text
    assert "it has: minutes, sugar" in text


def test_an_option_for_a_strategy_without_any_says_that_it_has_none() -> None:
    assert "it has: none" in message(Spec.model_validate({"name": "water", "ice": True}))


@pytest.mark.parametrize(("value", "shown"), [("long", "'long'"), (-1, "-1"), ([3], r"[3]")])
def test_a_value_of_the_wrong_type_or_range_is_shown_with_its_option(value: object, shown: str) -> None:
    assert f"strategy 'tea': option minutes = {shown}: " in message(
        Spec.model_validate({"name": "tea", "minutes": value})
    )


def test_the_error_is_a_settings_error_so_that_commands_report_it_as_one() -> None:
    assert issubclass(UnknownStrategyError, SettingsError)


def test_with_options_overrides_and_keeps_the_rest() -> None:
    spec = Spec.model_validate({"name": "tea", "minutes": 5, "sugar": True}).with_options(minutes=7)
    assert (spec.name, spec.options) == ("tea", {"minutes": 7, "sugar": True})


def test_nearest_is_silent_when_nothing_is_near() -> None:
    assert nearest("qqq", ["refund"]) == ""
    assert nearest("refnd", ["refund", "delivery"]) == " (did you mean 'refund'?)"
