"""Intents made of labels as files have them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from assistant.domain import OUT_OF_SCOPE, Action, Intent
from assistant.services.labels import OUTSIDE
from assistant.store.intents import NAME_LIMIT, TITLE_LIMIT


def intents_of(labels: Iterable[str], titles: Mapping[str, str] | None = None) -> dict[str, Intent]:
    """An intent for each label, unlike the ones that are there, whose `titles` are given by their names.

    It hands over to a person until somebody writes its answer. Both name and title are made of the label; two labels
    that would be called the same are told apart by a number.
    """
    there = titles or {}
    names = {name.casefold() for name in there}
    worded = {title.casefold() for title in there.values()}
    found = {}
    for label in labels:
        if name_of(label) == OUT_OF_SCOPE:
            found[label] = OUTSIDE
            continue
        name = _unlike(names, name_of(label), NAME_LIMIT, "_")
        title = _unlike(worded, _title(label) or _title(name), TITLE_LIMIT, " ")
        found[label] = Intent(name, title, "", action=Action.HAND_OVER)
    return found


def name_of(label: str) -> str:
    """The label in small letters, digits and _, a letter first, as names of intents are."""
    plain = unicodedata.normalize("NFKD", label.casefold()).encode("ascii", "ignore").decode()
    name = re.sub("[^a-z0-9]+", "_", plain).strip("_")
    if not name[:1].isalpha() or len(name) < 2:
        name = f"intent_{name}".rstrip("_")
    return name[:NAME_LIMIT].rstrip("_")


def _title(label: str) -> str:
    """The label as words that a customer may read on a button."""
    words = " ".join(label.replace("_", " ").split())
    return (words[:1].upper() + words[1:])[:TITLE_LIMIT].rstrip()


def _unlike(taken: set[str], wish: str, limit: int, between: str) -> str:
    """The wish, or where it is taken the wish with a number after it; it is taken from now on."""
    found, number = wish, 1
    while found.casefold() in taken:
        number += 1
        ending = f"{between}{number}"
        found = wish[: limit - len(ending)] + ending
    taken.add(found.casefold())
    return found
