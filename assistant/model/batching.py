"""Callers that meet at one encoder share a forward pass; one that comes alone waits for nobody."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from assistant.errors import BusyError
from assistant.model.encoder import Progress, TextEncoder, Vectors


class _Call:
    """One caller's texts and, once it is settled, their embeddings or the error."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)
        self.vectors: Vectors | None = None
        self.error: BaseException | None = None
        self.woken = threading.Event()

    @property
    def settled(self) -> bool:
        return self.vectors is not None or self.error is not None

    def result(self) -> Vectors:
        if self.vectors is None:
            raise self.error or RuntimeError("a call was asked for its result before it was settled")
        return self.vectors


class BatchingEncoder:
    """`encoder` for many threads at once.

    The first caller embeds in its own thread; those who come meanwhile are embedded together in the next batch, by the
    first of them. There is no thread to start, feed or stop, and an idle encoder costs a caller two locks. Calls are
    served in the order of their arrival. A batch takes calls while they have at most `batch_size` texts together (a
    larger call goes alone), and at most `queue` calls wait: with both bounded, so is the time that a caller waits.
    embed() raises BusyError for a call beyond the queue; what the encoder raises reaches every caller of the batch.
    """

    def __init__(self, encoder: TextEncoder, *, batch_size: int = 32, queue: int = 256) -> None:
        self.name, self.fingerprint, self.dimension = encoder.name, encoder.fingerprint, encoder.dimension
        self._encoder, self._batch_size, self._queue = encoder, batch_size, queue
        self._lock = threading.Lock()
        self._waiting: deque[_Call] = deque()
        self._busy = False

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embeddings of `texts`. Shape: (len(texts), dimension), float32, each row of unit length."""
        call = _Call(texts)
        with self._lock:
            if self._busy and len(self._waiting) >= self._queue:
                raise BusyError(f"{self._queue} calls wait for the encoder already; try again in a moment")
            self._waiting.append(call)
            leads, self._busy = not self._busy, True
        if not leads:
            call.woken.wait()
        if not call.settled:
            self._lead()
        if progress:
            progress(len(call.texts), len(call.texts))
        return call.result()

    def _lead(self) -> None:
        """Embeds the next batch, which the leading call is the first of, and hands over to the first one after it."""
        with self._lock:
            batch = [self._waiting.popleft()]
            size = len(batch[0].texts)
            while self._waiting and size + len(self._waiting[0].texts) <= self._batch_size:
                batch.append(self._waiting.popleft())
                size += len(batch[-1].texts)
        try:
            vectors = self._encoder.embed([text for call in batch for text in call.texts])
            first = 0
            for call in batch:
                call.vectors = vectors[first : first + len(call.texts)]
                first += len(call.texts)
        except BaseException as error:  # whoever waits must hear of it, whatever it is
            for call in batch:
                call.error = error
        finally:
            with self._lock:
                follower = self._waiting[0] if self._waiting else None
                self._busy = follower is not None
            for call in batch if follower is None else [*batch, follower]:
                call.woken.set()
