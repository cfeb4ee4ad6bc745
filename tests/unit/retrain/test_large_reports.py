"""The report of a run in a shop of very many intents, as people read it."""

from __future__ import annotations

from typing import Any

from assistant.domain import Split
from assistant.services.runs.report import MOST, as_markdown, to_read
from assistant.services.runs.work import waiting
from tests.shops import Shop, holdout

GATE = "each_old_intent"


def intents(count: int) -> dict[str, dict[str, Any]]:
    return {f"intent_{number:04}": {"before": 0.9, "after": 0.9, "rows": 6} for number in range(count)}


def verdicts(unproven: int) -> list[dict[str, str]]:
    return [
        {"gate": GATE, "outcome": "passed", "reason": "none dropped"},
        *({"gate": GATE, "outcome": "unproven", "reason": f"intent_{number:04}: 6"} for number in range(unproven)),
        {"gate": "new_intents", "outcome": "refused", "reason": "gift: 10.0%"},
    ]


def test_of_very_many_intents_those_are_told_that_lost_most_and_the_new_ones() -> None:
    told = intents(1000)
    told["intent_0700"]["after"] = 0.4
    told["intent_0800"] |= {"before": None}
    told["intent_0900"] |= {"after": 0.8}
    lines = as_markdown({"intents": told}).splitlines()
    rows = [line for line in lines if line.startswith("| intent_")]
    assert len(rows) == MOST
    assert [row.split(" | ")[0] for row in rows[:4]] == [
        "| intent_0700",
        "| intent_0900",
        "| intent_0800",
        "| intent_0000",
    ]
    assert "900 more are listed in the JSON report." in lines[-1]


def test_a_hundred_intents_are_all_told_by_name() -> None:
    told = intents(MOST)
    told["intent_0070"]["after"] = 0.4
    lines = as_markdown({"intents": told}).splitlines()
    assert [line.split()[1] for line in lines if line.startswith("| intent_")] == list(told)
    assert "more" not in lines[-1]


def test_what_refused_a_version_is_not_lost_among_what_is_unproven() -> None:
    told, more = to_read(verdicts(935))
    assert [verdict["outcome"] for verdict in told] == ["passed", "refused", *["unproven"] * MOST]
    assert more == "835 more are unproven, listed in the JSON report."
    assert more in as_markdown({"verdicts": verdicts(935)})
    assert to_read(verdicts(3))[1] == ""


def test_a_reason_names_no_hundreds_of_intents_and_a_report_no_thousands_of_rows(shop: Shop) -> None:
    shop.label(*(row for number in range(60) for row in holdout(f"topic{number}", 1)), split=Split.HOLDOUT)
    with shop.store.unit(read_only=True) as uow:
        said = waiting(uow).only_judged(["refund"])
    assert said.count("topic") == 20
    assert "and 40 more cannot be learned yet" in said
    (line,) = [line for line in as_markdown({"quarantined": [*range(4000)]}).splitlines() if "In quarantine" in line]
    assert line.count("example") == MOST
    assert line.endswith("and 3,900 more |")
