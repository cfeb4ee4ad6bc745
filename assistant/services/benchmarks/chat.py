"""How long a customer waits: messages to a running server, sent over HTTP as the page sends them."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from time import perf_counter, sleep
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from assistant.errors import AssistantError, InputError

Progress = Callable[[str, int, int], None]
PATH = "/chat"
API = f"{PATH}/gradio_api/queue"
TIMEOUT_SECONDS = 30.0
BROKEN = (OSError, http.client.HTTPException)  # what a connection raises that is refused, cut off, or no HTTP
SAY = "say"  # the name of the page's event that sends a message


@dataclass(frozen=True, slots=True)
class Wait:
    """Milliseconds from sending until the whole answer is there."""

    name: str
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class ChatWaits:
    """First messages of a conversation, which also start it, then later ones."""

    messages: int
    rows: tuple[Wait, ...]

    def as_json(self) -> dict[str, Any]:
        rows = [{"name": row.name, "p50_ms": row.p50_ms, "p95_ms": row.p95_ms} for row in self.rows]
        return {"messages": self.messages, "rows": rows}

    def as_markdown(self) -> str:
        lines = ["| message | answer p50 ms | p95 ms |", "|---|---:|---:|"]
        lines += [f"| {row.name} | {row.p50_ms:.0f} | {row.p95_ms:.0f} |" for row in self.rows]
        return "\n".join(lines) + "\n"


class _TooSoonError(Exception):
    """The server wants to be asked again after so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Page:
    """One open page of the chat, in a browser of its own."""

    def __init__(self, address: str) -> None:
        """Raises InputError for what is no address, AssistantError when no chat of ours answers there."""
        self._host, self._port = _place(address)
        self._session = secrets.token_hex(6)
        self._cookie = ""
        try:
            with self._ask("GET", f"{PATH}/") as opened:
                self._cookie = (opened.getheader("set-cookie") or "").split(";")[0]
            with self._ask("GET", f"{PATH}/config") as answer:
                events = json.load(answer)["dependencies"]
            self._say = next(event["id"] for event in events if event["api_name"] == SAY)
        except (AssistantError, *BROKEN, ValueError, KeyError, TypeError, StopIteration) as error:
            told = f"no chat answers at {address} ({str(error).strip()})"
            raise AssistantError(f"{told}; start it with `assistant serve` and name its address") from error

    def say(self, text: str) -> float:
        """Sends `text`; seconds until its answer is there. Raises AssistantError without one."""
        try:
            return self._answered(text)
        except BROKEN as error:
            told = f"the server gave no whole answer to {text[:60]!r} ({error})"
            raise AssistantError(f"{told}; look whether it still runs, and at its log") from error

    def _answered(self, text: str) -> float:
        event = {"fn_index": self._say, "data": [None, text], "session_hash": self._session}
        while True:
            started = perf_counter()
            try:
                with self._ask("POST", f"{API}/join", event) as joined:
                    joined.read()
                break
            except _TooSoonError as error:  # faster than all the customers at one address may be
                sleep(error.seconds)
        for message in self._events():
            if message["msg"] == "process_completed":
                if not message["success"]:
                    raise AssistantError(f"the server could not answer {text[:60]!r}; its log says why")
                return perf_counter() - started
        raise AssistantError("the server ended the connection before the answer; its log says why")

    def _events(self) -> Iterator[dict[str, Any]]:
        with self._ask("GET", f"{API}/data?session_hash={self._session}") as stream:
            for line in stream:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])

    @contextmanager
    def _ask(self, method: str, path: str, body: object = None) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
        sent = {"Content-Type": "application/json"} | ({"Cookie": self._cookie} if self._cookie else {})
        with closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            with closing(connection.getresponse()) as answer:
                if answer.status == http.client.TOO_MANY_REQUESTS:
                    raise _TooSoonError(int(answer.getheader("retry-after") or 1))
                if answer.status != http.client.OK:
                    raise AssistantError(f"{method} {path} was answered with {answer.status} {answer.reason}")
                yield answer


def _place(address: str) -> tuple[str, int]:
    """Host and port. Raises InputError."""
    try:
        url = urlsplit(address)
        scheme, host, port = url.scheme, url.hostname, url.port or 80
    except ValueError:  # a port that is no number, or half a bracket
        scheme, host, port = "", None, 0
    if scheme != "http" or not host:
        raise InputError(f"{address!r} is no address of a server; write for example http://localhost:7860")
    return host, port


def run_chat(address: str, texts: Sequence[str], progress: Progress) -> ChatWaits:
    """Asks `texts` in pairs: the first of each starts a conversation of its own, the second goes on in it."""
    taken: dict[str, list[float]] = {"first of a conversation": [], "later": []}
    opened = Page(address)
    progress("messages", 0, len(texts))
    opened.say(texts[0])  # the first of all is slow; no customer's wait is like it
    page = None
    for number, text in enumerate(texts, 1):
        if page is None:
            page, name = Page(address), "first of a conversation"
            taken[name].append(page.say(text))
        else:
            taken["later"].append(page.say(text))
            page = None
        progress("messages", number, len(texts))
    return ChatWaits(len(texts), tuple(_wait(name, seconds) for name, seconds in taken.items()))


def _wait(name: str, seconds: Sequence[float]) -> Wait:
    done = 1e3 * np.array(seconds)
    return Wait(name, float(np.median(done)), float(np.percentile(done, 95)))
