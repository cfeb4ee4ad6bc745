"""What operators do with proposed intents: approve, merge, dismiss. Every action is logged and can be undone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

from assistant.domain import Intent, LabelledText
from assistant.errors import InputError
from assistant.services.desk.labels import require_in_use, require_own_title
from assistant.services.rows.intents_of_labels import named
from assistant.store import Message, Store, UnitOfWork, text_hash
from assistant.store.proposals import Proposal, Status

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class ProposalView:
    """`messages` are (id, text) of those without a label, the most typical first; `why` says which intent is nearest
    and why it is not that."""

    id: int
    name: str
    terms: tuple[str, ...]
    messages: tuple[tuple[int, str], ...]
    nearest: str | None
    why: str


class Proposals:
    """`operator` is the name of the signed-in person. An unknown or settled proposal raises InputError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self) -> Sequence[ProposalView]:
        """The open proposals, those of most messages first, without those whose messages are all labelled since."""
        with self._store.unit(read_only=True) as uow:
            titles = {intent.name: intent.title for intent in uow.intents.all()}
            views = [_view(uow, proposal, titles) for proposal in uow.proposals.all(Status.OPEN)]
        return sorted((view for view in views if view.messages), key=lambda view: -len(view.messages))

    def intents(self) -> Sequence[Intent]:
        """The intents that a proposal can be merged into, by name."""
        with self._store.unit(read_only=True) as uow:
            return uow.intents.in_use()

    def approve(self, proposal_id: int, intent: Intent, operator: str, *, only: Collection[int] | None = None) -> int:
        """Create the intent and label the messages with it (of them just `only`, by id); returns how many. Without a
        name it gets one made of its title.

        What somebody has labelled meanwhile stays as it is. The next retrain learns them. Raises InputError for a
        malformed or taken name or title, without an answer, and when no message is left to label.
        """
        if not intent.answer.strip():
            raise InputError("A new intent needs an answer for the customer. Please write one.")
        with self._store.unit() as uow:
            members = _members(uow, proposal_id, only)
            intent = named(intent, uow.intents.titles())
            require_own_title(uow, intent.title, intent.name)
            uow.intents.add(intent, operator)
            _settle(uow, proposal_id, members, Status.APPROVED, intent.name, operator)
        return len(members)

    def merge(self, proposal_id: int, intent: str, operator: str, *, only: Collection[int] | None = None) -> int:
        """Label the messages with an intent that exists; returns how many. Raises InputError for one out of use."""
        with self._store.unit() as uow:
            require_in_use(uow, intent)
            members = _members(uow, proposal_id, only)
            _settle(uow, proposal_id, members, Status.MERGED, intent, operator)
        return len(members)

    def dismiss(self, proposal_id: int, operator: str) -> None:
        """It is no intent: it is not proposed again, also when a few messages join it. Nothing is labelled."""
        with self._store.unit() as uow:
            uow.proposals.decide(proposal_id, Status.DISMISSED, operator)
            uow.audit.add(operator, "dismiss_proposal", f"proposal/{proposal_id}", after={"proposal": proposal_id})


def _members(uow: UnitOfWork, proposal_id: int, only: Collection[int] | None) -> list[Message]:
    open_ones = _unlabelled(uow, uow.proposals.get(proposal_id))
    members = [m for m in open_ones if only is None or m.id in only]
    if not members and only:
        raise InputError("The chosen messages were all labelled meanwhile; nothing was changed.")
    if not members:
        raise InputError("No message is chosen. Pick at least one that means the intent.")
    return members


def _unlabelled(uow: UnitOfWork, proposal: Proposal) -> list[Message]:
    """Its messages but for those that were labelled since it was found."""
    messages = uow.proposals.messages(proposal.found.members)
    labels = uow.inbox.labels([text_hash(message.text) for message in messages])
    return [message for message in messages if text_hash(message.text) not in labels]


def _settle(
    uow: UnitOfWork, proposal_id: int, members: Sequence[Message], status: Status, intent: str, operator: str
) -> None:
    """Labels the messages as corrections by the operator, in one action of the log."""
    uow.proposals.decide(proposal_id, status, operator, intent)
    placed = uow.examples.add_many(
        [LabelledText(message.text, intent) for message in members], source="correction", operator=operator
    )
    for message in members:
        uow.conversations.set_handled(message.id, True)
    standing = [[message.id, message.handled_at is not None, message.skipped_at is not None] for message in members]
    action = "approve_proposal" if status is Status.APPROVED else "merge_proposal"
    uow.audit.add(
        operator,
        action,
        f"proposal/{proposal_id}",
        before={"superseded": list(placed.superseded), "messages": standing},
        after={"intent": intent, "added": list(placed.added), "proposal": proposal_id, "rows": len(members)},
    )


def _view(uow: UnitOfWork, proposal: Proposal, titles: dict[str, str]) -> ProposalView:
    found = proposal.found
    messages = tuple((message.id, message.text) for message in _unlabelled(uow, proposal))
    nearest = str(found.contrast["intent"]) if found.contrast else None
    return ProposalView(proposal.id, found.name, found.terms, messages, nearest, _why(found.contrast, titles))


def _why(contrast: dict[str, object] | None, titles: dict[str, str]) -> str:
    """Which intent is nearest, how near, and the words that tell the two apart."""
    if contrast is None:
        return "No known intent to compare with."
    name = str(contrast["intent"])
    said, theirs = (", ".join(cast("list[str]", contrast[key])) for key in ("terms", "theirs"))
    words = f" These say: {said}." if said else ""
    others = f" Those say: {theirs}." if theirs else ""
    return (
        f"Nearest is “{titles.get(name, name)}”: similarity {contrast['similarity']:.2f},"
        f" where two halves of one intent have {contrast['usual']:.2f}.{words}{others}"
    )
