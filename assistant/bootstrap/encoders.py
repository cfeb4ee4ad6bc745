"""The encoders of versions, each loaded once: with torch to learn, on the engine of the settings to serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from assistant.settings import Settings

if TYPE_CHECKING:  # torch and everything above it loads only where a command needs it
    from assistant.model.artifact import EncoderSource
    from assistant.model.encoder import Encoder, TextEncoder
    from assistant.model.exports import Exports

# The live version's and the one's before: each consolidation makes another, and a server runs for months.
AT_HAND = 2


@dataclass(frozen=True)
class VersionEncoders:
    """`named` loads one with torch, by a name as in the settings."""

    settings: Settings
    named: Callable[[str], Encoder]

    @property
    def exports(self) -> Exports:
        from assistant.model.exports import Exports

        return Exports(self.settings.exports)

    def of(self, source: EncoderSource) -> Encoder:
        """With torch: by its name, or the one that the version folder holds."""
        return self.named(source.name) if source.folder is None else self._tuned(source)

    @cached_property
    def _tuned(self) -> Callable[[EncoderSource], Encoder]:
        from assistant.model.tuned import TunedEncoder

        return lru_cache(AT_HAND)(lambda source: TunedEncoder(source.folder, source.name))

    def answering(self, source: EncoderSource) -> TextEncoder:
        """On the engine of the settings, in single precision: where that is an export, the encoder that it was made of
        may be gone or another by now."""
        return self.of(source) if self.settings.serving.engine == "torch" else self.exported(source)

    @cached_property
    def serving(self) -> Callable[[EncoderSource], TextEncoder]:
        """On the engine of the settings, for many threads."""
        from assistant.model.batching import BatchingEncoder

        return lru_cache(AT_HAND)(lambda source: BatchingEncoder(self.answering(source)))

    def exported(self, source: EncoderSource) -> TextEncoder:
        """In single precision without torch, where there is an export."""
        return self.exports.encoder(source.fingerprint, lambda: self.of(source))

    @cached_property
    def rounded(self) -> Callable[[EncoderSource], TextEncoder | None]:
        """That of eight bits; None where it cannot have such weights."""

        def load(source: EncoderSource) -> TextEncoder | None:
            return self.exports.eight_bit(source.fingerprint, lambda: self.of(source))

        return lru_cache(AT_HAND)(load)

    def export(self, encoder: TextEncoder) -> None:
        """Makes what the running chat will ask for, so that it need not load torch to make it itself.

        Raises EncoderError for an encoder without torch.
        """
        from assistant.model.encoder import torch_encoder

        engine, given = self.settings.serving.engine, torch_encoder(encoder)
        if engine != "torch":
            self.exports.encoder(given.fingerprint, lambda: given)
        if engine == "onnx-int8":
            self.exports.eight_bit(given.fingerprint, lambda: given)
