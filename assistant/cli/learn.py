"""`assistant retrain`, `assistant simulate` and `assistant encoder switch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.bootstrap import Assistant
from assistant.cli.discover import told
from assistant.cli.erase import erase_old_first
from assistant.cli.shared import (
    JsonFile,
    SettingsFile,
    actor,
    assistant,
    loading,
    note,
    out,
    progress_bars,
    stoppable,
    writable,
    write_json,
)
from assistant.errors import AssistantError, InputError

encoder = typer.Typer(help="The model that turns texts into embeddings.", no_args_is_help=True)

Regularizer = Annotated[str | None, typer.Option(help="Regulariser by name, such as none, overriding the setting.")]
Replay = Annotated[float | None, typer.Option(help="Weight of the memory, overriding the setting; 0 leaves it out.")]


def register(app: typer.Typer) -> None:
    app.command()(retrain)
    app.command()(simulate)


def retrain(
    settings: SettingsFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge an update and write nothing.")] = False,
    hold: Annotated[bool, typer.Option("--hold", help="Keep a version that passes for a person to publish.")] = False,
    if_due: Annotated[
        bool,
        typer.Option(
            "--if-due", help="Run only for enough corrections, a new intent, drift that lasts, or erased texts."
        ),
    ] = False,
    consolidate: Annotated[bool, typer.Option("--consolidate", help="Train the encoder too; takes minutes.")] = False,
    regularizer: Regularizer = None,
    replay: Replay = None,
) -> None:
    """Learn the corrections since the last version; publish if the gates hold.

    Exit codes: 0 published (or held), 10 nothing to do, 20 refused by the gates, 30 another run is at work,
    2 wrong usage, 1 failure.
    """
    from assistant.learning.allocation import give_back_what_is_freed

    parts = assistant(settings).with_learning(regularizer=regularizer, replay=replay)
    if consolidate and dry_run:
        raise InputError("--consolidate writes the encoder that it judges; use --hold in place of --dry-run")
    if not dry_run:
        erase_old_first(parts)
    with progress_bars() as progress:
        due = parts.triggers(progress).due() if if_due else None
    if due is not None and not due.due:
        _value_messages(parts)
        note(f"nothing to do: {due.reason}")
        raise typer.Exit(10)
    hold = hold or parts.settings.retrain.hold
    trigger = due.reason if due else None
    with loading("what learns"):  # before the bars, which leave a blank line without a use
        from assistant.services.runs.report import to_read

        chosen, nightly, slow = parts.reasons(), parts.retrain(), parts.consolidate()
    for reason in chosen:
        note(f"chosen because of {reason}")
    give_back_what_is_freed()
    with stoppable(parts), progress_bars() as progress:
        if consolidate:
            result = slow.run(actor=actor(), hold=hold, progress=progress)
        else:
            result = nightly.run(actor=actor(), dry_run=dry_run, hold=hold, progress=progress, trigger=trigger)
    if not dry_run:  # whatever the outcome: messages came, and labels were given
        _value_messages(parts)
    note(f"{result.verdict}: {result.reason}")
    verdicts, more = to_read(result.report.get("verdicts", ()))
    lines = [f"{verdict['outcome']:>8}  {verdict['gate']}: {verdict['reason']}" for verdict in verdicts]
    for line in [*lines, more] if more else lines:
        note(f"  {line}")
    if missing := result.report.get("no_doubt"):
        note(f"note: {missing}")
    if result.version:
        note(f"version {result.version}" + (" waits to be published" if result.verdict == "held" else " is live"))
    if result.written:
        note(f"report in {parts.settings.reports}")
    if not dry_run and result.verdict != "locked":
        note(told(parts))
    raise typer.Exit(int(result.exit_code))


def simulate(
    settings: SettingsFile = None,
    stream: Annotated[
        Path | None,
        typer.Option(help="CSV or JSONL with text, intent and (if wanted) session; default: the shipped shop corpus."),
    ] = None,
    json_file: JsonFile = None,
    png: Annotated[Path, typer.Option(help="Write the curves here.", callback=writable)] = Path("simulation.png"),
    regularizer: Regularizer = None,
    replay: Replay = None,
) -> None:
    """Replay months of chats, corrections and nightly retrains on a throw-away database."""
    with loading("what learns"):
        from assistant.cli.simulation_view import as_table, draw, reasons
        from assistant.services.simulate import run_simulation

    parts = assistant(settings).with_learning(regularizer=regularizer, replay=replay)
    with progress_bars() as progress:
        result = run_simulation(parts, stream, progress)
    out.print(as_table(result))
    for reason in reasons(result):
        out.print(reason)
    final = result.final_accuracy
    out.print(f"final accuracy {'unknown' if final is None else f'{final:.2%}'}")
    write_json(json_file, result.as_json())
    draw(result, png)
    out.print(f"curves in {png}")


@encoder.command()
def switch(
    name: Annotated[str, typer.Argument(help="`embedded`, a hub name or a local folder.")],
    settings: SettingsFile = None,
) -> None:
    """Re-embed all labelled texts with another encoder, train a new head, judge, publish.

    Exit codes as `assistant retrain`.
    """
    parts = assistant(settings)
    with loading("the encoder"):
        parts.encoder_switch()  # what is wrong with the installation is told before an encoder is fetched
        chosen = parts.encoders(name)
        switching = parts.encoder_switch(chosen.dimension)
    with stoppable(parts), progress_bars() as progress:
        result = switching.run(chosen, actor=actor(), hold=parts.settings.retrain.hold, progress=progress)
    out.print(f"{result.verdict}: {result.reason}")
    if result.version:
        state = "waits to be published" if result.verdict == "held" else "is live"
        out.print(f'version {result.version} {state}; set `encoder = "{name}"` in the settings for later installations')
    if result.written:
        out.print(f"report in {parts.settings.reports}")
    raise typer.Exit(int(result.exit_code))


def _value_messages(parts: Assistant) -> None:
    """A hint for the desk: a run that has ended well must not fail for it."""
    try:
        with progress_bars() as progress:
            parts.refresh_labeling_values(progress)
    except AssistantError as error:
        note(f"the waiting messages could not be valued: {error}")
