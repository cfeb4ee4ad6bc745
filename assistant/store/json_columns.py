"""Columns of JSON whose inside is looked at too: whoever reads them need not ask what is in them."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Dialect

from assistant.store.columns import Json

NUMBERS = (float, int)


class Scores(Json):
    """Pairs of an intent and its probability."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(list)
        self.noun += " of intents with their probabilities"

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        for intent, probability in super().process_result_value(value, dialect) or ():
            if type(intent) is not str or type(probability) not in NUMBERS:
                raise TypeError(f"expected {self.noun}")
        return value


class Limits(Json):
    """Thresholds by name, each a number or null."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(dict)
        self.noun += " of thresholds"

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        found = super().process_result_value(value, dialect)
        if found and ("answer" not in found or {*map(type, found.values())} - {*NUMBERS, type(None)}):
            raise TypeError(f"expected {self.noun}")
        return found


class Terms(Json):
    """Words that tell a group of messages apart."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(list)
        self.noun += " of words"

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        found = super().process_result_value(value, dialect)
        if any(type(word) is not str for word in found or ()):
            raise TypeError(f"expected {self.noun}")
        return found


class Contrast(Json):
    """What sets a proposed intent apart from the nearest known one."""

    cache_ok = True
    PARTS: ClassVar = {
        "intent": (str,),
        "similarity": NUMBERS,
        "usual": NUMBERS,
        "terms": (list,),
        "theirs": (list,),
    }

    def __init__(self) -> None:
        super().__init__(dict)
        self.noun += " that tells a topic from an intent"

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        found = super().process_result_value(value, dialect)
        if found is None:
            return None
        words = [*(found.get("terms") or ()), *(found.get("theirs") or ())]
        if any(type(found.get(name)) not in kinds for name, kinds in self.PARTS.items()) or {*map(type, words)} - {str}:
            raise TypeError(f"expected {self.noun}")
        return found


class Report(Json):
    """What was found of a version when it was made, by name."""

    cache_ok = True
    PARTS: ClassVar = {  # of which kind each is, and what it is made of
        "intents": (dict, dict),
        "verdicts": (list, dict),
        "attempts": (list, dict),
        "learned_examples": (list, int),
        "tried_examples": (list, int),
        "set_aside": (list, int),
    }

    def __init__(self) -> None:
        super().__init__(dict)
        self.noun += " that is the report of a version"

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        found = super().process_result_value(value, dialect)
        for name, (whole, part) in self.PARTS.items():
            given = (found or {}).get(name)
            if given is None:
                continue
            if type(given) is not whole or any(type(each) is not part for each in _parts(given)):
                raise TypeError(f"expected {self.noun}")
        for judged in ((found or {}).get("intents") or {}).values():
            if {type(judged.get(name)) for name in ("before", "after", "rows")} - {*NUMBERS, type(None)}:
                raise TypeError(f"expected {self.noun}")
        return found


def _parts(whole: dict[str, Any] | list[Any]) -> list[Any]:
    return list(whole.values()) if isinstance(whole, dict) else whole
