"""What one retrain did, as JSON for machines and Markdown for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.counting import listed
from assistant.errors import InputError
from assistant.evaluation.gates import Outcome, Verdict
from assistant.evaluation.report import Comparison
from assistant.services.files import write_atomically
from assistant.services.runs.judged import NO_DOUBT

NO_ROWS = "no rows"
MOST = 100  # intents, and verdicts that prove nothing, that people are told; the JSON has all


def measured(comparison: Comparison) -> dict[str, Any]:
    """The figures of a comparison; accuracies, rates and forgetting are shares in [0, 1] or None without rows."""
    before, after = comparison.before, comparison.after
    intents = {
        intent: {
            "before": before.accuracy({intent}) if intent in before.known else None,
            "after": after.accuracy({intent}),
            "rows": after.count(intent),
        }
        for intent in sorted(after.known)
    }
    return {
        "new_intents": list(comparison.new),
        "old_accuracy_before": before.accuracy(comparison.old),
        "old_accuracy": after.accuracy(comparison.old),
        "knowledge_retention": comparison.retention(),
        "new_accuracy": after.accuracy(frozenset(comparison.new)),
        "forgetting": comparison.forgetting(),
        "negative_flips": comparison.negative_flips(),
        "intents": intents,
    }


def verdict_rows(verdicts: Iterable[Verdict]) -> list[dict[str, str]]:
    return [{"gate": v.gate, "outcome": v.outcome.value, "reason": v.reason} for v in verdicts]


def to_read(verdicts: Sequence[Mapping[str, str]]) -> tuple[list[Mapping[str, str]], str]:
    """The verdicts for people, what is unproven last, and a sentence about how many more are; empty without."""
    unproven = [v for v in verdicts if v["outcome"] == Outcome.UNPROVEN.value]
    more = f"{len(unproven) - MOST:,} more are unproven, listed in the JSON report." if len(unproven) > MOST else ""
    return [*(v for v in verdicts if v["outcome"] != Outcome.UNPROVEN.value), *unproven[:MOST]], more


def as_markdown(report: Mapping[str, Any]) -> str:
    """The report for people. Fields that a report lacks (a first version has no gates) are left out."""
    lines = [f"# {report.get('title', 'Version')}", "", str(report.get("reason", "")), ""]
    facts = [
        ("Old intents before", _percent(report.get("old_accuracy_before"))),
        ("Old intents after", _percent(report.get("old_accuracy"))),
        ("New intents", _percent(report.get("new_accuracy"))),
        ("Forgetting", _percent(report.get("forgetting"))),
        ("Known intents before and after forgetting", report.get("erasure")),
        ("Negative flips", _percent(report.get("negative_flips"))),
        ("Knowledge retention", _percent(report.get("knowledge_retention"))),
        ("Predictive entropy", report.get("predictive_entropy") and f"{report['predictive_entropy']:.3f} nats"),
        ("Out of scope", report.get(NO_DOUBT)),
        ("Started because", report.get("trigger")),
        ("Parameter-norm change", _percent(report.get("parameter_norm_change"))),
        ("Seconds", report.get("seconds")),
        ("Corrections learned", report.get("trained_rows")),
        ("In quarantine", _numbered(report.get("quarantined", ()))),
        ("Set aside", _numbered(report.get("set_aside", ()))),
        ("Plan", report.get("plan")),
        ("Chosen because of", "; ".join(report.get("chosen", ())) or None),
    ]
    lines += ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts if value is not None)]
    if report.get("verdicts"):
        lines += ["", "## Gates", "", "| gate | outcome | reason |", "|---|---|---|"]
        told, more = to_read(report["verdicts"])
        lines += [f"| {v['gate']} | {v['outcome']} | {v['reason']} |" for v in told]
        lines += ["", more] if more else []
    if report.get("intents"):
        lines += ["", "## Intents", "", "| intent | before | after | holdout rows |", "|---|---|---|---|"]
        for name, row in _first_to_read(report["intents"]):
            before = _percent(row["before"]) or ("new" if name in report.get("new_intents", ()) else NO_ROWS)
            lines.append(f"| {name} | {before} | {_percent(row['after']) or NO_ROWS} | {row['rows']} |")
        if (others := len(report["intents"]) - MOST) > 0:
            said = f"The {MOST} to look at first: what lost most, then what is new."
            lines += ["", f"{said} {others:,} more are listed in the JSON report."]
    if len(report.get("attempts", ())) > 1:
        lines += ["", "## Plans tried", ""]
        lines += [f"{n}. {attempt['plan']}: {attempt['outcome']}" for n, attempt in enumerate(report["attempts"], 1)]
    return "\n".join(lines) + "\n"


def _first_to_read(intents: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """All by name; of very many those that lost most, then the new ones, then the others."""

    def order(told: tuple[str, Mapping[str, Any]]) -> tuple[bool, bool, float]:
        before, after = told[1]["before"], told[1]["after"]
        change = 0.0 if before is None or after is None else after - before
        return change >= 0, before is not None, change

    return list(intents.items()) if len(intents) <= MOST else sorted(intents.items(), key=order)[:MOST]


def write(folder: Path, name: str, report: Mapping[str, Any]) -> str:
    """Writes `name`.json and `name`.md, each whole or not at all.

    Returns what to add to the run's reason: nothing, or why the disk refused. That is no exception, since by then
    the version may be live, and the run's outcome must be told all the same.
    """
    try:
        for suffix, text in (("json", json.dumps(report, indent=1)), ("md", as_markdown(report))):
            write_atomically(folder / f"{name}.{suffix}", text.encode())
    except InputError as error:
        return f"; the report could not be written: {error}"
    return ""


def _numbered(examples: Sequence[int]) -> str | None:
    return listed([f"example {number}" for number in examples], MOST) or None


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.2%}"
