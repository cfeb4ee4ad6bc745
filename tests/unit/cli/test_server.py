"""How `assistant serve` starts."""

from __future__ import annotations

import gc
import http.client
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from assistant.bootstrap import Assistant
from assistant.cli import server
from assistant.cli.server import listen, loading, name_of, web_server
from assistant.errors import AssistantError
from assistant.model.encoder import Encoder
from assistant.services.runs.setup import set_up
from assistant.settings import Settings
from assistant.store import Store, open_engine
from tests import commands
from tests.shops import CLEARLY, INTENTS, PLAN, Shop, corpus, train


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_garbage_collection_waits_while_all_is_loaded_and_leaves_it_out_afterwards() -> None:
    with loading():
        assert not gc.isenabled()
        loaded: dict[str, list[object]] = {"a": []}
        loaded["a"].append(loaded)
    assert gc.isenabled()
    assert not any(found is loaded for found in gc.get_objects())


def test_garbage_collection_goes_on_when_loading_fails() -> None:
    with pytest.raises(OSError, match="gone"), loading():
        raise OSError("gone")
    assert gc.isenabled()


def test_of_two_servers_that_start_at_once_the_second_is_told_that_the_port_is_in_use() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(AssistantError, match=f"cannot serve on 127.0.0.1:{port}: .*choose another with --port"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "allowed", "name"),
    [
        ("127.0.0.1", ("localhost", "127.0.0.1"), "localhost"),
        ("0.0.0.0", ("help.shop.example", "localhost"), "localhost"),
        ("::", ("localhost", "127.0.0.1"), "localhost"),
        ("::1", ("localhost", "127.0.0.1"), "localhost"),
        ("localhost", ("localhost", "127.0.0.1"), "localhost"),
        ("10.0.0.5", ("localhost", "help.shop.example", "10.0.0.5"), "10.0.0.5"),
        ("10.0.0.5", ("localhost",), "10.0.0.5"),
        ("2001:db8::5", ("localhost",), "[2001:db8::5]"),
        ("2001:db8::5", ("help.shop.example", "localhost"), "help.shop.example"),
        ("0.0.0.0", ("help.shop.example",), "help.shop.example"),
    ],
)
def test_the_address_that_is_told_is_one_that_the_server_answers_to(
    host: str, allowed: tuple[str, ...], name: str
) -> None:
    assert name_of(host, allowed) == name


WITHOUT_PATH = """
import os, sys
from assistant.cli import main
sys.argv = ["assistant", "--help"]
try:
    main()
except SystemExit:
    import gradio
"""


def test_an_environment_without_path_is_enough_for_the_pages() -> None:
    without = {name: value for name, value in os.environ.items() if name != "PATH"}
    line = [sys.executable, "-c", WITHOUT_PATH]
    ended = subprocess.run(line, env=without, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    """A page that goes on listening, as every open one does."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        await receive()
        await receive()


def test_a_server_that_is_stopped_leaves_no_stack_traces_of_the_pages_that_are_open(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "GRACE_SECONDS", 0)
    with listen("127.0.0.1", 0) as listening:
        serving = web_server(endless)
        monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]})
        thread.start()
        page = http.client.HTTPConnection("127.0.0.1", listening.getsockname()[1], timeout=10)
        page.request("GET", "/")
        assert page.getresponse().status == 200
        serving.should_exit = True
        thread.join(10)
        page.close()
    assert "Cancel 1 running task(s)" in caplog.text
    assert "Traceback" not in caplog.text


def test_of_a_server_that_has_stopped_the_database_file_alone_has_all_that_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def soon_stopped(app: Callable[..., Any], last: Callable[[], object]) -> uvicorn.Server:
        serving = web_server(app, last)
        serving.should_exit = True
        return serving

    followed = SimpleNamespace(follow=lambda seconds: lambda: None, version="v1")
    monkeypatch.setattr(server, "_application", lambda parts: (endless, followed, followed))
    monkeypatch.setattr(server, "web_server", soon_stopped)
    shop = Shop(tmp_path / "var")
    shop.label(*train("refund", 1))
    with listen("127.0.0.1", 0) as listening:
        server.run(Assistant(Settings(data=shop.data)), listening, lambda: None, None, None)
    shutil.copy(shop.data / "assistant.db", tmp_path / "copy.db")
    with Store(open_engine(tmp_path / "copy.db")).unit(read_only=True) as uow:
        assert [example.intent for example in uow.examples.pending()] == ["refund"]
    shop.engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize(("more", "told"), [(8, True), (40, False)])
def test_the_first_start_tells_of_texts_whose_script_the_encoder_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: int, told: bool
) -> None:
    described = {name: {"title": name, "answer": "Yes.", "action": "answer"} for name in ("refund", "delivery")}
    rows = [f"refund {number},refund" for number in range(more)] + ["包裹在哪里,delivery", "😀,refund"]
    (tmp_path / "intents.json").write_text(json.dumps(described))
    (tmp_path / "train.csv").write_text("\n".join(["text,intent", *rows]), encoding="utf-8")
    (tmp_path / "holdout.csv").write_text("text,intent\nI want a refund,refund\n")
    monkeypatch.setattr(server, "run", lambda *given: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_CORPUS", ".")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert commands.run(monkeypatch, "serve", "--port", str(port)) == 0
    said = capsys.readouterr().out
    assert f"Training a first version on {len(rows)} messages …\n" in said
    if told:
        assert f"'embedded' does not know the script of 2 of the {len(rows)} texts to train on" in said
        assert 'set encoder = "xlm-roberta-base"' in said
    else:
        assert "Note" not in said


@pytest.mark.slow
def test_a_later_start_with_another_encoder_says_how_to_change_to_it(
    tiny_roberta: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Shop(tmp_path / "var", encoder=Encoder(str(tiny_roberta)))
    set_up(shop.store, corpus(*INTENTS, repeat=CLEARLY), shop.encoder, PLAN, shop.folder)
    followed = SimpleNamespace(follow=lambda seconds: lambda: None)
    monkeypatch.setattr(server, "_application", lambda parts: (None, parts.serving_model(), followed))
    monkeypatch.setattr(server, "web_server", lambda app, last: SimpleNamespace(run=lambda sockets: None))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_SERVING__ENGINE", "torch")

    def said() -> str:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        assert commands.run(monkeypatch, "serve", "--port", str(port)) == 0
        return capsys.readouterr().out

    assert "Note" not in said()
    monkeypatch.setenv("ASSISTANT_ENCODER", str(tiny_roberta.parent / "." / "up" / ".." / tiny_roberta.name))
    assert "Note" not in said()
    monkeypatch.setenv("ASSISTANT_ENCODER", "xlm-roberta-base")
    told = said()
    assert (
        f"Note: the setting encoder = 'xlm-roberta-base' is for a first version, and version {shop.live().id}" in told
    )
    assert f"answers with '{tiny_roberta}': `assistant encoder switch xlm-roberta-base` teaches" in told
