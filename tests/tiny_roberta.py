"""A RoBERTa small enough to build in a second: random weights, a tokenizer trained on the shop corpus."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "data" / "shop" / "train.csv"
HIDDEN = 32
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]

# As sentence-transformers wrote these files from its first version on: this is what lies on the hub.
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]
CLS_POOLING = {
    "word_embedding_dimension": HIDDEN,
    "pooling_mode_cls_token": True,
    "pooling_mode_mean_tokens": False,
    "pooling_mode_max_tokens": False,
    "pooling_mode_mean_sqrt_len_tokens": False,
}


def build(folder: Path, *, cls_pooling: bool = False, seed: int = 0) -> Path:
    """Saves the model to `folder` and returns it.

    Without `cls_pooling` it is a plain transformers folder; with it, sentence-transformers' modules.json is added.
    Equal seeds give equal weights.
    """
    import torch  # imported here: tests of the store share this conftest and must stay light
    from transformers import RobertaConfig, RobertaModel, RobertaTokenizer

    vocabulary, merges = _byte_level_bpe()
    config = RobertaConfig(
        vocab_size=len(vocabulary),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=66,
        pad_token_id=vocabulary["<pad>"],
        bos_token_id=vocabulary["<s>"],
        eos_token_id=vocabulary["</s>"],
        initializer_range=0.3,  # wide enough that random weights tell texts apart
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = RobertaModel(config)
    model.save_pretrained(folder)
    tokenizer = RobertaTokenizer(vocabulary, merges, model_max_length=64)  # type: ignore[arg-type]  # pairs: see BPE
    tokenizer.save_pretrained(folder)
    if cls_pooling:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(CLS_POOLING))
        (folder / "modules.json").write_text(json.dumps(MODULES))
    return folder


@cache
def _byte_level_bpe() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges of a byte-level BPE of 600 tokens."""
    from tokenizers import ByteLevelBPETokenizer

    with CORPUS.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(texts, vocab_size=600, special_tokens=SPECIAL, show_progress=False)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [(left, right) for left, right in model["merges"]]
