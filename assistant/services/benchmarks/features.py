"""Embeddings kept on disk between benchmark runs, so that a second run spends no time on the encoder."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.model.encoder import CachedEncoder, Progress, TextEncoder
from assistant.reading import read_whole
from assistant.services.files import require_folder, write_atomically


def cached_features(
    encoder: TextEncoder, texts: Sequence[str], folder: Path, dataset: str, progress: Progress | None = None
) -> CachedEncoder:
    """The encoder with all `texts` embedded: from the file of this data set and encoder, the rest afresh.

    A text is found by its hash, so an edited data set embeds only what changed. A damaged file is rebuilt.
    Raises InputError when the folder cannot be written.
    """
    file = folder / f"{hashlib.sha256(dataset.encode()).hexdigest()[:16]}-{encoder.fingerprint[:16]}.npz"
    distinct = list(dict.fromkeys(texts))
    keys = [hashlib.sha256(text.encode()).digest() for text in distinct]
    known = _load(file, encoder)
    missing = [row for row, key in enumerate(keys) if key not in known]
    if missing:
        require_folder(folder)  # before the long part, so that a wrong folder is told at once
        vectors = encoder.embed([distinct[row] for row in missing], progress)
        known |= {keys[row]: vector for row, vector in zip(missing, vectors, strict=True)}
        _save(file, encoder, known)
    cached = CachedEncoder(encoder)
    cached.remember(distinct, np.stack([known[key] for key in keys]))
    return cached


def _load(file: Path, encoder: TextEncoder) -> dict[bytes, NDArray[np.float32]]:
    """The vectors by the sha256 of their text; none when the file is missing, damaged or of another encoder."""
    try:
        with np.load(io.BytesIO(read_whole(file, most=None)), allow_pickle=False) as arrays:
            keys, vectors, fingerprint = arrays["keys"], arrays["vectors"], str(arrays["fingerprint"])
    except Exception:  # zipfile, zlib and numpy raise a dozen types here; they all mean: embed again
        return {}
    whole = (
        fingerprint == encoder.fingerprint
        and keys.dtype == np.uint8
        and keys.shape[1:] == (32,)
        and vectors.dtype == np.float32
        and vectors.shape == (*keys.shape[:1], encoder.dimension)
        and bool(np.isfinite(vectors).all())
    )
    return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)} if whole else {}


def _save(file: Path, encoder: TextEncoder, known: dict[bytes, NDArray[np.float32]]) -> None:
    buffer = io.BytesIO()
    keys = np.frombuffer(b"".join(known), dtype=np.uint8).reshape(len(known), 32)
    np.savez(buffer, keys=keys, vectors=np.stack(list(known.values())), fingerprint=np.array(encoder.fingerprint))
    write_atomically(file, buffer.getvalue())
