"""Labels that contradict each other: texts nearly the same, neighbours in memory, and what all other labels say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assistant.domain import Example, Neighbour
from assistant.errors import InputError
from assistant.model.embeddings import read_embedding, usual_dimension
from assistant.monitoring.label_errors import suspect_labels
from assistant.services.desk.labels import called, require_in_use
from assistant.services.live import Live, Snapshot
from assistant.store import Store, UnitOfWork, text_hash

ALIKE = 0.9  # cosine from which two texts say nearly the same, if the version tells no unlike ones there
SAME = 0.9999  # cosine from which they do in any case
NEIGHBOURS = 5
CONTRADICTED = 0.6  # share of the neighbours' similarity that carries one other label
NEAR = 0.5  # cosine below which a neighbour says nothing
COMPARED = 2000  # the newest labels given by hand, and as many exemplars; comparing is quadratic
AT_ONCE = 512  # labels compared with all others at a time
EMBEDDED = 200  # the newest texts of files, which have no embedding yet; each takes milliseconds, once
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two texts with different labels. `grade` in [0, 1] tells how strongly they contradict; `why` says it in words."""

    first: str
    first_label: str
    second: str
    second_label: str
    grade: float
    why: str

    @property
    def key(self) -> str:
        """The pair, whatever its order; given back to `settle`."""
        return "-".join(sorted((text_hash(self.first), text_hash(self.second))))


class Conflicts:
    """Compares labels with each other and with their neighbours in memory.

    That is: what operators said of messages, what the live version remembers, and what files brought since.
    """

    def __init__(self, store: Store, live: Live) -> None:
        self._store = store
        self._live = live
        self._embedded: dict[tuple[str, str], bytes] = {}  # by encoder and hash of the text
        self._near: dict[tuple[object, str], list[Neighbour]] = {}  # by what answers and hash of the text

    def all(self) -> list[Conflict]:
        """The strongest first, at most SHOWN; pairs that somebody called both fine are left out."""
        snapshot = self._live.snapshot()
        remembered = dict(snapshot.exemplars(COMPARED))
        with self._store.unit(read_only=True) as uow:
            retired, titles = uow.intents.retired(), uow.intents.titles()
            by_hand = dict(uow.examples.by_hand(COMPARED, snapshot.encoder_hash))
            labels = uow.labels.of_texts(remembered)
            brought = [one for one in uow.examples.pending() if one.message_id is None and one.text not in labels]
            accepted = uow.opinions.accepted()
        dimension = usual_dimension([*remembered.values(), *by_hand.values()])
        vectors = {one: logged for one, logged in by_hand.items() if read_embedding(logged, dimension) is not None}
        vectors |= {labels[text]: vector for text, vector in remembered.items() if text in labels}
        vectors |= self._embed(brought[-EMBEDDED:], snapshot)
        rows = [(example, vector) for example, vector in vectors.items() if example.intent not in retired]
        now = {text_hash(example.text): example.intent for example, _ in rows}
        unit = _normalised([vector for _, vector in rows])
        examples = [example for example, _ in rows]
        found = [
            *_alike(examples, unit, snapshot.radius),
            *_contradicted(examples, self._nearest(rows, snapshot, retired), now),
            *_suspect(examples, unit, titles),
        ]
        strongest: dict[str, Conflict] = {}
        for conflict in sorted(found, key=lambda one: -one.grade):
            low, high = conflict.key.split("-")
            if (low, high) not in accepted:
                strongest.setdefault(conflict.key, conflict)
        return list(strongest.values())[:SHOWN]

    def _embed(self, examples: list[Example], snapshot: Snapshot) -> dict[Example, bytes]:
        """The embedding of each text; those of the time before are kept, as long as they are asked for."""
        keys = {example: (snapshot.encoder_hash, text_hash(example.text)) for example in examples}
        missing = [example for example, key in keys.items() if key not in self._embedded]
        said = snapshot.predict([example.text for example in missing]) if missing else []
        fresh = {keys[example]: one.embedding for example, one in zip(missing, said, strict=True)}
        known = self._embedded | fresh
        self._embedded = {key: known[key] for key in keys.values()}
        return {example: known[key] for example, key in keys.items()}

    def _nearest(
        self, rows: list[tuple[Example, bytes]], snapshot: Snapshot, retired: Mapping[str, str | None]
    ) -> list[list[Neighbour]]:
        """The nearest exemplars of each row; those of the time before are kept, for among many thousand exemplars a
        search takes seconds, and whoever settles a conflict waits for the next one."""
        answering = (snapshot.version, frozenset(retired.items()))
        keys = {(answering, text_hash(example.text)): vector for example, vector in rows}
        missing = {key: vector for key, vector in keys.items() if key not in self._near}
        fresh = snapshot.nearest_of_each(list(missing.values()), k=NEIGHBOURS + 1)
        known = self._near | dict(zip(missing, fresh, strict=True))
        self._near = {key: known[key] for key in keys}
        return [self._near[answering, text_hash(example.text)] for example, _ in rows]

    def settle(self, conflict: Conflict, keep: str, operator: str) -> str:
        """`keep` is first or second, whose label both texts get, or both. Returns what was done, in words.

        Raises InputError for another word, and when a label was changed or both were called fine since the conflict was
        shown.
        """
        if keep not in ("first", "second", "both"):
            raise InputError(f"{keep[:60]!r} settles nothing; keep the first, the second or both")
        with self._store.unit() as uow:
            _require_open(uow, conflict)
            if keep == "both":
                uow.opinions.accept(text_hash(conflict.first), text_hash(conflict.second), operator)
                uow.audit.add(operator, "both_fine", f"pair/{conflict.key}", None, {"both": "fine"})
                return "Both labels stay."
            kept, label = (conflict.first, conflict.first_label)
            text, old = (conflict.second, conflict.second_label)
            if keep == "second":
                kept, label, text, old = text, old, kept, label
            require_in_use(uow, label)
            example = uow.examples.active_for(text)
            message = example.message_id if example else None
            new = uow.examples.add(text, label, source="correction", operator=operator, message_id=message)
            before: dict[str, object] = {"intent": old, "superseded": [example.id] if example else []}
            uow.audit.add(operator, "settle", f"pair/{conflict.key}", before, {"intent": label, "added": [new.id]})
            return f"“{text[:60]}” is {called(uow, label)} now."


