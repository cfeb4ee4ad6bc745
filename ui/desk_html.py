"""The read-only parts of the desk as HTML. All values go through `escape` and show as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from assistant.domain import Publication, Version
from assistant.services.views import SignedIn
from ui.desk_queue import Desk

KEYS = (
    '<p class="keys"><kbd>C</kbd> confirm &nbsp; <kbd>S</kbd> skip &nbsp; <kbd>U</kbd> undo &nbsp; '
    "<kbd>R</kbd> refresh</p>"
)
MINUTE = "%Y-%m-%d %H:%M"
WHO = {"user": "Customer", "assistant": "Assistant"}


def header(session: SignedIn) -> str:
    """Who is signed in, and the way out: a form of its own that carries the session's token."""
    return f"""<div class="bar"><h1>Support desk</h1><form method="post" action="/logout">
<input type="hidden" name="csrf" value="{escape(session.csrf)}"><span>{escape(session.name)}
<small>{escape(session.role)}</small></span><button type="submit">Sign out</button></form></div>"""


def count(desk: Desk) -> str:
    """The heading over the list."""
    shown = len(desk.items)
    more = f" <small>the {shown} most pressing are listed</small>" if desk.total > shown else ""
    return f"<h2>{desk.total} to review{more}</h2>"


def message(desk: Desk) -> str:
    """The open message with the reason, and the conversation around it."""
    item = desk.item
    if item is None:
        return '<div class="empty"><h2>All done</h2><p>No message needs a person right now.</p></div>'
    turns = "".join(
        f'<li class="{"mine" if turn.message_id == item.message_id else ""}">'
        f"<b>{WHO.get(turn.role, 'Note')}</b><span>{escape(turn.text)}</span></li>"
        for turn in item.conversation
    )
    return f"""<p class="reason">{escape(item.reason[:1].upper() + item.reason[1:])}</p>
<blockquote>{escape(item.text)}</blockquote>
<details><summary>Conversation</summary><ol class="turns">{turns}</ol></details>"""


def suggestions(desk: Desk) -> str:
    """The likeliest intents with their probabilities."""
    if desk.item is None:
        return ""
    rows = "".join(
        f"<li><span>{escape(desk.title(score.intent))}</span>"
        f'<i><u style="width:{score.probability:.0%}"></u></i>'
        f"<b>{score.probability:.0%}</b></li>"
        for score in desk.item.suggestions
    )
    return f'<h3>The assistant suggests</h3><ol class="scores">{rows}</ol>'


def neighbours(desk: Desk) -> str:
    """The nearest exemplars that the live version remembers."""
    if desk.item is None:
        return ""
    rows = [(near.text, desk.title(near.intent), f"{near.similarity:.2f}") for near in desk.item.neighbours]
    return "<h3>Similar messages it has learned</h3>" + table(("Message", "Intent", "Similarity"), rows)


def live(version: Version | None) -> str:
    """The heading of the versions tab."""
    return f"<h2>Live version</h2><p>{escape(version.id) if version else 'None yet'}</p>"


def selected(version: Version | None, live_version: Version | None) -> str:
    """The heading over the gate report."""
    if version is None:
        return '<div class="empty"><h2>No version yet</h2><p>Training makes the first one.</p></div>'
    is_live = live_version is not None and version.id == live_version.id
    look, word = ("live", "Live") if is_live else (version.state, version.state.capitalize())
    return f"""<h2>{escape(version.id)} <em class="{escape(look)}">{escape(word)}</em></h2>
<p class="facts">Made {version.created_at:{MINUTE}} UTC from {escape(version.parent or "scratch")}</p>"""


def history(publications: Sequence[Publication]) -> str:
    """Who changed the live version, when, from what, to what and why."""
    rows = [
        (
            f"{entry.at:{MINUTE}}",
            entry.actor,
            "Rolled back" if entry.kind == "rollback" else "Published",
            entry.from_version or "none",
            entry.to_version,
            entry.reason,
        )
        for entry in publications
    ]
    return "<h2>History</h2>" + table(("When (UTC)", "Who", "What", "From", "To", "Why"), rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A plain table; heads and cells are escaped."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    nothing = f'<tr><td colspan="{len(heads)}">Nothing here yet.</td></tr>'
    rows_html = f"<thead><tr>{head}</tr></thead><tbody>{body or nothing}</tbody>"
    return f'<div class="scroll"><table>{rows_html}</table></div>'
