"""What no page of ours sends to an event is refused before Gradio reads it, and leaves no stack trace in the log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.unit.web.conftest import MOUNTS, mounted, sign_in
from ui.app import CHAT

# Of a public host Gradio would fetch it, whatever its size, and keep it.
FILE = {"path": "http://192.0.2.1/large", "meta": {"_type": "gradio.FileData"}}
JSON = {"content-type": "application/json"}


def event_of(app: FastAPI, mount: str, inputs: int) -> int:
    """An event of the page with at least so many inputs."""
    events = mounted(app, mount).get_blocks().fns
    return int(next(number for number, event in events.items() if event.fn is not None and len(event.inputs) >= inputs))


def say(client: TestClient, app: FastAPI, text: object, session: str) -> dict[str, Any]:
    events = mounted(app, CHAT).get_blocks().fns
    event = next(number for number, event in events.items() if getattr(event.fn, "__name__", "") == "say")
    asked = {"fn_index": event, "data": [None, text], "session_hash": session}
    assert client.post(f"{CHAT}/gradio_api/queue/join", content=json.dumps(asked), headers=JSON).is_success
    with client.stream("GET", f"{CHAT}/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            if "process_completed" in line or "unexpected_error" in line:
                came: dict[str, Any] = json.loads(line.removeprefix("data:"))
                return came
    pytest.fail("the answer did not come")


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("value", [FILE, [{"a": FILE}], {"path": "/etc/passwd", "meta": 3}])
def test_no_event_fetches_a_file(app: FastAPI, client: TestClient, mount: str, value: object) -> None:
    sign_in(client)
    asked = {"fn_index": event_of(app, mount, 2), "data": [value] * 30, "session_hash": "made-up"}
    answer = client.post(f"{mount}/gradio_api/queue/join", json=asked)
    assert (answer.status_code, answer.json()["detail"]) == (422, "No page here takes files. Please reload the page.")


@pytest.mark.parametrize("mount", MOUNTS)
def test_too_few_values_are_refused_in_words(app: FastAPI, client: TestClient, mount: str) -> None:
    sign_in(client)
    asked = {"fn_index": event_of(app, mount, 2), "data": [None], "session_hash": "made-up"}
    answer = client.post(f"{mount}/gradio_api/queue/join", json=asked)
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith("values and was given 1. Please reload the page.")


def test_lists_in_lists_without_end_are_refused(app: FastAPI, client: TestClient) -> None:
    body = '{"fn_index": %d, "session_hash": "made-up", "data": [null, %s]}'
    deep = body % (event_of(app, CHAT, 2), "[" * 500 + "]" * 500)
    answer = client.post(f"{CHAT}/gradio_api/queue/join", content=deep, headers=JSON)
    assert (answer.status_code, "lists in lists" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("text", "why"),
    [("\ud800", "write a few words"), ("x" * 3000 + "\ud83d", "keep it to 2,000"), (None, "write a few words")],
)
def test_a_text_that_cannot_be_taken_is_answered_whatever_is_in_it(
    app: FastAPI, client: TestClient, text: str | None, why: str
) -> None:
    came = say(client, app, text, f"sayer{len(str(text))}")
    assert came["success"]
    assert why in json.dumps(came["output"])
