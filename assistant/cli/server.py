"""The web server around chat and desk."""

from __future__ import annotations

import errno
import gc
import logging
import socket
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.bootstrap import Assistant
from assistant.cli.schedule import run_daily
from assistant.cli.shared import note, out
from assistant.errors import AssistantError
from assistant.settings import Settings

if TYPE_CHECKING:
    import uvicorn

    from assistant.live_model import LiveModel
    from assistant.services.trials.trial import Trial
    from assistant.serving import Served

GRACE_SECONDS = 3


def run(
    parts: Assistant,
    listening: socket.socket,
    first_password: Callable[[], str | None],
    retrain_at: time | None,
    settings_file: Path | None,
) -> None:
    """Serves on `listening` until it is told to stop.

    `first_password` is asked when nothing can fail any more: what it creates is shown once and lost otherwise.
    """
    from assistant.cli.connections import allow_many

    allow_many()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for library in ("httpx", "faiss"):  # they tell of every request, and of every file that they look for
        logging.getLogger(library).setLevel(logging.WARNING)
    settings = parts.settings
    with loading():
        app, live, trial = _application(parts)
    if told := _another_encoder(settings, live):
        note(f"Note: {told}")
    stops = [live.follow(settings.poll_seconds), trial.follow(settings.poll_seconds)]
    if retrain_at is not None:
        file = ["--settings", str(settings_file)] if settings_file else []
        stops.append(run_daily(retrain_at, ["retrain", *file]))
    name = name_of(settings.host, settings.allowed_hosts)
    _say(name, listening.getsockname()[1], live.version, first_password(), retrain_at)
    # Whoever copies the database of a server that does not run takes the one file, and forgets the log beside it.
    server = web_server(app, parts.store.settle)
    try:
        server.run(sockets=[listening])
    finally:
        for stop in stops:
            stop()


def web_server(app: Callable[..., Any], last: Callable[[], object] = lambda: None) -> uvicorn.Server:
    """What serves `app` and, stopped, calls `last`. Open pages poll and stream for ever; whoever stops the server does
    not wait for them."""
    import uvicorn

    from assistant.cli.connections import Connection, waiting

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await super().shutdown(sockets)
            last()  # here, because the signal that stopped it ends the process as soon as this returns

    # h11 bounds the head of a request; the other parser, where it happens to be installed, would keep an endless one.
    config = uvicorn.Config(
        app,
        http=Connection,
        backlog=waiting(),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_farewell)
    return Server(config)


def _is_no_farewell(record: logging.LogRecord) -> bool:
    """False for the stack trace of a page that was open when the server was stopped: each would leave a hundred lines,
    as if it had crashed."""
    return not (record.exc_info and isinstance(record.exc_info[1], CancelledError))


def _application(parts: Assistant) -> tuple[Callable[..., Any], LiveModel[Served], Trial]:
    """The web application, and the two that follow what is live."""
    from assistant.services.conversation.chat import Chat

    with ThreadPoolExecutor(1) as beside:  # reading and checking the model leaves the interpreter to Gradio's import
        reading = beside.submit(parts.serving_model)
        from ui.app import create_app
    live = reading.result()
    in_use = parts.in_use(live)
    trial = parts.trial(live)
    trial.refresh()  # before the first message, which would fall to the live version otherwise
    app = create_app(
        Chat(parts.store, in_use, parts.costs(), trial, parts.fronts()),
        parts.desk(in_use),
        parts.versions(),
        parts.operators(),
        live,
        hosts=parts.settings.allowed_hosts,
        sites=parts.settings.chat.sites,
    )
    return app, live, trial


def _another_encoder(settings: Settings, live: LiveModel[Served]) -> str:
    """Tells whoever set another encoder than answers what to do; else empty."""
    from assistant.model.artifact import TUNED

    if "encoder" not in settings.model_fields_set:
        return ""
    chosen, used = settings.encoder, live.snapshot().learner.model.encoder.name.removesuffix(TUNED)
    if Path(chosen).resolve() == Path(used).resolve():
        return ""
    return (
        f"the setting encoder = {chosen!r} is for a first version, and version {live.version} answers with {used!r}:"
        f" `assistant encoder switch {chosen}` teaches the other what this shop knows"
    )


@contextmanager
def loading() -> Iterator[None]:
    """Garbage collection waits until all is loaded: imports make objects by the hundred thousand, which the collector
    would go through again and again to free none. What was loaded is left out of later collections too."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def listen(host: str, port: int) -> socket.socket:
    """Bound before the first version is trained, so that a port in use is told at once. Raises AssistantError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # until then another server that starts may take the port too, and one of them falls late
    except (OSError, TypeError) as error:  # TypeError: a name that holds a NUL, or is too long beyond ASCII
        listening.close()
        of_port = getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES)
        advice = "stop what uses it or choose another with --port" if of_port else "correct the setting `host`"
        reason = getattr(error, "strerror", None) or error
        raise AssistantError(f"cannot serve on {host[:60]}:{port}: {reason}; {advice}") from error
    return listening


def name_of(host: str, allowed: Sequence[str]) -> str:
    """By which name to open a server that is bound to `host`: one that it answers to, if there is any.

    Without any the address itself is told: the server's answer says then what is missing.
    """
    here = [name for name in allowed if name in ("localhost", "127.0.0.1")]
    named = [name for name in allowed if name not in here]
    if host in ("127.0.0.1", "0.0.0.0", "::1", "::"):  # noqa: S104 - compared, not bound
        names = here + named
    else:
        names = [name for name in named if name == host.lower()] or named
    return names[0] if names else f"[{host}]" if ":" in host else host


def _say(name: str, port: int, version: str, password: str | None, retrain_at: time | None) -> None:
    # Customers are answered also where nothing of this can be written, such as to a log on a full disk.
    address = f"http://{name}:{port}"
    note(f"\nChat:  {address}/chat/\nDesk:  {address}/desk/\nLive:  version {version}")
    if password:
        out.print(f"\nSign in at the desk as lead with this password: {password}")
        note("It is shown only now; `assistant operator reset lead` makes another.")
    if retrain_at:
        note(f"Retrain: every day at {retrain_at:%H:%M}")
    note("Stop with Ctrl+C.\n")
