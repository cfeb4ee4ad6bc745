"""How fast a consolidation trains an encoder, beside the plain Trainer of transformers on the same texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import torch

from assistant.errors import InputError
from assistant.learning.lessons import Lessons
from assistant.learning.tuning import TuningPlan, tune
from assistant.model.encoder import Encoder
from assistant.model.tuned import TrainableEncoder
from assistant.services.rows.corpus import read_corpus
from assistant.strategies import Spec

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
SENTENCES = 6  # of the corpus that the longest text is joined from; the others have fewer


@dataclass(frozen=True, slots=True)
class Geometry:
    """The size of a RoBERTa. `inner` is the width between the two linear layers of a block."""

    layers: int
    width: int
    heads: int
    inner: int
    vocabulary: int


GEOMETRIES = {
    "roberta-base": Geometry(12, 768, 12, 3072, 50_265),
    "small": Geometry(2, 64, 4, 128, 1_000),
}


@dataclass(frozen=True, slots=True)
class Speed:
    """Samples a second in the steps after the first few, by the consolidation's loop and by the Trainer."""

    scope: str
    ours: float
    trainer: float

    @property
    def ratio(self) -> float:
        return self.ours / self.trainer


@dataclass(frozen=True, slots=True)
class Training:
    """`steps` were timed of each, after `warm` that were not; the Trainer took the same texts in batches as large."""

    device: str
    geometry: str
    batch: int
    warm: int
    steps: int
    speeds: tuple[Speed, ...]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "speeds": [{**asdict(speed), "ratio": speed.ratio} for speed in self.speeds]}

    def as_markdown(self) -> str:
        lines = [
            f"{self.geometry} on {self.device}, {self.steps} steps of {self.batch} samples",
            "",
            "| scope | samples/s | Trainer of transformers | ratio |",
            "|---|---:|---:|---:|",
        ]
        for speed in self.speeds:
            lines.append(f"| {speed.scope} | {speed.ours:.1f} | {speed.trainer:.1f} | {speed.ratio:.2f} |")
        return "\n".join(lines)


def run_training(
    geometry: str = "roberta-base",
    *,
    batch: int = 32,
    warm: int = 20,
    steps: int = 100,
    scopes: tuple[str, ...] = ("full", "lora"),
    progress: Callable[[str, int, int], None] | None = None,
) -> Training:
    """Trains random weights of this geometry on texts of one to six sentences of the shop corpus.

    Both sides have the same geometry, texts, precision (bf16 on a GPU), optimizer and clipping; what each does besides
    is its own: the consolidation distils and sorts by length, the Trainer pads each batch as it comes.
    Raises InputError for a geometry that is not known and for numbers below 1.
    """
    report = progress or (lambda what, done, total: None)
    if geometry not in GEOMETRIES:
        raise InputError(f"geometry {geometry!r} is not known; choose from: {', '.join(GEOMETRIES)}")
    if min(batch, warm, steps) < 1:
        raise InputError(f"batch = {batch}, warm = {warm}, steps = {steps}: give 1 or more of each")
    texts, targets = _texts(batch * (warm + steps))
    speeds = []
    with TemporaryDirectory() as folder:
        report("building the encoder", 0, 1)
        encoder = Encoder(str(build_roberta(Path(folder) / "encoder", GEOMETRIES[geometry])))
        report("building the encoder", 1, 1)
        lessons = Lessons(texts, targets, encoder.embed(texts[:1]).repeat(len(texts), axis=0))
        for scope in scopes:
            plan = TuningPlan(Spec(name=scope), epochs=1, batch_size=batch, validation=0)
            for name in (f"{scope}, not counted", scope):  # the first round loads what the device computes with
                ours = _Watch(warm, partial(report, name))
                tune(TrainableEncoder(encoder), lessons, plan, ours)
                theirs = _Watch(warm, partial(report, f"{name}: Trainer"))
                _train(encoder.name, lessons, plan, theirs)
            speeds.append(Speed(scope, batch * steps / ours.seconds, batch * steps / theirs.seconds))
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    return Training(device, geometry, batch, warm, steps, tuple(speeds))


