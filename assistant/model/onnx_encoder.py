"""Texts to embeddings by ONNX Runtime and a fast tokenizer: what serving needs of an encoder, without torch."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from assistant.errors import EncoderError
from assistant.model.encoder import Progress, Vectors

GRAPH, TOKENIZER, DESCRIPTION = "model.onnx", "tokenizer.json", "export.json"
WARNINGS_OFF = 3  # of the runtime's log: they are about the graph's making, not about its use


def threads(setting: str) -> int:
    """How many threads OMP_NUM_THREADS gives to a computation that is in no other; 0, one per core, where it says none.

    It may list a number for each level of nesting; OpenMP, and torch with it, passes over what is no positive number.
    """
    first = setting.partition(",")[0].strip()
    return int(first) if first.isdecimal() else 0


class OnnxEncoder:
    """An encoder from the files that `assistant.model.onnx_export` made of a torch one; equal to it within 1e-4.

    A batch holds at most `batch_size` texts of nearly the same length, since padding costs as much as text.
    Raises EncoderError when the files are not such an export.
    """

    def __init__(self, files: Mapping[str, bytes], *, batch_size: int = 32, padding: int = 4) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads(os.environ.get("OMP_NUM_THREADS", ""))  # as torch
        options.log_severity_level = WARNINGS_OFF
        # An idle thread that spins takes the core from whoever computes next: the web server, another forward pass.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            described = json.loads(files[DESCRIPTION])
            self.name, self.fingerprint = str(described["name"]), str(described["fingerprint"])
            self.dimension = int(described["dimension"])
            self._pad = int(described["pad"])
            self._tokenizer = Tokenizer.from_buffer(files[TOKENIZER])
            self._tokenizer.no_padding()
            self._tokenizer.no_truncation()
            if described["tokens"] is not None:
                self._tokenizer.enable_truncation(int(described["tokens"]), direction=described["cut"])
            self._session = onnxruntime.InferenceSession(files[GRAPH], options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime and the tokenizer raise types of their own, some not even exported
            raise EncoderError(f"the export of an encoder cannot be used ({str(error).splitlines()[0]})") from error
        self._inputs = [each.name for each in self._session.get_inputs()]
        self._batch_size, self._padding = batch_size, padding

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embeddings of `texts`. Shape: (len(texts), dimension), float32, each row of unit length."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        done = 0
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        for rows in self._batches(encodings):
            vectors[rows] = self._forward([encodings[row] for row in rows])
            done += len(rows)
            if progress:
                progress(done, len(texts))
        return vectors

    def _batches(self, encodings: Sequence[Encoding]) -> Iterator[list[int]]:
        """Row numbers of texts to embed together, short ones first."""
        rows: list[int] = []
        for row in sorted(range(len(encodings)), key=lambda i: len(encodings[i])):
            longer = rows and len(encodings[row]) > len(encodings[rows[0]]) + self._padding
            if longer or len(rows) == self._batch_size:
                yield rows
                rows = []
            rows.append(row)
        if rows:
            yield rows

    def _forward(self, batch: Sequence[Encoding]) -> Vectors:
        shape = (len(batch), max(len(encoding) for encoding in batch))
        fed: dict[str, NDArray[np.int64]] = {
            "input_ids": np.full(shape, self._pad, dtype=np.int64),
            "attention_mask": np.zeros(shape, dtype=np.int64),
            "token_type_ids": np.zeros(shape, dtype=np.int64),
        }
        for row, encoding in enumerate(batch):
            fed["input_ids"][row, : len(encoding)] = encoding.ids
            fed["attention_mask"][row, : len(encoding)] = 1
            fed["token_type_ids"][row, : len(encoding)] = encoding.type_ids
        vectors: Vectors = self._session.run(None, {name: fed[name] for name in self._inputs})[0]
        return vectors
