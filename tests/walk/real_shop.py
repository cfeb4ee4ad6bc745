"""An installation whose encoder is a real RoBERTa, tiny and seeded, with what tests ask of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Self

from assistant.bootstrap import Assistant
from assistant.domain import Example, Intent, LabelledText, Version
from assistant.learning.plans import UpdatePlan
from assistant.model.encoder import Encoder
from assistant.services.rows.importing import import_labelled
from assistant.services.runs.locking import NAME
from assistant.services.runs.setup import set_up
from assistant.settings import Settings
from tests.shops import CLEARLY, INTENTS, PLAN, corpus, holdout

encoders = cache(Encoder)
HELD = corpus(*INTENTS, repeat=CLEARLY).holdout
FRESH = {word: holdout(word, 1, start=9000, repeat=CLEARLY)[0].text for word in (*INTENTS, "gift")}


class RealShop(Assistant):
    """It has a small plan, and shares its loaded encoders with the others."""

    @classmethod
    def first_day(cls, data: Path, encoder: Path) -> Self:
        """One with a first version."""
        shop = cls(Settings(data=data, encoder=str(encoder)))
        shop.migrate()
        first = corpus(*INTENTS, repeat=CLEARLY)
        set_up(shop.store, first, encoders(str(encoder)), shop.plan(), shop.settings.versions)
        return shop

    @property
    def encoders(self) -> Callable[[str], Encoder]:
        return encoders

    def plan(self, coming: int = 0, dimension: int | None = None) -> UpdatePlan:
        return PLAN

    def live(self) -> Version:
        version = self.versions().live()
        assert version is not None
        return version

    def says(self, *texts: str) -> list[str]:
        return [prediction.intent for prediction in self.load(self.live()).model.predict(texts)]

    def accuracy(self) -> float:
        said = self.says(*(row.text for row in HELD))
        return sum(intent == row.intent for intent, row in zip(said, HELD, strict=True)) / len(HELD)

    def pending(self) -> list[Example]:
        with self.store.unit(read_only=True) as uow:
            return uow.examples.pending()

    def label(self, *rows: LabelledText) -> None:
        with self.store.unit() as uow:
            known = {each.name for each in uow.intents.all()}
            for name in sorted({row.intent for row in rows} - known):
                uow.intents.add(Intent(name, name.capitalize(), f"All about {name}."), "ann")
        import_labelled(self.store, rows, "ann")

    def state(self) -> tuple[object, ...]:
        """All that a run which does not publish must leave alone, the live version's answers to the last bit
        included."""
        folders = {path.name for path in self.settings.versions.iterdir()}
        with self.store.unit(read_only=True) as uow:
            lock = uow.locks.holder(NAME)
        model = self.load(self.live()).model
        answers = model.probabilities(model.encoder.embed([row.text for row in HELD])).tobytes()
        return self.live(), self.versions().all(), self.versions().history(), self.pending(), folders, lock, answers
