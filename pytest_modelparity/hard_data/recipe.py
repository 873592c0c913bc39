"""How a data set is made of a random generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, TypeVar

from pytest_modelparity.hard_data.arrays import Array, FloatArray, Random

#: Features, target and weights of the rows.
Parts: TypeAlias = tuple[Any, Array, FloatArray | None]
Builder: TypeAlias = Callable[[Random], Parts]

X = TypeVar("X")


class Recipe(NamedTuple):
    """What makes a data set, and what it is hard for."""

    build: Builder
    hard_for: str


def on(design: Callable[[Random], X], target: Callable[[Random, X], Array]) -> Builder:
    """Return what makes features and then a target of them."""

    def build(rng: Random) -> Parts:
        features = design(rng)
        return features, target(rng, features), None

    return build
