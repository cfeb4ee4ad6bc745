"""What an operator does with proposed intents, as plain functions of the service, without Gradio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from assistant.counting import counted, shortened
from assistant.domain import Intent
from assistant.errors import InputError
from assistant.services.desk.proposals import Proposals, ProposalView
from ui.desk.attempts import outcome_of
from ui.status import NOTHING, Status, gone

SHORT = 140  # characters of a message shown beside its tick


@dataclass(frozen=True, slots=True)
class Topics:
    """The proposals as the operator sees them, and the one that is open."""

    proposals: tuple[ProposalView, ...]
    selected: ProposalView | None
    intents: tuple[Intent, ...]
    status: Status = NOTHING


def open_topics(proposals: Proposals, proposal_id: int | None = None, status: Status = NOTHING) -> Topics:
    """Reads the proposals and opens `proposal_id` while it is open, otherwise the largest."""
    listed = tuple(proposals.list())
    wanted = next((view for view in listed if view.id == proposal_id), listed[0] if listed else None)
    told = status if status.text else gone("topic", proposal_id, wanted.id if wanted else None)
    return Topics(listed, wanted, tuple(proposals.intents()), told)


def approve(
    proposals: Proposals, operator: str, proposal_id: int | None, chosen: Sequence[int], intent: Intent
) -> Topics:
    """Makes it an intent, for the chosen messages."""

    def act(number: int) -> str:
        if not intent.title.strip() or not intent.answer.strip():
            raise InputError("A new intent needs a title and an answer. Please fill in both.")
        count = proposals.approve(number, intent, operator, only=set(chosen))
        told = f"The intent “{intent.title}” was added with {counted(count, 'message')}. The next retrain learns it."
        return told + _kept(chosen, count)

    return _act_on(proposals, proposal_id, act)


def merge(
    proposals: Proposals, operator: str, proposal_id: int | None, chosen: Sequence[int], intent: str | None
) -> Topics:
    """Gives the chosen messages an intent that exists."""

    def act(number: int) -> str:
        if not intent:
            raise InputError("No intent is chosen. Pick one from the list first.")
        count = proposals.merge(number, intent, operator, only=set(chosen))
        title = next((known.title for known in proposals.intents() if known.name == intent), intent)
        return f"Labelled “{title}”: {counted(count, 'message')}. The next retrain learns them.{_kept(chosen, count)}"

    return _act_on(proposals, proposal_id, act)


def dismiss(proposals: Proposals, operator: str, proposal_id: int | None) -> Topics:
    """It is no intent."""

    def act(number: int) -> str:
        proposals.dismiss(number, operator)
        return "Dismissed. It will not be proposed again."

    return _act_on(proposals, proposal_id, act)


def _act_on(proposals: Proposals, proposal_id: int | None, act: Callable[[int], str]) -> Topics:
    """Runs `act` and shows the proposals as they are then, with a line saying what happened."""

    def checked() -> str:
        if proposal_id is None:
            raise InputError("No proposal is open. Pick one from the list first.")
        return act(proposal_id)

    return open_topics(proposals, proposal_id, outcome_of(checked))


def _kept(chosen: Sequence[int], count: int) -> str:
    """What is told of messages that somebody has labelled since they were ticked."""
    left = len(set(chosen)) - count
    return f" Labelled by somebody else meanwhile, and left as they are: {left}." if left else ""


def list_label(view: ProposalView) -> str:
    """Two lines for the list: the suggested name, and how many messages say what."""
    return f"{view.name}\n{counted(len(view.messages), 'message')}: {', '.join(view.terms)}"


def title_of(view: ProposalView) -> str:
    """A suggested title."""
    return view.name.replace("_", " ").capitalize()


def ticks(view: ProposalView) -> list[tuple[str, int]]:
    """A line for each message with its id; a tick box shows it as plain text."""
    return [(shortened(" ".join(text.split()), SHORT), number) for number, text in view.messages]


def heading(topics: Topics) -> str:
    """The open proposal: words, and why it is not the nearest intent. All values are escaped."""
    view = topics.selected
    if view is None:
        return (
            '<div class="empty"><h2>No new topic</h2><p>Messages that fit no intent are grouped every night;'
            " what they have in common is proposed here.</p></div>"
        )
    return (
        f"<h2>{escape(title_of(view))}</h2><p>Words that tell it apart: {escape(', '.join(view.terms) or 'none')}</p>"
        f"<p>{escape(view.why)}</p>"
    )
