"""Looking for new intents among the messages that the assistant could not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

import numpy as np

from assistant.domain import Version
from assistant.errors import StoreError
from assistant.learning.update import Learner
from assistant.model.embeddings import WIDTH, read_embedding
from assistant.model.encoder import Vectors
from assistant.monitoring.matching import Group, matched, same_centre
from assistant.monitoring.proposals import IntentDiscoverer, IntentProposal, KnownIntents
from assistant.services.watching.remembered import known_intents
from assistant.store import Message, Store, UnitOfWork, text_hash
from assistant.store.proposals import Found, Status

Progress = Callable[[str, int, int], None]  # what is being done, done, in all
LASTING = timedelta(days=7)
NEWEST = 4000  # messages looked at; the tree of merges needs room for the square of their number


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many proposals are new, were there before and stay, went away, and stay dismissed; out of how many
    messages."""

    new: int
    again: int
    gone: int
    dismissed: int
    messages: int


class Discover:
    """`load` reads a version's learner."""

    def __init__(self, store: Store, load: Callable[[Version], Learner], discoverer: IntentDiscoverer) -> None:
        self._store, self._load, self._discoverer = store, load, discoverer

    def refresh(self, progress: Progress = lambda what, done, total: None) -> Refreshed:
        """Brings the proposals up to date. A group found again keeps its id and name; a dismissed one stays so, with
        the messages that have joined it.

        How many topics there are is uncertain, and a few messages more may make it another number: one that is not
        found again stays for LASTING, while most of its messages have neither a label nor another topic. A group of
        which a message is erased meanwhile waits for the next time, as its words may be that message's.

        Raises StoreError while no version is live.
        """
        with self._store.unit(read_only=True) as uow:
            live = uow.versions.live()
            if live is None:
                raise StoreError("no version is live yet; `assistant serve` trains the first one")
            seen = uow.proposals.pool(NEWEST)
            labels = {text_hash(example.text): example.intent for example in uow.examples.all()}
            waiting = {text_hash(example.text) for example in uow.examples.pending()}
        seen.reverse()
        open_texts = _by_text(message for message in seen if text_hash(message.text) not in labels)
        if not open_texts:  # a version takes seconds to load
            with self._store.unit() as uow:
                return _stored(uow, (), (), live.encoder)
        corrected = _by_text(message for message in seen if text_hash(message.text) in waiting)
        progress("loading the live version", 0, 1)
        learner = self._load(live)
        progress("loading the live version", 1, 1)
        known = known_intents(learner)
        firsts = [messages[0] for messages in open_texts.values()]
        vectors = _embedded(learner, firsts)
        # What operators said since the last update is evidence too: a group around it is that intent's, not a new one.
        said = [messages[0] for messages in corrected.values()]
        known = _joined(known, said, [labels[text_hash(m.text)] for m in said], _embedded(learner, said))
        strangeness = learner.model.strangeness(vectors)
        progress("looking for new intents", 0, 1)
        found = self._discoverer.propose([message.text for message in firsts], vectors, known, strangeness)
        ids = [[message.id for message in messages] for messages in open_texts.values()]
        progress("looking for new intents", 1, 1)
        with self._store.unit() as uow:
            return _stored(uow, found, ids, live.encoder)


def _by_text(messages: Iterable[Message]) -> dict[str, list[Message]]:
    """The messages by their text, oldest first: what is said often counts once, and is labelled everywhere."""
    groups: dict[str, list[Message]] = {}
    for message in messages:
        groups.setdefault(text_hash(message.text), []).append(message)
    return groups


def _embedded(learner: Learner, messages: Sequence[Message]) -> Vectors:
    """The embeddings of the chat, computed afresh for what another encoder saw or is damaged. (rows, dimension)."""
    encoder = learner.model.encoder
    vectors = np.zeros((len(messages), encoder.dimension), dtype=np.float32)
    missing = []
    for row, message in enumerate(messages):
        own = message.embedding if message.encoder == encoder.fingerprint else None
        logged = read_embedding(own, encoder.dimension)
        if logged is None:
            missing.append(row)
        else:
            vectors[row] = logged
    if missing:
        vectors[missing] = encoder.embed([messages[row].text for row in missing])
    return vectors