def _require_open(uow: UnitOfWork, conflict: Conflict) -> None:
    if who := uow.opinions.accepted_by(text_hash(conflict.first), text_hash(conflict.second)):
        raise InputError(f"{who} said meanwhile that both labels are fine; nothing was changed")
    for text, label in ((conflict.first, conflict.first_label), (conflict.second, conflict.second_label)):
        example = uow.examples.active_for(text)
        if example is not None and example.intent != label:
            now, before = called(uow, example.intent), called(uow, label)
            raise InputError(f"{text[:60]!r} is labelled {now} meanwhile, not {before}; look again")


def _normalised(vectors: list[bytes]) -> NDArray[np.float32]:
    """Unit rows. Shape: (rows, dimension)."""
    rows = np.array([np.frombuffer(vector, dtype="<f4") for vector in vectors], dtype=np.float32)
    if not len(rows):
        return rows.reshape(0, 1)
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit


def _alike(examples: list[Example], unit: NDArray[np.float32], radius: float | None) -> list[Conflict]:
    """Some encoders put all texts close together: what is near is then told by the version's own `radius`."""
    least = min(max(ALIKE, radius or 0.0), SAME)
    labels = np.array([example.intent for example in examples])
    found = []
    for start in range(0, len(examples), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        cosines = unit[some] @ unit[start:].T
        unlike = labels[some, None] != labels[None, start:]
        for row, other in np.argwhere(np.triu((cosines >= least) & unlike, k=1)):
            a, b, cosine = examples[start + row], examples[start + other], float(cosines[row, other])
            why = f"nearly the same text (similarity {cosine:.2f})"
            found.append(Conflict(a.text, a.intent, b.text, b.intent, min(1.0, cosine), why))
    return found


def _contradicted(examples: list[Example], nearest: list[list[Neighbour]], now: Mapping[str, str]) -> list[Conflict]:
    """`now` has the labels by the hash of their texts, which may be others than when the version learned them."""
    found = []
    for example, remembered in zip(examples, nearest, strict=True):
        near = [
            replace(one, intent=now.get(text_hash(one.text), one.intent))
            for one in remembered
            if one.similarity >= NEAR and text_hash(one.text) != text_hash(example.text)
        ][:NEIGHBOURS]
        weights: Counter[str] = Counter()
        for one in near:
            weights[one.intent] += one.similarity  # type: ignore[assignment]  # a Counter also counts in fractions
        if not weights:
            continue
        label, weight = weights.most_common(1)[0]
        share = weight / sum(weights.values())
        if label == example.intent or share < CONTRADICTED:
            continue
        closest = next(one for one in near if one.intent == label)
        agreeing = sum(one.intent == label for one in near)
        why = f"{agreeing} of {len(near)} neighbours in memory say otherwise (similarity {closest.similarity:.2f})"
        grade = share * min(1.0, closest.similarity)
        found.append(Conflict(example.text, example.intent, closest.text, label, grade, why))
    return found


def _suspect(examples: list[Example], unit: NDArray[np.float32], titles: Mapping[str, str]) -> list[Conflict]:
    """Labels that are probably wrong by all the others, each beside the nearest text of the intent they suggest."""
    found, labels = [], np.array([example.intent for example in examples])
    for one in suspect_labels(labels.tolist(), unit):
        others = np.flatnonzero(labels == one.suggested)
        closest = examples[int(others[(unit[others] @ unit[one.row]).argmax()])]
        doubted = examples[one.row]
        suggested = titles.get(one.suggested, one.suggested)
        why = f"all other labels together make “{suggested}” likelier, by {100 * one.score:.0f} points"
        found.append(Conflict(doubted.text, doubted.intent, closest.text, closest.intent, one.score, why))
    return found
