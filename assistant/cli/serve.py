"""`assistant serve` and `assistant migrate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.bootstrap import Assistant
from assistant.cli.shared import SettingsFile, assistant, loading, note, out, progress_bars
from assistant.counting import counted

if TYPE_CHECKING:
    from assistant.model.encoder import Encoder

LEAD = "lead"


def register(app: typer.Typer) -> None:
    app.command()(serve)
    app.command()(migrate)


def serve(
    settings: SettingsFile = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on; overrides the setting.", min=1, max=65535)] = None,
    retrain_at: Annotated[
        str | None, typer.Option(help="Time of day (HH:MM, local) at which to run `assistant retrain` every day.")
    ] = None,
) -> None:
    """Serve chat and desk; on the first start, create the database and train the first version."""
    from assistant.cli.schedule import parse_time
    from assistant.cli.server import listen, run

    at = parse_time(retrain_at) if retrain_at is not None else None
    parts = assistant(settings)
    with listen(parts.settings.host, port or parts.settings.port) as listening:
        parts.migrate()
        _set_up(parts)
        run(parts, listening, lambda: _first_password(parts), at, settings)


def migrate(settings: SettingsFile = None) -> None:
    """Create the database or bring it to the newest schema."""
    parts = assistant(settings)
    parts.migrate()
    out.print(f"The database {parts.settings.database} has the newest schema.")


def _set_up(parts: Assistant) -> None:
    if parts.versions().live() is not None:
        _tell_of_corpus(parts)
        return
    with loading("what learns"):  # imported here: training loads torch, which every later start does without
        from assistant.learning.allocation import give_back_what_was_freed
        from assistant.services.rows.corpus import SHIPPED, read_corpus
        from assistant.services.runs.setup import set_up

    corpus = read_corpus(parts.settings.corpus or SHIPPED)
    if parts.settings.corpus is None:  # the shipped corpus also has the intents of later months
        corpus = corpus.of_session(0)
    if left := corpus.left_out():
        out.print(f"Note: {left}")
    # Said in words too: what collects a service's output draws no bars.
    out.print(f"Training a first version on {counted(len(corpus.train), 'message')} …")
    with progress_bars() as progress:
        progress("loading the encoder", 0, 1)
        encoder = parts.encoders(parts.settings.encoder)
        progress("loading the encoder", 1, 1)
        if told := _unread(encoder, [row.text for row in corpus.train]):
            out.print(f"Note: {told}")
        set_up(parts.store, corpus, encoder, parts.plan(len(corpus.intents)), parts.settings.versions, progress)
    give_back_what_was_freed()  # this process serves from now on


def _unread(encoder: Encoder, texts: Sequence[str]) -> str:
    """Why a shop in another script would hardly recognise anything, and what to do; empty for a tenth or less."""
    count = encoder.unread(texts)
    if 10 * count <= len(texts):
        return ""
    return (
        f"the encoder {encoder.name!r} does not know the script of {count:,} of the {len(texts):,} texts to train on"
        ' and hardly tells these apart: stop here, set encoder = "xlm-roberta-base" in assistant.toml (or another that'
        " reads their language), and start again; where a version is live already, use `assistant encoder switch`"
    )


def _tell_of_corpus(parts: Assistant) -> None:
    from assistant.services.rows.corpus import not_in_use

    if parts.settings.corpus is None:
        return
    with parts.store.unit(read_only=True) as uow:
        names = [intent.name for intent in uow.intents.all()]
    if told := not_in_use(parts.settings.corpus, names):
        note(f"Note: {told}")


def _first_password(parts: Assistant) -> str | None:
    """A password for the first lead, shown once; None when there are operators already."""
    with parts.store.unit(read_only=True) as uow:
        if uow.operators.all():
            return None
    return parts.operators().create(LEAD, role="lead")
