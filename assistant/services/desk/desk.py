"""All that the desk offers to operators beside versions and accounts, in one piece."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.services.conversation.handover import Handover
from assistant.services.desk.agreement import Agreement
from assistant.services.desk.audit_log import AuditLog
from assistant.services.desk.conflicts import Conflicts
from assistant.services.desk.labeling import Labeling
from assistant.services.desk.proposals import Proposals
from assistant.services.health.overview import Health
from assistant.services.intents.care import IntentCare
from assistant.services.intents.figures import IntentFigures, intent_figures
from assistant.services.live import Live
from assistant.services.trials.experiments import Experiments
from assistant.services.trials.shadow import Shadow
from assistant.store import Store


@dataclass(frozen=True)
class DeskServices:
    """The use cases behind the tabs."""

    store: Store
    labeling: Labeling
    care: IntentCare
    conflicts: Conflicts
    agreement: Agreement
    audit: AuditLog
    handover: Handover
    proposals: Proposals
    health: Health
    shadow: Shadow | None = None
    experiments: Experiments | None = None

    def figures(self) -> list[IntentFigures]:
        """How each intent stands."""
        return intent_figures(self.store)


def desk_services(
    store: Store,
    live: Live,
    versions: Path | None = None,
    reports: Path | None = None,
    shadow: Shadow | None = None,
    experiments: Experiments | None = None,
) -> DeskServices:
    """The use cases on one store; `live` compares texts, the folders tell of versions and runs.

    Without version folders there is nothing to compare or to try.
    """
    return DeskServices(
        store,
        Labeling(store, live),
        IntentCare(store),
        Conflicts(store, live),
        Agreement(store),
        AuditLog(store),
        Handover(store),
        Proposals(store),
        Health(store, versions, reports),
        shadow,
        experiments,
    )
