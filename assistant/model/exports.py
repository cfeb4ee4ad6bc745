"""Encoders for serving: exported once, kept in the data folder, verified before every use."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.drafts import sweep_drafts
from assistant.errors import CorruptVersionError, EncoderError
from assistant.model.artifact import read_folder, write_folder
from assistant.model.encoder import Encoder, TextEncoder
from assistant.model.onnx_encoder import OnnxEncoder

log = logging.getLogger(__name__)

TOLERANCE = 1e-4
FORMAT = 1  # of the files; raise it when they are made otherwise, and every encoder is exported anew
NAMED = 32  # characters of a fingerprint that name its folder
PLACE = re.compile(rf"[0-9a-f]{{{NAMED}}}-\d+(-int8)?")
PROBES = ["", "ok", "Where is my parcel?", "Grüße – 你好 😀", "I want my money back. " * 100]


@dataclass(frozen=True)
class Exports:
    """`folder` holds one folder for each encoder, written whole, with the sha256 of every file in its manifest."""

    folder: Path

    def encoder(self, fingerprint: str, load: Callable[[], Encoder]) -> TextEncoder:
        """The encoder with this fingerprint, on ONNX Runtime.

        `load` gives the torch encoder; it is called when there is no export yet, or a damaged one, and what it gives
        is returned itself where it cannot be exported or has another fingerprint.
        """
        kept = self._place(fingerprint)
        found = _kept(kept, fingerprint)
        if found is not None:
            return found
        encoder = load()
        return encoder if encoder.fingerprint != fingerprint else _exported(encoder, kept)

    def eight_bit(self, fingerprint: str, load: Callable[[], Encoder]) -> OnnxEncoder | None:
        """The encoder with this fingerprint and weights of eight bits, made of the export; None where there is none."""
        kept = self.folder / f"{self._place(fingerprint).name}-int8"
        found = _kept(kept, fingerprint)
        if found is not None or not isinstance(self.encoder(fingerprint, load), OnnxEncoder):
            return found
        from assistant.model.onnx_int8 import eight_bit

        try:
            files = eight_bit(read_folder(self._place(fingerprint)))
            found = OnnxEncoder(files)
            sweep_drafts(kept.parent)
            shutil.rmtree(kept, ignore_errors=True)
            write_folder(kept, files)
        except Exception as error:  # whatever the rounding raises; the export itself can serve
            log.warning("encoder %s cannot have weights of eight bits (%s)", fingerprint[:12], error)
        return found

    def keep_only(self, fingerprints: Collection[str]) -> int:
        """Deletes the exports of all other encoders; the bytes that they took. Whoever needs one makes it anew."""
        kept, freed = {fingerprint[:NAMED] for fingerprint in fingerprints}, 0
        for place in self.folder.glob("*"):
            if PLACE.fullmatch(place.name) and place.name[:NAMED] not in kept:
                freed += sum(file.stat().st_size for file in place.glob("*"))
                shutil.rmtree(place, ignore_errors=True)
        return freed

    def _place(self, fingerprint: str) -> Path:
        return self.folder / f"{fingerprint[:NAMED]}-{FORMAT}"


def _kept(folder: Path, fingerprint: str) -> OnnxEncoder | None:
    """The encoder that lies there; None where nothing does, or what is damaged or of another one."""
    try:
        if not folder.exists():
            return None
        found = OnnxEncoder(read_folder(folder))
        if found.fingerprint == fingerprint:
            found.embed(PROBES)
            return found
        problem = f"it is of the encoder {found.fingerprint[:12]}"
    except Exception as error:  # this user may not even look, or the runtime cannot use what it could read
        problem = str(error.__cause__ or error)
    log.warning("the export in %s cannot be used and is made anew: %s", folder, problem)
    return None


def _exported(encoder: Encoder, kept: Path) -> TextEncoder:
    log.info("exporting encoder %s for ONNX Runtime; this takes some seconds, once", encoder.name)
    try:
        # Imported here: torch is needed for the export alone.
        from assistant.model.onnx_export import export

        files = export(encoder)
        served = OnnxEncoder(files)
        apart = float(np.abs(served.embed(PROBES) - encoder.embed(PROBES)).max())
        if not apart <= TOLERANCE:
            raise EncoderError(f"its embeddings are {apart:.1e} apart from torch's, {TOLERANCE:.0e} is allowed")
    except Exception as error:  # whatever an exporter raises, torch itself can serve
        log.warning("encoder %s cannot be exported (%s); torch serves it, which is slower", encoder.name, error)
        return encoder
    try:
        sweep_drafts(kept.parent)
        shutil.rmtree(kept, ignore_errors=True)
        write_folder(kept, files)
    except CorruptVersionError as error:
        log.warning("the export could not be kept, so the next start makes it again: %s", error.__cause__ or error)
    return served
