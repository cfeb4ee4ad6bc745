"""Scripts and style sheets of our own, whose names stay the same over updates."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles


class OwnFiles(StaticFiles):
    """Browsers ask each time whether what they have is still good: by its age alone they would go on for days with the
    scripts of the program before an update."""

    def file_response(self, *given: Any, **named: Any) -> Response:
        """As `StaticFiles.file_response`."""
        answer = super().file_response(*given, **named)
        answer.headers["Cache-Control"] = "no-cache"
        return answer
