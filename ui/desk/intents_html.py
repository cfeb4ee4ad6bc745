"""The read-only parts of the intents tab as HTML; all values are escaped."""

from __future__ import annotations

from html import escape

from assistant.counting import shortened
from assistant.domain import Action
from assistant.services.intents.care import Wording
from assistant.services.intents.figures import IntentFigures
from ui.desk.html import MINUTE, table
from ui.desk.intents import Shelf


def list_label(one: IntentFigures) -> str:
    """Two lines for the list: the title, then the name and how it stands."""
    if one.retired:
        return f"{one.intent.title}\n{one.intent.name} · {one.retired}"
    waits = f" · {one.aside:,} not learned yet" if one.aside else ""
    lacking = f" · needs {one.lacking} more to be proven" if one.lacking else ""
    silent = "" if one.intent.answer else " · no answer yet"
    return f"{one.intent.title}\n{one.intent.name} · {_examples(one.train + one.holdout)}{waits}{lacking}{silent}"


SHORT = 60  # characters of an answer in the choice of wordings
LEADS = '<p class="facts">Only a lead may merge intents, retire them and take them into use again.</p>'
UNSAVED = '<p class="facts" role="status">Not saved yet. It stays with this intent while you look at others.</p>'
SEARCH = """<input type="search" id="find-intent" aria-label="Search intents" placeholder="Search intents  ( / )">
<p id="none-found" role="status" hidden>No intent has these words in its title.</p>"""


def facts(shelf: Shelf) -> str:
    """The heading and the figures of the selected intent."""
    one = shelf.selected
    if one is None:
        return '<div class="empty"><h2>No intent yet</h2><p>The first one is made in the inbox.</p></div>'
    state = (
        f"<em>{escape(one.retired[:1].upper() + one.retired[1:])}</em>"
        if one.retired
        else '<em class="live">In use</em>'
    )
    accuracies = ", ".join("no rows" if share is None else f"{share:.0%}" for share in one.accuracies) or "none yet"
    titles = {known.intent.name: known.intent.title for known in shelf.figures}
    confused = ", ".join(f"{titles.get(name, name)} ({count}×)" for name, count in one.confusions) or "none"
    proven = (
        f"Needs {one.lacking} more {_word(one.lacking)} held out to be judged by itself"
        if one.lacking
        else "Can be judged"
    )
    enough = ". Lately more of them no longer made it better: label others first." if one.enough else ""
    rows = [
        ("To learn from", f"{_examples(one.train)}{enough}"),
        ("Held out to judge", f"{_examples(one.holdout)}. {proven}."),
        ("Accuracy in the last versions, newest first", accuracies),
        ("Operators corrected it to", confused),
    ]
    if one.intent.action is Action.HAND_OVER:
        until = "they read the answer first" if one.intent.answer else "until there is an answer"
        rows.insert(0, ("Customers are passed on to a person", until))
    if one.aside and not one.retired:
        why = "with them the gates refused a version (see Versions). Label more, or look under Conflicts for wrong ones"
        rows.insert(0, ("Not learned yet", f"{_examples(one.aside)}: {why}"))
    cells = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f'<h2>{escape(one.intent.title)} {state}</h2><p class="facts">{escape(one.intent.name)}</p><dl>{cells}</dl>'


def preview(title: str, answer: str) -> str:
    """The answer as the customer reads it: plain text in a bubble."""
    return f'<p class="caption">Customers read</p><div class="bubble">{escape(answer.strip() or "nothing yet")}</div>'


def wording_label(past: Wording) -> str:
    """One line for the choice of an earlier wording."""
    when = f"{past.at:{MINUTE}} UTC, {past.who}" if past.at else "The first wording"
    said = " ".join(past.answer.split()) or "no answer"
    return f"{when}: {shortened(said, SHORT)}{_passed_on(past)}"


def wordings(shelf: Shelf) -> str:
    """What the intent said over time."""
    rows = [
        (
            f"{past.at:{MINUTE}}" if past.at else "At first",
            past.who or "",
            past.title,
            past.answer + _passed_on(past),
            past.description or "",
        )
        for past in shelf.wordings
    ]
    return table(("When (UTC)", "Who", "Title", "Answer", "For which messages"), rows)


def _passed_on(past: Wording) -> str:
    return " (then passed on to a person)" if past.answer and past.action is Action.HAND_OVER else ""


def _examples(count: int) -> str:
    return f"{count:,} {_word(count)}"


def _word(count: int) -> str:
    return "example" if count == 1 else "examples"
