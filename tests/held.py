"""A shop with a live version, and a held one that knows one intent more."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from assistant.domain import Version
from assistant.live_model import LiveModel
from assistant.model.artifact import read_folder
from assistant.services.conversation.chat import Chat
from assistant.services.intents.retiring import InUse
from assistant.services.live import Live
from assistant.services.runs.setup import set_up
from assistant.services.trials.experiments import Experiments
from assistant.services.trials.shadow import Shadow
from assistant.services.trials.trial import Trial
from assistant.serving import Served, served
from assistant.store import Store, migrate, open_engine
from tests.shops import Shop, corpus, holdout, train

NEW = "parcel"


@dataclass
class HeldShop(Shop):
    """Everything real: database, folders, models; the encoder is one of plain words."""

    def __post_init__(self) -> None:
        if not (self.data / "assistant.db").exists():  # a copy of a shop has been migrated
            migrate(self.url)
        self.engine = open_engine(self.url)
        self.store = Store(self.engine)

    def load_served(self, version: Version) -> Served:
        folder = self.folder / version.id
        return served(folder, read_folder(folder, version.manifest_sha256), self.encoder)

    @property
    def held(self) -> Version:
        """The newest version that is not live."""
        return next(version for version in self.versions().all() if version.id != self.live().id)

    def live_model(self) -> LiveModel[Served]:
        return LiveModel(self.versions().live, self.load_served)

    def trial(self, live: Live) -> Trial:
        return Trial(self.store, live, self.load_served)

    def chat(self, live: Live, trial: Trial | None = None) -> Chat:
        return Chat(self.store, InUse(live, self.store), tried=trial)

    def experiments(self) -> Experiments:
        return Experiments(self.store, self.versions())

    def shadow(self) -> Shadow:
        return Shadow(self.store, self.load_served)

    def say(self, chat: Chat, *texts: str) -> list[str]:
        """Customers who write one text each; gives their conversations."""
        talks = [chat.start().conversation_id for _ in texts]
        for talk, text in zip(talks, texts, strict=True):
            chat.reply(talk, text)
        return talks

    def answered_by(self, conversation_id: str) -> list[str | None]:
        """Which version answered each of the customer's messages."""
        with self.store.unit(read_only=True) as uow:
            return [m.version for m in uow.conversations.messages(conversation_id) if m.role == "user"]


def make(folder: Path) -> None:
    """Trains both versions into `folder`, once for many tests."""
    shop = HeldShop(folder)
    set_up(shop.store, corpus("refund", "delivery"), shop.encoder, shop.plans[0], shop.folder)
    shop.label(*train(NEW, 12), *holdout(NEW, 10))
    held = shop.retrain().run(actor="night", hold=True)
    if held.version is None:
        raise RuntimeError(held.reason)
    shop.engine.dispose()


def copied(made: Path, to: Path) -> HeldShop:
    """The same shop in a folder of its own."""
    return HeldShop(Path(shutil.copytree(made, to / "shop")))