class _Watch:
    """Seconds from the end of step `warm` to the end of the last, the device's work included."""

    def __init__(self, warm: int, report: Callable[[int, int], None]) -> None:
        self._warm, self._report, self._since, self.seconds = warm, report, 0.0, 0.0

    def __call__(self, done: int, total: int) -> None:
        if self.seconds or done not in (self._warm, total):
            return
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        if done == total:
            self.seconds = perf_counter() - self._since
        else:
            self._since = perf_counter()
        self._report(done, total)


def _train(folder: str, lessons: Lessons, plan: TuningPlan, watch: _Watch) -> None:
    """The same number of steps by the Trainer as it comes, with a classification head."""
    from transformers import (
        AutoConfig,
        AutoModelForSequenceClassification,
        AutoTokenizer,
        PrinterCallback,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )

    class Told(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            watch(state.global_step, state.max_steps)

    tokenizer = AutoTokenizer.from_pretrained(folder)
    labels = int(lessons.targets.max()) + 1
    config = AutoConfig.from_pretrained(folder, num_labels=labels)
    model = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
    rows = [
        {**tokenizer(text, truncation=True), "labels": int(target)}
        for text, target in zip(lessons.texts, lessons.targets, strict=True)
    ]
    with TemporaryDirectory() as out, plan.encoder_scope().open(model.roberta):
        model.classifier.requires_grad_(True)
        arguments = TrainingArguments(
            out, per_device_train_batch_size=plan.batch_size, num_train_epochs=1, bf16=torch.cuda.is_available(),
            use_cpu=not torch.cuda.is_available(), report_to=[], save_strategy="no", disable_tqdm=True,
        )  # fmt: skip
        trainer = Trainer(
            model=model, args=arguments, train_dataset=rows, processing_class=tokenizer, callbacks=[Told()]
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()


def build_roberta(folder: Path, geometry: Geometry) -> Path:
    """Saves a RoBERTa of random weights with a tokenizer trained on the shop corpus to `folder`, and returns it."""
    import json

    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaModel, RobertaTokenizer

    trainer = ByteLevelBPETokenizer()
    texts = [row.text for row in read_corpus().train]
    size = min(geometry.vocabulary, 4000)
    trainer.train_from_iterator(texts, size, show_progress=False, special_tokens=list(SPECIAL))
    model = json.loads(trainer.to_str())["model"]
    config = RobertaConfig(
        vocab_size=geometry.vocabulary, hidden_size=geometry.width, num_hidden_layers=geometry.layers,
        num_attention_heads=geometry.heads, intermediate_size=geometry.inner, max_position_embeddings=514,
        bos_token_id=0, pad_token_id=1, eos_token_id=2,
    )  # fmt: skip
    with _seeded():
        RobertaModel(config).save_pretrained(folder)
    merges: Any = [tuple(pair) for pair in model["merges"]]
    RobertaTokenizer(model["vocab"], merges, model_max_length=512).save_pretrained(folder)
    return folder


@contextmanager
def _seeded() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def _texts(count: int) -> tuple[list[str], np.ndarray[Any, np.dtype[np.int64]]]:
    """`count` texts of differing lengths, and a number for the intent that each begins with."""
    rows = read_corpus().train
    names = sorted({row.intent for row in rows})
    said = cycle(rows)
    texts, targets = [], np.empty(count, dtype=np.int64)
    for number in range(count):
        parts = list(islice(said, 1 + number % SENTENCES))
        texts.append(" ".join(part.text for part in parts))
        targets[number] = names.index(parts[0].intent)
    # Every number up to the highest has rows, also among few texts.
    _, dense = np.unique(targets, return_inverse=True)
    return texts, dense.astype(np.int64)
