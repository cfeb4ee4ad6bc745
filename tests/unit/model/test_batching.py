"""Callers that meet at one encoder: each gets its own embeddings, in few forward passes, and errors reach all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import BusyError
from assistant.model.batching import BatchingEncoder
from assistant.model.encoder import Encoder, Progress, Vectors
from assistant.model.onnx_encoder import OnnxEncoder
from assistant.model.onnx_export import export
from tests.synthetic import WordEncoder


class Gated(WordEncoder):
    """Lets no batch through before `open` is set; `batches` are those that came."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.entered = threading.Event(), threading.Event()
        self.batches: list[list[str]] = []
        self.failing: Exception | None = None

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.batches.append(list(texts))
        self.entered.set()
        assert self.open.wait(10)
        if self.failing is not None and "poison" in texts:
            raise self.failing
        return super().embed(texts)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def queued(
    pool: ThreadPoolExecutor, gated: Gated, batching: BatchingEncoder, calls: Sequence[Sequence[str]]
) -> list[Future[Vectors]]:
    """One future for a first call that is at work, and for each of `calls`, which wait behind it in this order."""
    futures = [pool.submit(batching.embed, ["first"])]
    assert gated.entered.wait(10)
    for number, call in enumerate(calls, 1):
        futures.append(pool.submit(batching.embed, call))
        until(lambda number=number: len(batching._waiting) == number)  # type: ignore[misc]
    return futures


@pytest.fixture
def gated() -> Gated:
    return Gated()


def test_a_lone_caller_is_embedded_at_once_and_leaves_nothing_behind(gated: Gated) -> None:
    gated.open.set()
    batching, threads = BatchingEncoder(gated), threading.active_count()
    for text in ("a", "b"):
        np.testing.assert_array_equal(batching.embed([text]), WordEncoder().embed([text]))
    assert gated.batches == [["a"], ["b"]]
    assert batching.embed([]).shape[0] == 0
    assert (threading.active_count(), batching._busy, len(batching._waiting)) == (threads, False, 0)


def test_it_is_the_encoder_that_it_batches(gated: Gated) -> None:
    batching = BatchingEncoder(gated)
    assert (batching.name, batching.fingerprint, batching.dimension) == (gated.name, gated.fingerprint, gated.dimension)


def test_those_who_come_meanwhile_are_embedded_together_in_their_order(gated: Gated) -> None:
    batching, calls = BatchingEncoder(gated, batch_size=4), [["b"], ["c", "d"], ["e"], ["f"], list("ghijkl"), ["m"]]
    with ThreadPoolExecutor(8) as pool:
        futures = queued(pool, gated, batching, calls)
        gated.open.set()
        for future, call in zip(futures, [["first"], *calls], strict=True):
            np.testing.assert_array_equal(future.result(10), WordEncoder().embed(call))
    assert gated.batches == [["first"], ["b", "c", "d", "e"], ["f"], list("ghijkl"), ["m"]]


def test_an_error_reaches_every_caller_of_the_batch_and_nobody_else(gated: Gated) -> None:
    batching, gated.failing = BatchingEncoder(gated, batch_size=2), ValueError("no such text")
    with ThreadPoolExecutor(8) as pool:
        futures = queued(pool, gated, batching, [["a"], ["poison"], ["b"]])
        gated.open.set()
        assert [str(future.exception(10)) for future in futures] == ["None", "no such text", "no such text", "None"]
    assert batching.embed(["after"]).shape[0] == 1


def test_a_call_beyond_the_queue_is_refused_and_the_others_are_served(gated: Gated) -> None:
    batching = BatchingEncoder(gated, queue=2)
    with ThreadPoolExecutor(4) as pool:
        futures = queued(pool, gated, batching, [["a"], ["b"]])
        with pytest.raises(BusyError, match="2 calls wait for the encoder already"):
            batching.embed(["c"])
        gated.open.set()
        assert [len(future.result(10)) for future in futures] == [1, 1, 1]


def test_many_threads_get_what_is_theirs() -> None:
    batching, plain = BatchingEncoder(WordEncoder()), WordEncoder()
    asked = [[f"word{number} {n}" for n in range(number % 4)] for number in range(400)]
    with ThreadPoolExecutor(16) as pool:
        for call, vectors in zip(asked, pool.map(batching.embed, asked), strict=True):
            np.testing.assert_array_equal(vectors, plain.embed(call))


@pytest.mark.slow
def test_callers_together_are_not_slower_than_one_after_the_other(tiny_roberta: Path) -> None:
    encoder = OnnxEncoder(export(Encoder(str(tiny_roberta))))
    batching, texts = BatchingEncoder(encoder), [[f"where is my parcel number {n % 90}"] for n in range(600)]

    def seconds(run: Callable[[], object]) -> float:
        started = time.perf_counter()
        run()
        return time.perf_counter() - started

    def together() -> None:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(batching.embed, texts))

    # The best of each, in turns: other processes on the machine slow down either.
    pairs = [(seconds(together), seconds(lambda: [batching.embed(text) for text in texts])) for _ in range(5)]
    assert min(pair[0] for pair in pairs) <= 1.1 * min(pair[1] for pair in pairs)
