"""Months of chats, corrections and nightly retrains, replayed on a throw-away database."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from assistant.domain import Split
from assistant.evaluation.report import report
from assistant.formats import read_rows
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner
from assistant.live_model import LiveModel
from assistant.model.encoder import TextEncoder
from assistant.services.benchmarks.stream_months import months_of
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.services.rows.corpus import Corpus, read_corpus
from assistant.services.rows.importing import import_labelled
from assistant.services.runs.candidates import cached
from assistant.services.runs.retrain import Retrain, RetrainResult
from assistant.services.runs.setup import set_up
from assistant.services.runs.work import parted
from assistant.settings import Settings
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

    The first session trains the first version; every row of a later one becomes a correction. Of the corrections, and
    of the first rows without a `split`, one in five goes to the holdout by its text. Rows with split `holdout` or
    `test` only ever judge.
    """
    months = _shipped() if stream is None else months_of(read_rows(stream), stream)
    with tempfile.TemporaryDirectory(prefix="assistant-simulation-") as folder:
        return _Replay(parts.at(Path(folder)), months, progress).run()


def _shipped() -> list[Corpus]:
    corpus = read_corpus()
    return [corpus.of_session(session) for session in sorted(set(corpus.sessions.values()))]


class _Replay:
    def __init__(self, parts: Installation, months: Sequence[Corpus], progress: Progress) -> None:
        """What each of the `months` brings; the first is there from the start."""
        parts.migrate()
        self._parts, self._later, self._progress = parts, months[1:], progress
        progress("loading the encoder", 0, 1)
        encoder = parts.encoders(parts.settings.encoder)
        progress("loading the encoder", 1, 1)
        set_up(parts.store, months[0], encoder, parts.plan(), parts.settings.versions, progress)
        self._live = parts.live_model()
        self._chat, self._labeling = Chat(parts.store, self._live), Labeling(parts.store, self._live)

    def run(self) -> Simulation:
        nights = []
        for number, arriving in enumerate(self._later, 1):
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
            rows = [example.labelled() for example in parted(uow.examples.holdout())[0]]
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
