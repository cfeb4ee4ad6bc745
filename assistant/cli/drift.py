"""`assistant drift`."""

from __future__ import annotations

import typer

from assistant.cli.shared import SettingsFile, assistant, out, progress_bars, table


def register(app: typer.Typer) -> None:
    app.command()(drift)


def drift(settings: SettingsFile = None) -> None:
    """Measure the messages since the last time, and tell whether the traffic has changed since the version went live.

    A monitor tells of drift when its latest two windows lie outside the band of the version's reference.
    """
    parts = assistant(settings)
    with progress_bars() as progress:
        view = parts.drift().measure(progress)
    if view.note:
        out.print(f"version {view.version}: {view.note}")
        return
    monitors = table(
        "monitor", "latest window", "usual", "windows outside", "alarms", "now", title=f"version {view.version}"
    )
    for state in view.states:
        band, outside = f"{state.low:.3f} to {state.high:.3f}", f"{state.outside} of {state.windows}"
        now = "drift" if state.lasting else "usual"
        monitors.add_row(state.monitor, f"{state.score:.3f}", band, outside, str(state.alarms), now)
    out.print(monitors)
