"""Intents made of labels as files have them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from assistant.domain import OUT_OF_SCOPE, Action, Intent
from assistant.services.desk.labels import OUTSIDE
from assistant.store.intents import NAME_LIMIT, TITLE_LIMIT

SIGNS = re.compile(r"[\W_]+")


def intents_of(labels: Iterable[str], titles: Mapping[str, str] | None = None) -> dict[str, Intent]:
    """An intent for each label, unlike the ones that are there, whose `titles` are given by their names.

    It hands over to a person until somebody writes its answer. Both name and title are made of the label. Labels that
    differ in capitals and spaces alone are one intent; others that would be called the same are told apart by a number.
    """
    there = titles or {}
    names = {name.casefold() for name in there}
    worded = {title.casefold() for title in there.values()}
    found, alike = dict[str, Intent](), dict[str, Intent]()
    for label in labels:
        words = _words(label)
        if name_of(label) == OUT_OF_SCOPE:
            alike[words.casefold()] = OUTSIDE
        if words.casefold() not in alike:
            name = _unlike(names, name_of(label), NAME_LIMIT, "_")
            wish = words[:1].upper() + words[1:] or name.replace("_", " ").capitalize()
            title = _unlike(worded, wish[:TITLE_LIMIT].rstrip(), TITLE_LIMIT, " ")
            alike[words.casefold()] = Intent(name, title, "", action=Action.HAND_OVER)
        found[label] = alike[words.casefold()]
    return found


def taken_for(labels: Iterable[str], titles: Mapping[str, str]) -> dict[str, str]:
    """Of the labels that can only mean one of the intents that are there, its name.

    That is its name, its title, or its name written with capitals and signs. What `name_of` leaves out of a label may
    be all that tells it from another: a label in Chinese is taken for an intent by its title alone.
    """
    called = Counter(title.casefold() for title in titles.values())
    worded = {title.casefold(): name for name, title in titles.items() if called[title.casefold()] == 1}
    found = {}
    for label in labels:
        name, words = name_of(label), _words(label).casefold()
        if label in titles:
            found[label] = label
        elif words in worded:
            found[label] = worded[words]
        elif name in titles and name == SIGNS.sub("_", label.casefold()).strip("_"):
            found[label] = name
    return found


def name_of(label: str) -> str:
    """The label in small letters, digits and _, a letter first, as names of intents are."""
    plain = unicodedata.normalize("NFKD", label.casefold()).encode("ascii", "ignore").decode()
    name = re.sub("[^a-z0-9]+", "_", plain).strip("_")
    if not name[:1].isalpha() or len(name) < 2:
        name = f"intent_{name}".rstrip("_")
    return name[:NAME_LIMIT].rstrip("_")


def _words(label: str) -> str:
    return " ".join(label.replace("_", " ").split())


def _unlike(taken: set[str], wish: str, limit: int, between: str) -> str:
    """The wish, or where it is taken the wish with a number after it; it is taken from now on."""
    found, number = wish, 1
    while found.casefold() in taken:
        number += 1
        ending = f"{between}{number}"
        found = wish[: limit - len(ending)] + ending
    taken.add(found.casefold())
    return found
