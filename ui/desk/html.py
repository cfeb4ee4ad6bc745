"""The read-only parts of the desk as HTML. All values go through `escape` and show as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from assistant.counting import counted
from assistant.domain import Publication, Version
from assistant.services.desk.bulk import BulkPreview
from assistant.services.desk.reasons import CHOICES
from assistant.services.views import SignedIn
from assistant.store.inbox import InboxFilter
from ui.desk.queue import Desk
from ui.desk.titles import Titles

KEYS = '<p class="keys"><kbd>1</kbd>–<kbd>9</kbd> pick &nbsp; <kbd>Enter</kbd> confirm &nbsp; <kbd>?</kbd> all keys</p>'
HELP = """<dialog id="help" aria-label="Keys"><h2>Keys</h2><dl>
<dt><kbd>1</kbd> – <kbd>9</kbd></dt><dd>label with that choice, then the next message</dd>
<dt><kbd>Enter</kbd></dt><dd>confirm the best guess, then the next message</dd>
<dt><kbd>O</kbd></dt><dd>label as out of scope, then the next message</dd>
<dt><kbd>Space</kbd></dt><dd>skip without a label</dd>
<dt><kbd>N</kbd></dt><dd>a new intent for this message</dd>
<dt><kbd>/</kbd></dt><dd>search</dd>
<dt><kbd>Ctrl</kbd> + <kbd>Z</kbd></dt><dd>undo my last action</dd>
<dt><kbd>?</kbd></dt><dd>show or hide this</dd></dl>
<p>While you type in a field, keys do nothing else.</p></dialog>"""
MINUTE = "%Y-%m-%d %H:%M"
WHO = {"user": "Customer", "assistant": "Assistant"}


def header(session: SignedIn) -> str:
    """Who is signed in, and the way out: a form of its own that carries the session's token."""
    return f"""<div class="bar"><h1>Support desk</h1><form method="post" action="/logout">
<input type="hidden" name="csrf" value="{escape(session.csrf)}"><span>{escape(session.name)}
<small>{escape(session.role)}</small></span><button type="submit">Sign out</button></form></div>"""


def count(desk: Desk) -> str:
    """The heading over the list."""
    more = "more than " if desk.page.is_more else ""
    what = "to review" if desk.view.wanted.shown == "waiting" else "found"
    return f"<h2>{more}{desk.total:,} {what}</h2>"


def recount(total: int, listed: int) -> str:
    """The heading when the queue has become longer, or shorter by a colleague's work, than it was when `listed`."""
    new = f" <small>{total - listed:,} new</small>" if total > listed else ""
    return f"<h2>{total:,} to review{new}</h2>"


def page_number(desk: Desk) -> str:
    """Which page of how many is shown."""
    of = "" if desk.page.is_more else f" of {desk.page.pages:,}"
    return f"<p>Page {desk.page.number:,}{of}</p>"


def message(desk: Desk) -> str:
    """The open message with the reason, and the conversation around it."""
    item = desk.item
    if item is None:
        if desk.view.wanted != InboxFilter():
            return '<div class="empty"><h2>Nothing found</h2><p>No message fits these filters.</p></div>'
        return '<div class="empty"><h2>All done</h2><p>No message needs a person right now.</p></div>'
    turns = "".join(
        f'<li class="{"mine" if turn.message_id == item.message_id else ""}">'
        f"<b>{WHO.get(turn.role, 'Note')}</b><span>{escape(turn.text)}</span></li>"
        for turn in item.conversation
    )
    label = f' <span class="label">Labelled {escape(desk.title(item.label))}</span>' if item.label else ""
    comment = f'<p class="comment">The customer wanted: “{escape(item.comment)}”</p>' if item.comment else ""
    return f"""<p class="reason">{escape(item.reason[:1].upper() + item.reason[1:])}</p>{label}
<blockquote>{escape(item.text)}</blockquote>{comment}
<details><summary>Conversation</summary><ol class="turns">{turns}</ol></details>"""


def why(desk: Desk) -> str:
    """Why the open message is in the queue, in sentences."""
    if desk.item is None:
        return ""
    return f'<p class="why">{escape(" ".join(desk.item.why))}</p><h3>What does the customer want?</h3>'


def meanings(desk: Desk) -> str:
    """Which messages the choices are for, as far as somebody has written it down."""
    described = [intent for intent in desk.choices if intent.description]
    rows = "".join(f"<dt>{escape(one.title)}</dt><dd>{escape(one.description)}</dd>" for one in described)
    return f"<dl>{rows}</dl>" if rows else "<p>Nobody has written that down yet. It is done in the tab Intents.</p>"


def choice_labels(desk: Desk) -> list[str]:
    """What stands on the buttons of the number keys: key, title and calibrated probability; empty for unused ones."""
    item = desk.item
    known = {score.intent: _share(score.probability) for score in item.suggestions} if item else {}
    shown = [
        f"{key}  {desk.title(name)}  {known.get(name, 'similar message')}"
        for key, name in enumerate(item.choices if item else (), 1)
    ]
    return [*shown, *[""] * (CHOICES - len(shown))]


def _share(probability: float) -> str:
    """In percent; a chance is never shown as none."""
    return f"{probability:.0%}" if probability >= 0.005 else "<1%"


def bulk_preview(preview: BulkPreview, titles: Titles) -> str:
    """What labelling many messages would change."""
    rows = [
        (titles.get(label, label) if label else "no label yet", f"{count:,}")
        for label, count in sorted(preview.labels.items(), key=_by_count)
    ]
    head = f"{counted(len(preview.messages), 'message')} would become “{titles.get(preview.intent, preview.intent)}”"
    return f"<p>{escape(head)}</p>" + table(("Label now", "Texts"), rows)


def _by_count(pair: tuple[str | None, int]) -> tuple[int, str]:
    return (-pair[1], pair[0] or "")


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
