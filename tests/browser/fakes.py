"""Stand-in for the version shelf, whose real form needs model folders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from assistant.domain import Publication, Version
from assistant.errors import InputError

BIRTH = datetime(2025, 3, 1, 2, tzinfo=UTC)


def version(name: str, parent: str | None, state: str = "ready", hours: int = 0) -> Version:
    return Version(name, parent, BIRTH + timedelta(hours=hours), state, "encoder-1", "sha", {})


class FakeVersions:
    """`v1` made `v2`, which is live; `v3` is held; `v4` was refused."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forgets what was published and rolled back."""
        self.known = [
            version("v4", "v2", "refused", 3),
            version("v3", "v2", hours=2),
            version("v2", "v1", hours=1),
            version("v1", None),
        ]
        self.now = self.get("v2")
        self.past = [Publication(BIRTH, "nightly", "publish", "v1", "v2", "all gates passed")]

    def get(self, version_id: str) -> Version:
        return next(version for version in self.known if version.id == version_id)

    def live(self) -> Version | None:
        return self.now

    def all(self) -> list[Version]:
        return self.known

    def history(self) -> list[Publication]:
        return self.past

    def report_markdown(self, version_id: str) -> str:
        return f"| Gate | Verdict |\n|---|---|\n| known intents of {version_id} | passed |\n\n" + (
            "| Intent | Before | After |\n|---|---|---|\n| change_the_delivery_address_of_an_order | 95.00% | 100.00% |"
        )

    def publish(self, version_id: str, actor: str, reason: str, *, seen: str | None = None) -> None:
        self._switch(self.get(version_id), "publish", actor, reason, seen)

    def roll_back(self, actor: str, reason: str, to: str | None = None, *, seen: str | None = None) -> Version:
        target = to or self.now.parent
        if target is None:
            raise InputError("there is no earlier version")
        self._switch(self.get(target), "rollback", actor, reason, seen)
        return self.now

    def _switch(self, target: Version, kind: str, actor: str, reason: str, seen: str | None) -> None:
        if seen not in (None, self.now.id):
            raise InputError(f"Version {self.now.id} went live meanwhile")
        self.past.insert(0, Publication(BIRTH, actor, kind, self.now.id, target.id, reason))
        self.now = target
