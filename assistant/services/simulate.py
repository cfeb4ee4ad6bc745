"""Months of chats, corrections and nightly retrains, replayed on a throw-away database."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from assistant.domain import Intent, LabelledText, Split
from assistant.errors import InputError
from assistant.evaluation.report import report
from assistant.formats import Row, read_rows
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner
from assistant.live_model import LiveModel
from assistant.model.encoder import TextEncoder
from assistant.services.chat import Chat
from assistant.services.corpus import Corpus, accepted, read_corpus
from assistant.services.importing import import_labelled
from assistant.services.labeling import Labeling
from assistant.services.retrain import Retrain, RetrainResult, cached
from assistant.services.setup import set_up
from assistant.settings import Settings
from assistant.store import split_of, text_hash
from assistant.store.unit_of_work import Store

Progress = Callable[[str, int, int], None]


class Installation(Protocol):
    """The parts of one installation, as `assistant.bootstrap` makes them."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def encoders(self) -> Callable[[str], TextEncoder]: ...
    def at(self, data: Path) -> Installation: ...
    def migrate(self) -> None: ...
    def plan(self) -> UpdatePlan: ...
    def live_model(self) -> LiveModel[Learner]: ...
    def retrain(self) -> Retrain: ...


OPERATOR = "simulated operator"
CHATS_PER_NIGHT = 200  # a night's further rows arrive as an import: thousands of chats would show nothing more
NIGHTS = 3  # of a stream without a session column
BASE_SHARE = 0.5  # of its intents


@dataclass(frozen=True, slots=True)
class Night:
    """One nightly retrain. Accuracies, forgetting and flips are shares on holdout rows; None without an update.

    `accuracy_by_new_intent` has a value for each new intent that was learned; None where it has no holdout row.
    """

    new_intents: list[str]
    old_accuracy_before: float | None
    old_accuracy: float | None
    new_accuracy: float | None
    accuracy_by_new_intent: dict[str, float | None]
    forgetting: float | None
    negative_flips: float | None
    seconds: float | None
    verdict: str
    exit_code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """`final_accuracy` counts every holdout row seen so far; those of intents never learned are wrong.

    It is None when there is no such row.
    """

    nights: list[Night]
    final_accuracy: float | None

    def as_json(self) -> dict[str, Any]:
        nights = [{key: value for key, value in asdict(n).items() if key != "reason"} for n in self.nights]
        return {"nights": nights, "final_accuracy": self.final_accuracy}


def run_simulation(parts: Installation, stream: Path | None, progress: Progress) -> Simulation:
    """Replays the shop corpus, or the rows of `stream`, with the settings of `parts` but a database of its own.

    The first session trains the first version; every row of a later one becomes a correction. Of the rows without
    a `split` one in five goes to the holdout by its text. Rows with split `holdout` or `test` only ever judge.
    """
    corpus = read_corpus() if stream is None else corpus_of(read_rows(stream), stream)
    with tempfile.TemporaryDirectory(prefix="assistant-simulation-") as folder:
        return _Replay(parts.at(Path(folder)), corpus, progress).run()


