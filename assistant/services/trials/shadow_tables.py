"""What a comparison of two versions says, in words and as tables, for the desk, the terminal and other programs."""

from __future__ import annotations

from typing import Any

from assistant.domain import Decision
from assistant.services.tables import Table
from assistant.services.trials.shadow import Change, Said, Shadowed

DOES = {
    Decision.ANSWER: "answers",
    Decision.CLARIFY: "asks back",
    Decision.HAND_OVER: "hands over",
}
HEADS = (
    "message", "written (UTC)", "text", "live guess", "live does", "live confidence (%)",
    "candidate guess", "candidate does", "candidate confidence (%)", "label", "trained on", "change",
)  # fmt: skip


def words(found: Shadowed) -> tuple[str, ...]:
    """The result in sentences."""
    said = [
        f"{len(found.changed):,} of {found.messages:,} messages of the last {_days(found.days)} ({found.share:.1%})"
        f" would be answered otherwise by {found.version} than by the live version {found.live}."
    ]
    if found.fresh:
        said.append(
            f"Of {found.fresh:,} labelled messages that neither was trained on, the first guess is right for"
            f" {found.fresh_right_candidate:,} ({found.fresh_right_candidate / found.fresh:.1%}) instead of"
            f" {found.fresh_right_live:,} ({found.fresh_right_live / found.fresh:.1%})."
        )
    else:
        said.append("No labelled message is left that neither was trained on, so nothing tells which is better.")
    if found.left_out:
        said.append(f"The newest {found.messages:,} messages were compared; {found.left_out:,} older ones were not.")
    return tuple(said)


def change_table(found: Shadowed) -> Table:
    """How many answers changed, by what labels say of them."""
    rows = []
    for change in Change:
        times, learned = found.count(change), sum(one.learned for one in found.changed if one.change is change)
        rows.append((change.value, times, round(100 * times / found.messages, 2), learned))
    return Table("changes", ("change", "messages", "of all messages (%)", "of them trained on"), tuple(rows))


def decision_table(found: Shadowed) -> Table:
    """What the live version does and the candidate does instead, most often first."""
    often = sorted(found.decisions.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = tuple((DOES[before], DOES[after], times) for (before, after), times in often)
    return Table("decisions", ("live version", "candidate", "messages"), rows)


def changed_table(found: Shadowed) -> Table:
    """Every changed answer, the most pressing first."""
    return Table(
        f"changed-by-{found.version}",
        HEADS,
        tuple(
            (
                one.message_id,
                f"{one.at:%Y-%m-%d %H:%M}",
                one.text,
                *_cells(one.live),
                *_cells(one.candidate),
                one.label,
                "yes" if one.learned else "no",
                one.change.value,
            )
            for one in found.pressing
        ),
    )


def as_json(found: Shadowed) -> dict[str, Any]:
    """All of it, for other programs; shares are in [0, 1]."""
    return {
        "version": found.version,
        "live": found.live,
        "since": found.since.isoformat(),
        "days": found.days,
        "messages": found.messages,
        "left_out": found.left_out,
        "embedded": found.embedded,
        "changed": len(found.changed),
        "share": found.share,
        "changes": {change.name.lower(): found.count(change) for change in Change},
        "labelled": {
            "messages": found.labelled,
            "right_live": found.right_live,
            "right_candidate": found.right_candidate,
        },
        "labelled_not_trained_on": {
            "messages": found.fresh,
            "right_live": found.fresh_right_live,
            "right_candidate": found.fresh_right_candidate,
        },
        "decisions": [
            {"live": before.value, "candidate": after.value, "messages": times}
            for (before, after), times in found.decisions.items()
        ],
        "answers": [
            {
                "message": one.message_id,
                "at": one.at.isoformat(),
                "text": one.text,
                "live": _json(one.live),
                "candidate": _json(one.candidate),
                "label": one.label,
                "trained_on": one.learned,
                "change": one.change.name.lower(),
            }
            for one in found.pressing
        ],
    }


def _cells(said: Said) -> tuple[str | None, str, float]:
    return said.intent, DOES[said.decision], round(100 * said.confidence, 1)


def _json(said: Said) -> dict[str, Any]:
    return {"intent": said.intent, "decision": said.decision.value, "confidence": said.confidence}


def _days(days: int) -> str:
    return "day" if days == 1 else f"{days} days"
