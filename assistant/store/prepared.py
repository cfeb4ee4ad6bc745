"""Labelled texts with all that is known of them without the database, so that nothing is computed under its lock."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.dialogue.text import clean
from assistant.domain import LabelledText, Split
from assistant.store.texts import side_of, text_hash


@dataclass(frozen=True, slots=True)
class Prepared:
    """A clean text, the intent it is labelled with, and its `text_hash`.

    `split` is the side that somebody asked for, `own` the one on which the text falls by itself.
    """

    text: str
    intent: str
    digest: str
    split: Split | None
    own: Split


def prepare(row: LabelledText, split: Split | None = None) -> Prepared:
    """Cleans and hashes the text of a row. Raises InputError for an unacceptable one."""
    text = clean(row.text)
    digest = text_hash(text)
    return Prepared(text, row.intent, digest, split, side_of(digest))
