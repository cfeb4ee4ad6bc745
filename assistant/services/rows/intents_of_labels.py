"""Intents made of labels as files have them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from unicodedata import combining

from assistant.domain import OUT_OF_SCOPE, Action, Intent
from assistant.services.desk.labels import OUTSIDE
from assistant.store.intents import NAME_LIMIT, TITLE_LIMIT

SIGNS = re.compile(r"[\W_]+")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def intents_of(labels: Iterable[str], titles: Mapping[str, str] | None = None) -> dict[str, Intent]:
    """An intent for each label, unlike the ones that are there, whose `titles` are given by their names.

    It hands over to a person until somebody writes its answer. Both name and title are made of the label. Labels that
    differ in capitals, spaces and how umlauts are spelt alone are one intent; others that would be called the same are
    told apart by a number.
    """
    there = titles or {}
    names = {name.casefold() for name in there}
    worded = {title.casefold() for title in there.values()}
    found, alike = dict[str, Intent](), dict[str, Intent]()
    for label in labels:
        words = _words(label)
        same = _spelt(words)
        if name_of(label) == OUT_OF_SCOPE:
            alike[same] = OUTSIDE
        if same not in alike:
            name = _unlike(names, name_of(label), NAME_LIMIT, "_")
            wish = words[:1].upper() + words[1:] or name.replace("_", " ").capitalize()
            title = _unlike(worded, wish[:TITLE_LIMIT].rstrip(), TITLE_LIMIT, " ")
            alike[same] = Intent(name, title, "", action=Action.HAND_OVER)
        found[label] = alike[same]
    return found


def named(intent: Intent, taken: Iterable[str]) -> Intent:
    """The intent, with a name made of its title, unlike those that are `taken`, where nobody has given it one."""
    names = {*taken}
    return intent if intent.name else replace(intent, name=_unlike(names, name_of(intent.title), NAME_LIMIT, "_"))


def told_apart_by_marks(names: Mapping[str, str]) -> list[str]:
    """Labels that differ in accents and dots alone and became intents of their own; `names` has what each became."""
    spelt: dict[str, dict[str, str]] = {}
    for label, name in names.items():
        plain = "".join(sign for sign in unicodedata.normalize("NFKD", _words(label).casefold()) if not combining(sign))
        if plain.isascii():
            spelt.setdefault(plain, {}).setdefault(name, label)
    return [" and ".join(map(repr, labels.values())) for labels in spelt.values() if len(labels) > 1]


def taken_for(labels: Iterable[str], titles: Mapping[str, str]) -> dict[str, str]:
    """Of the labels that can only mean one of the intents that are there, its name.

    That is its name, its title, or its name written with capitals and signs. What `name_of` leaves out of a label may
    be all that tells it from another: a label in Chinese is taken for an intent by its title alone.
    """
    written, alike = (_by_title(titles, spelling) for spelling in (str.casefold, _spelt))
    found = {}
    for label in labels:
        name, words = name_of(label), _words(label)
        if label in titles:
            found[label] = label
        elif titled := written.get(words.casefold()) or alike.get(_spelt(words)):
            found[label] = titled
        elif name in titles and name == SIGNS.sub("_", _spelt(label)).strip("_"):
            found[label] = name
    return found


def written_alike(labels: Iterable[str]) -> list[list[str]]:
    """Those of the labels that `intents_of` takes for one intent, where there are several of it."""
    groups: dict[str, list[str]] = {}
    for label in dict.fromkeys(labels):
        groups.setdefault(_spelt(_words(label)), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _by_title(titles: Mapping[str, str], spelling: Callable[[str], str]) -> dict[str, str]:
    """The names of the intents whose title no other has in this spelling, by it."""
    called = Counter(map(spelling, titles.values()))
    return {spelling(title): name for name, title in titles.items() if called[spelling(title)] == 1}


def name_of(label: str) -> str:
    """The label in small letters, digits and _, a letter first, as names of intents are."""
    plain = unicodedata.normalize("NFKD", _spelt(label)).encode("ascii", "ignore").decode()
    name = re.sub("[^a-z0-9]+", "_", plain).strip("_")
    if not name[:1].isalpha() or len(name) < 2:
        name = f"intent_{name}".rstrip("_")
    return name[:NAME_LIMIT].rstrip("_")


def _spelt(words: str) -> str:
    """In small letters, umlauts as they are spelt where a keyboard has none."""
    return unicodedata.normalize("NFC", words).casefold().translate(UMLAUTS)


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
