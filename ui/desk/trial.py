"""Comparing and trying a version, as plain functions, without Gradio. Leads only, asked in each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from assistant.counting import percentage
from assistant.errors import InputError
from assistant.services.trials.experiment_figures import Compared
from assistant.services.trials.experiments import Experiments
from assistant.services.trials.shadow import Shadow, Shadowed
from assistant.services.views import SignedIn
from ui.desk.attempts import outcome_of, stated
from ui.desk.roles import require_lead
from ui.status import NOTHING, Status


@dataclass(frozen=True, slots=True)
class Trying:
    """The running or the last experiment, and what was just done."""

    found: Compared | None
    status: Status = NOTHING

    @property
    def is_running(self) -> bool:
        return self.found is not None and self.found.experiment.ended_at is None

    @property
    def version(self) -> str | None:
        """The version that is being tried now."""
        return self.found.experiment.version if self.found and self.is_running else None


def compare(shadow: Shadow, session: SignedIn, version_id: str | None, days: float | None) -> Shadowed:
    """Asks a version about the messages of the last days. Raises AccessError and InputError."""
    require_lead(session, "compare versions")
    if days is None or not isfinite(days):
        raise InputError("“On the messages of the last days” is empty: please give a whole number, such as 14.")
    return shadow.compare(_chosen(version_id), int(days))


def look(experiments: Experiments) -> Trying:
    """The running or the last experiment with its figures now; anybody may look."""
    return Trying(experiments.latest())


def start(experiments: Experiments, session: SignedIn, version_id: str | None, percent: float | None) -> Trying:
    """Tries a version on this percentage of the new conversations."""

    def act() -> str:
        require_lead(session, "try a version on customers")
        if percent is None or not 0 < percent < 100:
            given = "empty" if percent is None else f"{percent:g}"
            raise InputError(f"“Share of the new conversations (%)” is {given}: give more than 0 and less than 100.")
        begun = experiments.start(_chosen(version_id), percent / 100, session.name)
        return f"Version {begun.version} answers {percentage(begun.share)} of the new conversations from now on."

    return _after(experiments, act)


def publish(experiments: Experiments, session: SignedIn, seen: str | None, reason: str) -> Trying:
    """Makes the version that the lead saw being tried live for everybody."""

    def act() -> str:
        require_lead(session, "change the live version")
        return f"Version {experiments.publish(session.name, stated(reason), _seen(seen))} is live now, for everybody."

    return _after(experiments, act)


def drop(experiments: Experiments, session: SignedIn, seen: str | None, reason: str) -> Trying:
    """Ends the experiment that the lead saw."""

    def act() -> str:
        require_lead(session, "end an experiment")
        return f"Version {experiments.drop(session.name, stated(reason), _seen(seen))} is not tried any more."

    return _after(experiments, act)


def _chosen(version_id: str | None) -> str:
    if not version_id:
        raise InputError("No version is chosen. Pick one from the list.")
    return version_id


def _seen(version: str | None) -> str:
    if not version:
        raise InputError("No version is being tried. Please open the tab again.")
    return version


def _after(experiments: Experiments, act: Callable[[], str]) -> Trying:
    status = outcome_of(act)
    return Trying(experiments.latest(), status)