def _joined(known: KnownIntents, said: Sequence[Message], intents: Sequence[str], vectors: Vectors) -> KnownIntents:
    """What was `said` first, since of what is known there may be no text. Shape of vectors: (said, dimension)."""
    texts = (*(message.text for message in said), *known.texts)
    return KnownIntents((*intents, *known.intents), np.concatenate([vectors, known.vectors]), texts)


def _stored(uow: UnitOfWork, found: Sequence[IntentProposal], ids: Sequence[Sequence[int]], encoder: str) -> Refreshed:
    standing = uow.proposals.all(Status.OPEN, Status.DISMISSED)
    widths = {len(proposal.centre) for proposal in found}  # of a damaged one the messages are grouped anew
    earlier = [p for p in standing if p.found.encoder != encoder or len(p.found.centre) // WIDTH in widths]
    taken = {intent.name for intent in uow.intents.all()} | {proposal.found.name for proposal in standing}
    present = {number for group in ids for number in group}
    erased = uow.proposals.gone([*present])
    tonight = [one for one in (_found(proposal, ids, encoder) for proposal in found) if erased.isdisjoint(one.members)]
    present -= erased
    groups = [_group(one, encoder) for one in tonight]
    before = [_group(p.found, encoder, settled=p.status is Status.DISMISSED) for p in earlier]
    places = matched(groups, before, present)
    again, grouped, settled, dismissed, fresh = set[int](), set[int](), dict[int, Found](), 0, list[Found]()
    for one, group, place in zip(tonight, groups, places, strict=True):
        if place is not None and before[place].settled:
            dismissed += 1
            # It takes in what joins it, or it would be proposed again once that is more than what is left of it. Where
            # its centre moves far, other messages are lumped together with it, and may be a topic of their own.
            if before[place].centre is None or same_centre(group, before[place]):
                parts = (settled.get(place, one), one, earlier[place].found)
                members = dict.fromkeys(number for part in parts for number in part.members if number in present)
                settled[place] = replace(parts[0], members=tuple(members))
            continue
        grouped |= group.members
        if place is None:
            fresh.append(one)
        else:
            uow.proposals.found_again(earlier[place].id, one)
            again.add(earlier[place].id)
    for place, one in settled.items():
        uow.proposals.found_again(earlier[place].id, one)
    lately = uow.proposals.seen_within(LASTING)
    missed = [p for p in standing if p.status is Status.OPEN and p.id not in again]
    stay = {p.id for p in missed if p.id in lately and _stands(p.found.members, present - grouped)}
    gone = [p.id for p in missed if p.id not in stay]
    for number in gone:
        uow.proposals.remove(number)
    for one in fresh:
        name = _free(one.name, taken)
        taken.add(name)
        uow.proposals.add(replace(one, name=name))
    return Refreshed(len(fresh), len(again | stay), len(gone), dismissed, len(present))


def _stands(members: Sequence[int], left: set[int]) -> bool:
    """Whether more than half of the messages are among those that are left."""
    return 2 * sum(number in left for number in members) > len(members)


def _found(proposal: IntentProposal, ids: Sequence[Sequence[int]], encoder: str) -> Found:
    first = proposal.examples
    rows = [*first, *(row for row in proposal.members if row not in first)]
    contrast: dict[str, object] | None = asdict(proposal.nearest) if proposal.nearest else None
    members = tuple(number for row in rows for number in ids[row])
    centre = proposal.centre.astype("<f4").tobytes()
    return Found(proposal.name, proposal.terms, contrast, encoder, centre, members)


def _group(found: Found, encoder: str, settled: bool = False) -> Group:
    centre = np.frombuffer(found.centre, dtype="<f4") if found.encoder == encoder else None
    return Group(frozenset(found.members), centre, settled)


def _free(name: str, taken: set[str]) -> str:
    """The name, numbered when it is taken."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name[:36]}_{number}", number + 1
    return free
