"""The composition root: settings become objects. Nothing else in the program puts parts together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.settings import Rung, Settings, changed
from assistant.store.engine import migrate, open_engine
from assistant.store.unit_of_work import Store
from assistant.strategies import Spec, build

if TYPE_CHECKING:  # torch and everything above it loads only where a command needs it
    from assistant.domain import Version
    from assistant.learning.constraints import Choice
    from assistant.learning.plans import UpdatePlan
    from assistant.learning.update import Learner
    from assistant.live_model import LiveModel
    from assistant.model.encoder import Encoder, TextEncoder
    from assistant.services.encoders import EncoderSwitch
    from assistant.services.judging import Judge
    from assistant.services.labeling import Labeling
    from assistant.services.live import Live
    from assistant.services.operators import Operators
    from assistant.services.retrain import Retrain
    from assistant.services.versions import Versions
    from assistant.serving import Served


@dataclass(frozen=True)
class Assistant:
    """The parts of one installation, each made when first asked for."""

    settings: Settings

    def at(self, data: Path) -> Assistant:
        """The same settings with a data folder of its own."""
        return Assistant(self.settings.model_copy(update={"data": data}))

    def with_learning(self, **changes: object) -> Assistant:
        """The same installation with other values for some settings of `[learning]`; None leaves one as it is.

        A regulariser given by its name alone loses the options of the one it replaces. Raises SettingsError.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        if isinstance(given.get("regularizer"), str):
            given["regularizer"] = {"name": given["regularizer"]}
        return Assistant(changed(self.settings, {"learning": given}))

    def migrate(self) -> None:
        """Creates the database or brings it to the newest schema."""
        migrate(self.settings.database)

    @cached_property
    def store(self) -> Store:
        """Raises StoreError when the database is missing or of another schema."""
        return Store(open_engine(self.settings.database))

    @cached_property
    def encoders(self) -> Callable[[str], Encoder]:
        """Encoders by name, each loaded once."""
        from functools import cache

        from assistant.model.encoder import Encoder

        return cache(Encoder)

    def plan(self) -> UpdatePlan:
        """The update plan of the settings. Raises UnknownStrategyError."""
        from assistant.learning.plans import QUARANTINE, UpdatePlan

        learning, (choice, _) = self.settings.learning, self._choice()
        plan = UpdatePlan(
            regularizer=choice.regularizer,
            selector=choice.selector,
            scope=learning.scope,
            replay=learning.replay,
            memory=choice.memory,
            schedule=learning.schedule,
            search=learning.search,
            quarantine=QUARANTINE,  # of imports, in the nightly command; what is held is reported and can be confirmed
        )
        plan.strategies()
        return plan

    def reasons(self) -> tuple[str, ...]:
        """Why the plan is not the default one: a sentence for each constraint that changed it."""
        return self._choice()[1]

    def _choice(self) -> tuple[Choice, tuple[str, ...]]:
        from assistant.learning.constraints import choose, overridden
        from assistant.learning.plans import UpdatePlan
        from assistant.model.encoder import EMBEDDED

        learning, stated = self.settings.learning, self.settings.constraints
        # Three layers of the embedded encoder, or of one of the usual size.
        dimension = 1152 if self.settings.encoder == EMBEDDED else 2304
        choice = choose(
            UpdatePlan(), dimension, privacy=stated.privacy, storage_mb=stated.storage_mb, intents=stated.intents
        )
        return overridden(choice, {name: getattr(learning, name) for name in learning.model_fields_set})

    def ladder(self) -> list[UpdatePlan]:
        """The plans to try in turn, each once."""
        from assistant.learning.plans import climbed

        plans = [climbed(self.plan(), rung.strength, rung.replay) for rung in self.settings.retrain.ladder or (Rung(),)]
        return [plan for number, plan in enumerate(plans) if plan not in plans[:number]]

    def judge(self) -> Judge:
        """The gates of the settings. Raises UnknownStrategyError for a name or option that does not exist."""
        from assistant.evaluation.gates import GATES
        from assistant.services.judging import Judge

        gates: tuple[Spec, ...] = self.settings.retrain.gates
        for gate in gates:
            build(GATES, gate)
        return Judge(gates)

    def load(self, version: Version) -> Learner:
        """The learner of a version, with the encoder that it was trained with."""
        from assistant.learning import checkpoint
        from assistant.model.artifact import encoder_name, read_folder

        folder = self.settings.versions / version.id
        name = encoder_name(folder, read_folder(folder, version.manifest_sha256))
        return checkpoint.load(folder, self.encoders(name), version.manifest_sha256)

    def retrain(self) -> Retrain:
        from assistant.services.retrain import Retrain

        settings = self.settings
        return Retrain(
            self.store, self.load, self.ladder(), self.judge(),
            folder=settings.versions, reports=settings.reports, lock_seconds=settings.retrain.lock_seconds,
            reasons=self.reasons(),
        )  # fmt: skip

    def encoder_switch(self) -> EncoderSwitch:
        from assistant.services.encoders import EncoderSwitch

        settings = self.settings
        return EncoderSwitch(
            self.store, self.load, self.plan(), self.judge(),
            settings.versions, settings.reports, settings.retrain.lock_seconds,
        )  # fmt: skip

    def versions(self) -> Versions:
        from assistant.services.versions import Versions

        return Versions(self.store, self.settings.versions)

    def operators(self) -> Operators:
        from assistant.services.operators import Operators

        return Operators(self.store)

    @cached_property
    def serving_encoders(self) -> Callable[[str, str], TextEncoder]:
        """Encoders by name and fingerprint on the engine of the settings, each loaded once, for many threads."""
        from functools import cache

        from assistant.model.batching import BatchingEncoder
        from assistant.model.exports import Exports

        def load(name: str, fingerprint: str) -> TextEncoder:
            if self.settings.serving.engine == "torch":
                return BatchingEncoder(self.encoders(name))
            return BatchingEncoder(Exports(self.settings.exports).encoder(fingerprint, lambda: self.encoders(name)))

        return cache(load)

    def load_served(self, version: Version) -> Served:
        """A version as the chat uses it, with the encoder that it was trained with on the engine of the settings."""
        from assistant.model.artifact import encoder_name, read_folder
        from assistant.serving import served

        folder = self.settings.versions / version.id
        files = read_folder(folder, version.manifest_sha256)
        return served(folder, files, self.serving_encoders(encoder_name(folder, files), version.encoder))

    def live_model(self) -> LiveModel[Learner]:
        """Follows the live version with all that learning needs of it."""
        from assistant.live_model import LiveModel

        return LiveModel(self.versions().live, self.load)

    def serving_model(self) -> LiveModel[Served]:
        """Follows the live version with what the chat and the desk need of it."""
        from assistant.live_model import LiveModel

        return LiveModel(self.versions().live, self.load_served)

    def labeling(self, live: Live) -> Labeling:
        from assistant.services.labeling import Labeling

        return Labeling(self.store, live)
