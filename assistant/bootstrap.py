"""The composition root: settings become objects. Nothing else in the program puts parts together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.settings import Rung, Settings
from assistant.settings_file import changed
from assistant.store.engine import open_engine
from assistant.store.revisions import migrate, require_kept
from assistant.store.unit_of_work import Store
from assistant.strategies import Spec, build

if TYPE_CHECKING:  # torch and everything above it loads only where a command needs it
    from assistant.dialogue.costs import Costs
    from assistant.dialogue.front import Fronts
    from assistant.domain import Version
    from assistant.learning.constraints import Choice
    from assistant.learning.plans import UpdatePlan
    from assistant.learning.tuning import TuningPlan
    from assistant.learning.update import Learner
    from assistant.live_model import LiveModel
    from assistant.model.artifact import EncoderSource
    from assistant.model.encoder import Encoder, TextEncoder
    from assistant.model.exports import Exports
    from assistant.services.accounts.operators import Operators
    from assistant.services.desk.desk import DeskServices
    from assistant.services.desk.proposals import Proposals
    from assistant.services.erasing import Erasing
    from assistant.services.health.overview import Health
    from assistant.services.intents.retiring import InUse
    from assistant.services.live import Live
    from assistant.services.pruning import Pruning
    from assistant.services.runs.consolidate import Consolidate
    from assistant.services.runs.eight_bit import EightBit
    from assistant.services.runs.encoders import EncoderSwitch
    from assistant.services.runs.judging import Judge
    from assistant.services.runs.retrain import Retrain
    from assistant.services.runs.triggers import Triggers
    from assistant.services.trials.experiments import Experiments
    from assistant.services.trials.shadow import Shadow
    from assistant.services.trials.trial import Trial
    from assistant.services.versions import Versions
    from assistant.services.watching.discover import Discover
    from assistant.services.watching.drift import Drift
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
        """Creates the database or brings it to the newest schema. Raises StoreError also when it was lost."""
        require_kept(self.settings.database, self.settings.versions)
        migrate(self.settings.database)

    @cached_property
    def store(self) -> Store:
        """Raises StoreError when the database is missing, lost or of another schema."""
        require_kept(self.settings.database, self.settings.versions)
        return Store(open_engine(self.settings.database))

    @cached_property
    def encoders(self) -> Callable[[str], Encoder]:
        """Encoders by name, each loaded once."""
        from functools import cache

        from assistant.model.encoder import Encoder

        return cache(Encoder)

    def plan(self, coming: int = 0, dimension: int | None = None) -> UpdatePlan:
        """The update plan of the settings, where `coming` intents are to be learned at first; `dimension` is that of
        an encoder to come. Raises UnknownStrategyError, and InputError for constraints that nothing fits."""
        from assistant.learning.plans import UpdatePlan

        learning, (choice, _) = self.settings.learning, self._choice(coming, dimension)
        plan = UpdatePlan(
            regularizer=choice.regularizer,
            selector=choice.selector,
            scope=learning.scope,
            replay=learning.replay,
            memory=choice.memory,
            schedule=learning.schedule,
            search=learning.search,
        )
        plan.strategies()
        return plan

    def reasons(self) -> tuple[str, ...]:
        """Why the plan is not the default one: a sentence for each constraint that changed it."""
        return self._choice()[1]

    def _choice(self, coming: int = 0, dimension: int | None = None) -> tuple[Choice, tuple[str, ...]]:
        from assistant.learning.constraints import choose, overridden
        from assistant.learning.plans import UpdatePlan

        learning, stated = self.settings.learning, self.settings.constraints
        there = 0
        if stated.storage_mb is not None:
            there, dimension = max(coming, self._intents()), dimension or self._live_dimension()
        dimension = dimension or self._usual_dimension()
        choice = choose(
            UpdatePlan(), dimension, privacy=stated.privacy, storage_mb=stated.storage_mb, intents=stated.intents,
            there=there,
        )  # fmt: skip
        return overridden(choice, {name: getattr(learning, name) for name in learning.model_fields_set})

    def _usual_dimension(self) -> int:
        """Three layers of the embedded encoder, or of one of the usual size."""
        from assistant.model.encoder import EMBEDDED

        return 1152 if self.settings.encoder == EMBEDDED else 2304

    def _live_dimension(self) -> int | None:
        """That of the live version's encoder, which may be another than the settings name; None without a version."""
        from assistant.model.artifact import dimension_of

        live = self.versions().live() if self.settings.database.is_file() else None
        return dimension_of(self.settings.versions / live.id) if live else None

    def _intents(self) -> int:
        """How many there are, those out of use too, which a version goes on knowing; none before the first start."""
        if not self.settings.database.is_file():
            return 0
        with self.store.unit(read_only=True) as uow:
            return len(uow.intents.titles())

    def ladder(self) -> list[UpdatePlan]:
        """The plans to try in turn, each once."""
        from assistant.learning.plans import climbed

        plans = [climbed(self.plan(), rung.strength, rung.replay) for rung in self.settings.retrain.ladder or (Rung(),)]
        return [plan for number, plan in enumerate(plans) if plan not in plans[:number]]

    def judge(self) -> Judge:
        """The gates of the settings. Raises UnknownStrategyError for a name or option that does not exist."""
        from assistant.evaluation.gates import GATES
        from assistant.services.runs.judging import Judge

        gates: tuple[Spec, ...] = self.settings.retrain.gates
        for gate in gates:
            build(GATES, gate)
        return Judge(gates)

    def load(self, version: Version) -> Learner:
        """The learner of a version, with the encoder that it was trained with."""
        from assistant.learning import checkpoint
        from assistant.model.artifact import encoder_source, read_folder

        folder = self.settings.versions / version.id
        source = encoder_source(folder, read_folder(folder, version.manifest_sha256))
        return checkpoint.load(folder, self.encoder_of(source), version.manifest_sha256)

    def encoder_of(self, source: EncoderSource) -> Encoder:
        """The encoder of a version with torch: by its name, or the one that the version folder holds."""
        return self.encoders(source.name) if source.folder is None else self._tuned_encoders(source)

    @cached_property
    def _tuned_encoders(self) -> Callable[[EncoderSource], Encoder]:
        from functools import lru_cache

        from assistant.model.tuned import TunedEncoder

        # The live one and the one before: each consolidation makes another, and a server runs for months.
        return lru_cache(2)(lambda source: TunedEncoder(source.folder, source.name))

    def retrain(self) -> Retrain:
        from assistant.services.runs.retrain import Retrain

        settings = self.settings
        return Retrain(
            self.store, self.load, self.ladder(), self.judge(),
            folder=settings.versions, reports=settings.reports, lock_seconds=settings.retrain.lock_seconds,
            reasons=self.reasons(),
        )  # fmt: skip

    def costs(self) -> Costs:
        """What the mistakes of the chat cost, by the settings."""
        from assistant.dialogue.costs import Costs

        return Costs(**self.settings.decision.model_dump())

    def fronts(self) -> Fronts:
        """The languages that the chat speaks, and what it opens with in each, by the settings."""
        from assistant.dialogue.front import FRONTS

        chat = self.settings.chat
        return {
            language: replace(FRONTS[language], **chat.front(language).model_dump(exclude_none=True))
            for language in chat.languages
        }

    def erasing(self) -> Erasing:
        from assistant.services.erasing import Erasing

        return Erasing(self.store)

    def pruning(self) -> Pruning:
        from assistant.services.pruning import Pruning

        settings = self.settings
        return Pruning(self.store, settings.versions, settings.retrain.lock_seconds, self.exports().keep_only)

    def encoder_switch(self, dimension: int | None = None) -> EncoderSwitch:
        """`dimension` is that of the encoder to come, by which the constraints choose."""
        from assistant.services.runs.encoders import EncoderSwitch

        settings = self.settings
        return EncoderSwitch(
            self.store, self.load, self.plan(dimension=dimension), self.judge(),
            settings.versions, settings.reports, settings.retrain.lock_seconds,
        )  # fmt: skip

    def consolidate(self) -> Consolidate:
        from assistant.services.runs.consolidate import Consolidate

        settings = self.settings
        return Consolidate(
            self.store, self.load, self.plan(), self.tuning(), self.judge(),
            settings.versions, settings.reports, self._export, settings.retrain.lock_seconds,
            settings.constraints.storage_mb,
        )  # fmt: skip

    def tuning(self) -> TuningPlan:
        """How a consolidation trains the encoder. Raises UnknownStrategyError."""
        from assistant.learning.tuning import TuningPlan

        plan = TuningPlan(scope=self.settings.consolidation.scope, epochs=self.settings.consolidation.epochs)
        plan.encoder_scope()
        return plan

    def _export(self, encoder: Encoder) -> None:
        """Makes what the running chat will ask for, so that it need not load torch to make it itself."""
        exports, engine = self.exports(), self.settings.serving.engine
        if engine != "torch":
            exports.encoder(encoder.fingerprint, lambda: encoder)
        if engine == "onnx-int8":
            exports.eight_bit(encoder.fingerprint, lambda: encoder)

    def exports(self) -> Exports:
        from assistant.model.exports import Exports

        return Exports(self.settings.exports)

    def versions(self) -> Versions:
        from assistant.services.versions import Versions

        return Versions(self.store, self.settings.versions)

    def drift(self) -> Drift:
        from assistant.services.watching.drift import Drift

        return Drift(self.store, self.load_served)

    def triggers(self, progress: Callable[[str, int, int], None]) -> Triggers:
        """Tells `progress` how it measures the drift, which of a year's messages takes minutes."""
        from assistant.services.runs.triggers import Triggers

        chosen = self.settings.triggers
        drift = partial(self.drift().measure, progress) if chosen.drift else None
        return Triggers(self.store, chosen.corrections, chosen.new_intent_rows, self.versions().to_forget, drift)

    def refresh_labeling_values(self, progress: Callable[[str, int, int], None]) -> int:
        """Says anew how much each waiting message would teach; how many got a value."""
        from assistant.services.desk.labeling_values import refresh_values

        return refresh_values(self.store, self.load_served, progress)

    def operators(self) -> Operators:
        from assistant.services.accounts.operators import Operators

        return Operators(self.store)

    @cached_property
    def serving_encoders(self) -> Callable[[EncoderSource], TextEncoder]:
        """The encoders of versions on the engine of the settings, each loaded once, for many threads."""
        from functools import lru_cache

        from assistant.model.batching import BatchingEncoder

        def load(source: EncoderSource) -> TextEncoder:
            if self.settings.serving.engine == "torch":
                return BatchingEncoder(self.encoder_of(source))
            return BatchingEncoder(self._exported(source))

        return lru_cache(2)(load)

    def _exported(self, source: EncoderSource) -> TextEncoder:
        return self.exports().encoder(source.fingerprint, lambda: self.encoder_of(source))

    @cached_property
    def _rounded_encoders(self) -> Callable[[EncoderSource], TextEncoder | None]:
        """Those of eight bits, each loaded once; None for one that cannot have such weights."""
        from functools import lru_cache

        def load(source: EncoderSource) -> TextEncoder | None:
            return self.exports().eight_bit(source.fingerprint, lambda: self.encoder_of(source))

        return lru_cache(2)(load)

    def load_served(self, version: Version) -> Served:
        """A version as the chat uses it, with the encoder that it was trained with on the engine of the settings."""
        from assistant.model.artifact import encoder_source, read_folder
        from assistant.model.batching import BatchingEncoder
        from assistant.serving import served

        folder = self.settings.versions / version.id
        files = read_folder(folder, version.manifest_sha256)
        source = encoder_source(folder, files)
        rounded = self._rounded_encoders(source) if self.settings.serving.engine == "onnx-int8" else None
        # Judged with encoders of their own: the chat goes on meanwhile, and must not wait behind the whole holdout.
        if rounded is not None and self.eight_bit().allowed(
            version,
            lambda: served(folder, files, self._exported(source)).model,
            served(folder, files, rounded).model,
        ):
            return served(folder, files, BatchingEncoder(rounded))
        return served(folder, files, self.serving_encoders(source))

    def eight_bit(self) -> EightBit:
        from assistant.services.runs.eight_bit import EightBit

        return EightBit(self.store, self.judge(), self.settings.exports)

    def live_model(self) -> LiveModel[Learner]:
        """Follows the live version with all that learning needs of it."""
        from assistant.live_model import LiveModel

        return LiveModel(self.versions().live, self.load)

    def serving_model(self) -> LiveModel[Served]:
        """Follows the live version with what the chat and the desk need of it."""
        from assistant.live_model import LiveModel

        return LiveModel(self.versions().live, self.load_served)

    def in_use(self, live: Live) -> InUse:
        """What answers and labels: the live version without the intents that operators retired."""
        from assistant.services.intents.retiring import InUse

        return InUse(live, self.store)

    def desk(self, live: Live) -> DeskServices:
        from assistant.services.desk.desk import desk_services

        return desk_services(
            self.store, live, self.settings.versions, self.settings.reports, self.shadow(), self.experiments()
        )

    def shadow(self) -> Shadow:
        """Compares a version with the live one on logged messages, without torch."""
        from assistant.services.trials.shadow import Shadow

        return Shadow(self.store, self.load_served, self.costs())

    def experiments(self) -> Experiments:
        from assistant.services.trials.experiments import Experiments

        return Experiments(self.store, self.versions())

    def trial(self, live: Live) -> Trial:
        """Follows the running experiment beside `live`."""
        from assistant.services.trials.trial import Trial

        return Trial(self.store, live, self.load_served)

    def health(self) -> Health:
        from assistant.services.health.overview import Health

        return Health(self.store, self.settings.versions, self.settings.reports)

    def proposals(self) -> Proposals:
        from assistant.services.desk.proposals import Proposals

        return Proposals(self.store)

    def discover(self) -> Discover:
        """Raises UnknownStrategyError for a discoverer or option that does not exist."""
        from assistant.monitoring.discovery import DISCOVERERS
        from assistant.services.watching.discover import Discover

        return Discover(self.store, self.load, build(DISCOVERERS, self.settings.discoverer))
