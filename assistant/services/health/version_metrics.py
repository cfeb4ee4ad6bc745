"""What a version's run measured of it, for a page that shows its health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.store.unit_of_work import Store


@dataclass(frozen=True, slots=True)
class VersionMetrics:
    """Each is None where the run had nothing to measure it on.

    retention: accuracy on old intents' holdout rows, relative to the version before; 1 is nothing lost.
    entropy: mean predictive entropy on the holdout, in nats. norm_change: how far the parameters moved, relative to
    their norm before.
    """

    version: str
    retention: float | None
    entropy: float | None
    norm_change: float | None


def version_metrics(store: Store, version_id: str) -> VersionMetrics:
    """Read from the report that the version was published with. Raises InputError for an unknown id."""
    with store.unit(read_only=True) as uow:
        report = uow.versions.get(version_id).report
    return VersionMetrics(
        version_id,
        _number(report, "knowledge_retention"),
        _number(report, "predictive_entropy"),
        _number(report, "parameter_norm_change"),
    )


def retention(before: float | None, after: float | None) -> float | None:
    """Accuracy after as a share of the accuracy before; None without rows, or where nothing was known."""
    return None if not before or after is None else after / before


def _number(report: Mapping[str, object], key: str) -> float | None:
    value = report.get(key)
    return float(value) if isinstance(value, int | float) else None
