"""How far people agree on labels, beyond what chance alone would give."""

from __future__ import annotations

import warnings
from collections.abc import Sequence


def kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Cohen's kappa (1960) of two people's labels on the same texts, in [-1, 1].

    None where it is not defined: without texts, or when both gave one and the same label throughout.
    """
    from sklearn.metrics import cohen_kappa_score

    if not len(first) or len({*first, *second}) < 2:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sparse labels make scikit-learn warn; the number is right
        return float(cohen_kappa_score(list(first), list(second)))
