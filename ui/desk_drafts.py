"""Half-typed replies: each stays with the conversation that it was written for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Box:
    """The reply box: its text, the conversation that it was drawn for, and by conversation what was typed elsewhere."""

    text: str = ""
    written_for: str | None = None
    drafts: Mapping[str, str] = field(default_factory=dict)

    def turned_to(self, opened: str | None) -> Box:
        """The box when `opened` is the conversation that is open: what was typed for another one waits there."""
        if self.written_for == opened:
            return self
        drafts = dict(self.drafts)
        if self.written_for:
            drafts[self.written_for] = self.text
        return Box(drafts.pop(opened or "", ""), opened, drafts)
