"""The parts of one installation, and how they are put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.bootstrap.encoders import VersionEncoders
from assistant.bootstrap.plans import ladder, reasons, tuning_plan, update_plan, usual_dimension
from assistant.errors import EncoderError
from assistant.settings import Settings
from assistant.settings_file import changed
from assistant.store.engine import open_engine
from assistant.store.revisions import migrate, require_kept
from assistant.store.unit_of_work import Store
from assistant.strategies import Spec, build

if TYPE_CHECKING:  # torch and everything above it loads only where a command needs it
    from assistant.dialogue.costs import Costs
    from assistant.dialogue.front import Fronts
    from assistant.domain import Version
    from assistant.learning.plans import UpdatePlan
    from assistant.learning.tuning import TuningPlan
    from assistant.learning.update import Learner
    from assistant.live_model import LiveModel
    from assistant.model.artifact import EncoderSource
    from assistant.model.encoder import Encoder, TextEncoder
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
        """Encoders with torch, by a name as in the settings, each loaded once."""
        from functools import cache

        from assistant.model.encoder import Encoder

        return cache(Encoder)

    @cached_property
    def _of_versions(self) -> VersionEncoders:
        return VersionEncoders(self.settings, self.encoders)

    def plan(self, coming: int = 0, dimension: int | None = None) -> UpdatePlan:
        """The update plan of the settings, where `coming` intents are to be learned at first; `dimension` is that of
        an encoder to come. Raises UnknownStrategyError, and InputError for constraints that nothing fits."""
        return update_plan(self.settings, *self._size(coming, dimension))

    def reasons(self) -> tuple[str, ...]:
        """Why the plan is not the default one: a sentence for each constraint that changed it."""
        return reasons(self.settings, *self._size())

    def _size(self, coming: int = 0, dimension: int | None = None) -> tuple[int, int, float]:
        """How many intents there are, the length of an embedding, and the million bytes that an encoder takes of each
        version. The database is asked only where storage is bounded: nothing else that is chosen depends on these, and
        a benchmark needs no database."""
        from assistant.model.artifact import dimension_of, own_encoder_bytes

        usual = dimension or usual_dimension(self.settings)
        if self.settings.constraints.storage_mb is None:
            return 0, usual, 0.0
        there = max(coming, self._intents())
        live = self.versions().live() if self.settings.database.is_file() else None
        if live is None or dimension:
            return there, usual, 0.0
        folder = self.settings.versions / live.id  # its encoder may be another than the settings name
        return there, dimension_of(folder) or usual, own_encoder_bytes(folder) / 1e6

    def _intents(self) -> int:
        """How many there are, those out of use too, which a version goes on knowing; none before the first start."""
        if not self.settings.database.is_file():
            return 0
        with self.store.unit(read_only=True) as uow:
            return len(uow.intents.titles())

    def ladder(self) -> list[UpdatePlan]:
        """The plans to try in turn, each once."""
        return ladder(self.plan(), self.settings.retrain.ladder)

    def judge(self) -> Judge:
        """The gates of the settings. Raises UnknownStrategyError for a name or option that does not exist."""
        from assistant.evaluation.gates import GATES
        from assistant.services.runs.judging import Judge

        gates: tuple[Spec, ...] = self.settings.retrain.gates
        for gate in gates:
            build(GATES, gate)
        return Judge(gates)

    def load(self, version: Version) -> Learner:
        """The learner of a version, with the encoder that it was trained with. Raises EncoderError where that is
        gone."""
        return self._loaded(version, self._of_versions.of)

    def _loaded(self, version: Version, encoder_of: Callable[[EncoderSource], TextEncoder]) -> Learner:
        from assistant.learning import checkpoint
        from assistant.model.artifact import encoder_source, read_folder

        folder = self.settings.versions / version.id
        source = encoder_source(folder, read_folder(folder, version.manifest_sha256))
        try:
            encoder = encoder_of(source)
        except EncoderError as error:
            reason = str(error.__cause__ or error).partition("\n")[0]
            raise EncoderError(
                f"version {version.id} was trained with encoder {source.name!r}, which cannot be loaded ({reason});"
                " put it back where it was, or run `assistant encoder switch`"
            ) from error
        return checkpoint.load(folder, encoder, version.manifest_sha256)

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
        return Pruning(
            self.store, settings.versions, settings.retrain.lock_seconds, self._of_versions.exports.keep_only
        )

    def encoder_switch(self, dimension: int | None = None) -> EncoderSwitch:
        """`dimension` is that of the encoder to come, by which the constraints choose; until it is known, that of the
        present one is taken for it. Of that one it needs no more than what serves it."""
        from assistant.services.runs.encoders import EncoderSwitch

        settings = self.settings
        return EncoderSwitch(
            self.store, lambda version: self._loaded(version, self._of_versions.answering),
            self.plan(dimension=dimension or self._size()[1]), self.judge(),
            settings.versions, settings.reports, settings.retrain.lock_seconds, self._of_versions.export,
        )  # fmt: skip

    def consolidate(self) -> Consolidate:
        from assistant.services.runs.consolidate import Consolidate

        settings = self.settings
        return Consolidate(
            self.store, self.load, self.plan(), self.tuning(), self.judge(),
            settings.versions, settings.reports, self._of_versions.export, settings.retrain.lock_seconds,
            settings.constraints.storage_mb,
        )  # fmt: skip

    def tuning(self) -> TuningPlan:
        """How a consolidation trains the encoder. Raises UnknownStrategyError."""
        return tuning_plan(self.settings)

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

    def load_served(self, version: Version) -> Served:
        """A version as the chat uses it, with the encoder that it was trained with on the engine of the settings."""
        from assistant.model.artifact import encoder_source, read_folder
        from assistant.model.batching import BatchingEncoder
        from assistant.serving import served

        folder = self.settings.versions / version.id
        files = read_folder(folder, version.manifest_sha256)
        source = encoder_source(folder, files)
        rounded = self._of_versions.rounded(source) if self.settings.serving.engine == "onnx-int8" else None
        # Judged with encoders of their own: the chat goes on meanwhile, and must not wait behind the whole holdout.
        if rounded is not None and self.eight_bit().allowed(
            version,
            lambda: served(folder, files, self._of_versions.exported(source)).model,
            served(folder, files, rounded).model,
        ):
            return served(folder, files, BatchingEncoder(rounded))
        return served(folder, files, self._of_versions.serving(source))

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
