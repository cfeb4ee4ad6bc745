"""Messages as a hurried person types them: the noise that the drift benchmark tries the monitors with."""

from __future__ import annotations

from string import ascii_lowercase

import numpy as np


def misspelt_characters(text: str, share: float, generator: np.random.Generator) -> str:
    """Each letter is lost, doubled or replaced with probability `share`."""
    typed = []
    for letter in text:
        if letter.isspace() or generator.random() >= share:
            typed.append(letter)
            continue
        kind = generator.integers(3)
        typed.append("" if kind == 0 else letter * 2 if kind == 1 else _letter(generator))
    return "".join(typed).strip() or text


def misspelt_words(text: str, share: float, generator: np.random.Generator) -> str:
    """In each word two neighbouring letters change places and one is replaced, with probability `share`."""
    typed = []
    for word in text.split():
        if len(word) > 1 and generator.random() < share:
            place = int(generator.integers(len(word) - 1))
            letters = [*word[:place], word[place + 1], word[place], *word[place + 2 :]]
            letters[int(generator.integers(len(letters)))] = _letter(generator)
            word = "".join(letters)  # noqa: PLW2901 - the same word, misspelt
        typed.append(word)
    return " ".join(typed)


def _letter(generator: np.random.Generator) -> str:
    return ascii_lowercase[int(generator.integers(len(ascii_lowercase)))]
