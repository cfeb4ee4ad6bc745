"""How `assistant serve` starts."""

from __future__ import annotations

import gc
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cli import server
from assistant.cli.server import listen, loading
from assistant.errors import AssistantError
from tests import commands


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
    if told:
        assert f"'embedded' does not know the script of 2 of the {len(rows)} texts to train on" in said
        assert 'set encoder = "xlm-roberta-base"' in said
    else:
        assert said == ""
