"""Is it time to retrain: enough corrections, a new intent that can be learned, drift that lasts, or what is erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from assistant.counting import counted, listed
from assistant.domain import OUT_OF_SCOPE
from assistant.errors import StoreError
from assistant.services.intents.bringing_back import forgotten
from assistant.services.runs.judged import without_news
from assistant.services.watching.drift import DriftView
from assistant.store.unit_of_work import Store

NAMED = 20  # new intents that the reason names: a file may bring hundreds


@dataclass(frozen=True, slots=True)
class Due:
    """Whether a run is due, and why or why not, in plain English."""

    due: bool
    reason: str


@dataclass(frozen=True)
class Triggers:
    """`corrections` pending labels that a run learns are enough, or `new_intent_rows` of an intent that is not known
    yet, or no longer.

    Labels of retired intents do not count, as no run learns them, nor do those that the run before set aside, until
    their intent has another. `erased` tells how many texts the live version knows that are to be forgotten: one is
    enough. `drift` measures the live traffic; None leaves it out.
    """

    store: Store
    corrections: int
    new_intent_rows: int
    erased: Callable[[], int]
    drift: Callable[[], DriftView] | None

    def due(self) -> Due:
        """Raises StoreError when no version is live."""
        with self.store.unit(read_only=True) as uow:
            live = uow.versions.live()
            if live is None:
                raise StoreError("no version is live yet; `assistant serve` trains the first one")
            retired, waiting_rows = uow.intents.retired(), uow.examples.learnable()
            known = (uow.instants.learned_intents() - forgotten(uow)) | {OUT_OF_SCOPE}
        left_out = {*retired, *without_news(live, waiting_rows)}
        pending = Counter(example.intent for example in waiting_rows if example.intent not in left_out)
        count, erased = sum(pending.values()), self.erased()
        reasons = [
            *([f"{counted(erased, 'text')} to be forgotten"] if erased else []),
            *([f"{count} corrections wait (enough are {self.corrections})"] if count >= self.corrections else []),
            *self._new(pending, known),
        ]
        view = self.drift() if self.drift and not reasons else None
        drifted = f"the traffic has drifted ({', '.join(view.lasting)})" if view and view.lasting else ""
        if drifted and count:
            reasons.append(drifted)
        if reasons:
            return Due(True, "due: " + "; ".join(reasons))
        waiting = (
            f"{count} of {self.corrections} corrections wait, no new intent has {self.new_intent_rows} rows to learn"
        )
        advice = f"; {drifted}, but nothing is labelled that a run could learn: label some messages" if drifted else ""
        return Due(False, f"not due: {waiting}{advice}")

    def _new(self, pending: Counter[str], known: Collection[str]) -> list[str]:
        enough = sorted(name for name, rows in pending.items() if name not in known and rows >= self.new_intent_rows)
        return [f"new intents have {self.new_intent_rows} rows or more ({listed(enough, NAMED)})"] if enough else []
