"""Parameters of which a plain run takes a sample; ``tox -e matrix`` takes all."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def sampled(names: Iterable[str], plain: Collection[str]) -> list[Any]:
    """Return names as parameters; those that a plain run leaves out are of the matrix.

    Parameters
    ----------
    names : iterable of str
        All of them.
    plain : collection of str
        Those of a plain run.
    """
    every = list(names)
    # A name that changed would be left out in silence.
    assert set(plain) <= set(every), sorted(set(plain) - set(every))
    return [
        name if name in plain else pytest.param(name, marks=pytest.mark.matrix) for name in every
    ]


def counted(plain: int, every: int) -> list[Any]:
    """Return how many random cases to try: few in a plain run, all in that of the matrix."""
    return [plain, pytest.param(every, marks=pytest.mark.matrix)]
