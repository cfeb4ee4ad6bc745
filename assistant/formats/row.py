"""One row of a training file, and the checks that every format shares."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from assistant.errors import InputError

LONGEST_TEXT = 10_000  # characters; a customer's message is far shorter, a pasted file is not
SPLITS = ("train", "holdout", "test")
LABEL_COLUMNS = ("intent", "category", "label")  # the first of these that a file has


@dataclass(frozen=True, slots=True)
class Row:
    """A text and its intent, stripped and never empty.

    `session` >= 0 tells with which session of a stream the row arrives. `split` is one of SPLITS or, for messages
    that belong to no intent, one of SPLITS after `oos_`. Each is None where the file does not say. `where` is the
    row's place in its file, as in `line 7`.
    """

    text: str
    intent: str
    session: int | None = None
    split: str | None = None
    where: str = field(default="", compare=False)


def refused(path: Path, where: str, problem: str, advice: str) -> InputError:
    """The error for one place of a file: which file, where, what was received, what to do."""
    return InputError(f"{path}, {where}: {problem}; {advice}")


def shown(value: object) -> str:
    """`value` as Python writes it, cut to 60 characters."""
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:59]}…"


def checked_row(
    path: Path, where: str, text: object, intent: object, *, session: object = None, split: object = None
) -> Row:
    """A row made of raw values. None and "" are missing values.

    `where` names the place in the file, as in `line 7`. Raises InputError for any value that cannot be used.
    """
    return Row(
        text=_words(path, where, "text", text),
        intent=_words(path, where, "label", intent),
        session=_session(path, where, session),
        split=_split(path, where, split),
        where=where,
    )


def _words(path: Path, where: str, what: str, value: object) -> str:
    if not isinstance(value, str):
        raise refused(path, where, f"the {what} is {shown(value)}", f"give every row a {what} in quotes")
    words = value.strip()
    if not words:
        raise refused(path, where, f"the {what} is empty ({shown(value)})", "fill it in or delete the row")
    if len(words) > LONGEST_TEXT:
        problem = f"the {what} has {len(words):,} characters ({shown(words)})"
        raise refused(path, where, problem, f"shorten it to at most {LONGEST_TEXT:,}, or look for a missing quote")
    # JSON can spell both; neither can be hashed, stored or tokenised as a text later on.
    if re.search("[\0\ud800-\udfff]", words):
        raise refused(
            path, where, f"the {what} {shown(words)} holds a NUL or half a character", "write it as plain UTF-8"
        )
    return words


def _session(path: Path, where: str, value: object) -> int | None:
    if value is None or value == "":
        return None
    digits = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch("[0-9]{1,9}", digits):
        advice = "write an integer from 0 to 999999999, or leave it empty"
        raise refused(path, where, f"session is {shown(value)}", advice)
    return int(digits)


def _split(path: Path, where: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or value.strip() not in SPLITS:
        raise refused(path, where, f"split is {shown(value)}", f"write one of: {', '.join(SPLITS)}, or leave it empty")
    return value.strip()
