"""The benchmarks put together."""

from __future__ import annotations

import typer

from assistant.cli.bench.chat import chat
from assistant.cli.bench.cost import cost
from assistant.cli.bench.digits import digits
from assistant.cli.bench.discovery import discovery
from assistant.cli.bench.drift import drift
from assistant.cli.bench.inbox import inbox
from assistant.cli.bench.instant import instant
from assistant.cli.bench.label_errors import label_errors
from assistant.cli.bench.labeling import labeling
from assistant.cli.bench.oos import oos
from assistant.cli.bench.serving import serving
from assistant.cli.bench.stream import stream
from assistant.cli.bench.training import training

bench = typer.Typer(help="Benchmarks on public data that you bring.", no_args_is_help=True)
for benchmark in (
    stream,
    cost,
    training,
    digits,
    serving,
    chat,
    inbox,
    oos,
    discovery,
    drift,
    labeling,
    label_errors,
    instant,
):
    bench.command()(benchmark)
