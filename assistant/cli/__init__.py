"""The `assistant` command. One file for each group of commands; heavy libraries load only when a command runs."""

from __future__ import annotations

import sys

STOPPED = 130  # as shells call what Ctrl+C ended


def main() -> None:
    """Runs the command line. Exit codes: 2 for what the caller got wrong, 1 for what failed."""
    try:
        from assistant.cli.app import run  # here, because Ctrl+C may also come while the commands are loaded

        run()
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(STOPPED)