class _Replay:
    def __init__(self, parts: Installation, corpus: Corpus, progress: Progress) -> None:
        parts.migrate()
        self._parts, self._corpus, self._progress = parts, corpus, progress
        progress("loading the encoder", 0, 1)
        encoder = parts.encoders(parts.settings.encoder)
        progress("loading the encoder", 1, 1)
        base = corpus.of_session(min(corpus.sessions.values()))
        set_up(parts.store, base, encoder, parts.plan(), parts.settings.versions, progress)
        self._live = parts.live_model()
        self._chat, self._labeling = Chat(parts.store, self._live), Labeling(parts.store, self._live)

    def run(self) -> Simulation:
        sessions = sorted(set(self._corpus.sessions.values()))[1:]
        nights = []
        for number, session in enumerate(sessions, 1):
            arriving = self._corpus.of_session(session)
            self._day(f"month {number}: chats and corrections", arriving)
            result = self._parts.retrain().run(actor="simulation", progress=self._progress)
            self._live.refresh()
            nights.append(_night(result, sorted(arriving.intents)))
        return Simulation(nights, self._final_accuracy())

    def _day(self, what: str, arriving: Corpus) -> None:
        for intent in arriving.intents.values():
            self._labeling.create_intent(intent, None, OPERATOR)
        import_labelled(self._parts.store, arriving.holdout, OPERATOR, split=Split.HOLDOUT)
        chatted = arriving.train[:: max(1, len(arriving.train) // CHATS_PER_NIGHT)][:CHATS_PER_NIGHT]
        for number, row in enumerate(chatted, 1):
            view = self._chat.reply(self._chat.start().conversation_id, row.text)
            asked = next(turn for turn in view.turns if turn.role == "user")
            self._labeling.correct(asked.message_id, row.intent, OPERATOR)
            self._progress(what, number, len(chatted))
        there = set(chatted)
        import_labelled(self._parts.store, [row for row in arriving.train if row not in there], OPERATOR)

    def _final_accuracy(self) -> float | None:
        with self._parts.store.unit(read_only=True) as uow:
            rows = [example.labelled() for example in uow.examples.holdout()]
        judged = report(cached(self._live.snapshot().learner).model, rows)
        return float(judged.correct.mean()) if rows else None


def _night(result: RetrainResult, arriving: list[str]) -> Night:
    figures = result.report
    return Night(
        new_intents=figures.get("new_intents", arriving),
        old_accuracy_before=figures.get("old_accuracy_before"),
        old_accuracy=figures.get("old_accuracy"),
        new_accuracy=figures.get("new_accuracy"),
        accuracy_by_new_intent={name: figures["intents"][name]["after"] for name in figures.get("new_intents", ())},
        forgetting=figures.get("forgetting"),
        negative_flips=figures.get("negative_flips"),
        seconds=figures.get("seconds"),
        verdict=result.verdict,
        exit_code=int(result.exit_code),
        reason=result.reason,
    )


def corpus_of(rows: Sequence[Row], path: Path) -> Corpus:
    """A corpus made of a stream's rows. Intents get names that the store accepts and an answer that names them.

    A stream without a session column has its first half of the intents, by first appearance, in session 0 and the
    rest over three nights. Messages of no intent are left out, and of a text that comes twice the last row counts.
    Raises InputError when there is nothing to learn in the first session or after it.
    """
    rows = [row for row in rows if not (row.split or "").startswith("oos_")]
    names = _names([row.intent for row in rows])
    if any(row.session is not None for row in rows):
        first: dict[str, int] = {}
        for row in rows:
            if row.session is None:
                raise InputError(f"{path}: some rows have a session and some do not; give all of them one")
            first[row.intent] = min(row.session, first.get(row.intent, row.session))
    else:
        order = list(names)
        half = max(1, round(len(order) * BASE_SHARE))
        later = max(1, -(-(len(order) - half) // NIGHTS))
        first = {intent: 0 if i < half else 1 + (i - half) // later for i, intent in enumerate(order)}
    if len(set(first.values())) < 2:
        raise InputError(f"{path}: all {len(names)} intents are in one session; a simulation needs two or more")
    base = min(first.values())
    described = {
        names[label]: Intent(names[label], _title(label), f"Here is what to know about: {_title(label).lower()}.")
        for label in names
    }
    sides: dict[bool, dict[str, LabelledText]] = {True: {}, False: {}}
    for number, row in enumerate(rows, 1):
        text = accepted(row.text, f"{path} row {number}")
        # Later rows without a split fall to a side when they are labelled, as in the shop.
        by_text = row.split is None and first[row.intent] == base and split_of(text) is Split.HOLDOUT
        sides[by_text or row.split in ("holdout", "test")][text_hash(text)] = LabelledText(text, names[row.intent])
    train = [row for digest, row in sides[False].items() if digest not in sides[True]]
    sessions = {names[label]: session for label, session in first.items()}
    if not any(sessions[row.intent] == base for row in train):
        raise InputError(f"{path}: no row of session {base} is left to train the first version on; give it more rows")
    return Corpus(described, sessions, tuple(train), tuple(sides[True].values()))


def _title(label: str) -> str:
    words = re.sub(r"[\W_]+", " ", label).strip() or label
    return (words[:1].upper() + words[1:])[:80]


def _names(labels: Sequence[str]) -> dict[str, str]:
    """A name for each label, by first appearance, unique and of the form that the store asks for."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for label in dict.fromkeys(labels):
        plain = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
        base = (plain if plain[:1].isalpha() else f"intent_{plain}")[:36].rstrip("_")
        name, number = base if len(base) > 1 else f"{base}_intent", 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        names[label] = name
        taken.add(name)
    return names
