"""Pairs without a difference: every data set with every objective and every training recipe.

Whether a recipe reaches its optimum is measured, not assumed: what stays farther from the
reference than a fifth of the tolerance is no base to plant anything in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from math import ceil, inf
from typing import Any

import numpy as np

from planting.pair import Pair
from planting.rows import DATA_SETS, Rows, rows

#: λ of the bases: strong enough that 50 to 120 epochs reach the optimum.
STRENGTH = 0.1
TIGHT = {"solver": "newton-cholesky", "tol": 1e-10}
SAGA = {"solver": "saga", "tol": 1e-9, "max_iter": 20_000, "random_state": 0}
#: Few recipes converge on these objectives: with such a one they are tried on all data.
STEADY = (
    ("elasticnet", "falling RMSprop"),
    ("l1", "falling RMSprop"),
    ("weighted rows", "momentum"),
)
#: Bases that are drawn beside these.
N_BASES = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A pair without a difference, under a name."""

    name: str
    pair: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a candidate is trained; a step takes one of so many parts of the rows."""

    optimizer: str
    rate: float
    epochs: int
    parts: int = 1
    falling: bool = False
    options: tuple[tuple[str, Any], ...] = ()

    def applied(self, pair: Pair) -> Pair:
        """Return the pair trained so."""
        size = ceil(pair.rows.n / self.parts)
        return replace(
            pair,
            optimizer=self.optimizer,
            rate=self.rate,
            options=dict(self.options),
            epochs=self.epochs,
            batch_size=size,
            falling=self.epochs * self.parts if self.falling else 0,
        )


RECIPES = {
    "momentum": Recipe(optimizer="SGD", rate=0.3, epochs=80, options=(("momentum", 0.8),)),
    "Nesterov": Recipe(
        optimizer="SGD", rate=0.2, epochs=120, options=(("momentum", 0.9), ("nesterov", True))
    ),
    "falling momentum": Recipe(
        optimizer="SGD", rate=0.3, epochs=100, falling=True, options=(("momentum", 0.85),)
    ),
    "falling Adam": Recipe(optimizer="Adam", rate=0.3, epochs=120, falling=True),
    "falling RMSprop": Recipe(optimizer="RMSprop", rate=0.06, epochs=100, falling=True),
    "falling SGD in fifths": Recipe(optimizer="SGD", rate=0.5, epochs=60, parts=5, falling=True),
    "falling momentum in thirds": Recipe(
        optimizer="SGD", rate=0.3, epochs=50, parts=3, falling=True, options=(("momentum", 0.8),)
    ),
    "falling Adam in thirds": Recipe(optimizer="Adam", rate=0.2, epochs=60, parts=3, falling=True),
    "falling Nadam in fifths": Recipe(
        optimizer="Nadam", rate=0.1, epochs=60, parts=5, falling=True
    ),
}


def objectives(data: Rows) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objectives of a data set: a name, and the entries of a pair."""
    n, lam = data.n, STRENGTH
    ridge = {"C": 1 / (lam * n)} | TIGHT
    one = {"units": 1 if data.n_classes == 2 else data.n_classes}
    yield "l2", one | {"reference": ridge, "l2": lam}
    yield (
        "lbfgs",
        one | {"reference": {**ridge, "solver": "lbfgs", "max_iter": 500}, "l2": lam},
    )
    yield "weighted rows", one | {"reference": ridge, "l2": lam, "weighted": True}
    yield (
        "balanced",
        one
        | {
            "reference": ridge | {"class_weight": "balanced"},
            "l2": lam,
            "class_weight": balanced(data),
        },
    )
    yield (
        "elasticnet",
        one
        | {
            "reference": {"C": 1 / (lam * n), "l1_ratio": 0.5} | SAGA,
            "l2": lam / 2,
            "l1": lam / 2,
        },
    )
    yield "l1", one | {"reference": {"C": 2 / (lam * n), "l1_ratio": 1.0} | SAGA, "l1": lam / 2}
    yield (
        "no intercept",
        one | {"reference": ridge | {"fit_intercept": False}, "l2": lam} | {"use_bias": False},
    )
    if data.n_classes == 2:
        bare = {"C": 1 / (lam * n), "solver": "liblinear", "tol": 1e-9, "max_iter": 10_000}
        yield "penalised intercept", one | {"reference": bare, "l2": lam, "bias_l2": lam}
        yield "softmax of two", {"units": 2, "reference": ridge, "l2": 2 * lam}
    if data.overlaps:
        yield "no penalty", one | {"reference": {**TIGHT, "C": inf}}


def balanced(data: Rows) -> tuple[float, ...]:
    """Return the weights of ``class_weight="balanced"``."""
    _, counts = np.unique(data.y, return_counts=True)
    return tuple(float(weight) for weight in data.n / (data.n_classes * counts))


def bases() -> list[Base]:
    """Return the bases that are tried: each data set, objective and recipe about equally often."""
    every = list(_every())
    seen: dict[str, int] = {}
    found: list[Base] = []
    order = np.random.default_rng(0).permutation(len(every)).tolist()
    while order and len(found) < N_BASES:
        # Of what is left, the one whose parts were met least; the draw decides among equals.
        index = min(order, key=lambda item: sum(seen.get(part, 0) for part in every[item][0]))
        order.remove(index)
        parts, pair = every[index]
        for part in parts:
            seen[part] = seen.get(part, 0) + 1
        found.append(Base(name=" / ".join(parts), pair=pair))
    steady = [Base(name=" / ".join(every[i][0]), pair=every[i][1]) for i in sorted(order)]
    found += [base for base in steady if tuple(base.name.split(" / ")[1:]) in STEADY]
    return found + list(_at_optimum())


def base_named(name: str) -> Base:
    """Return any base by its name, ``"data / objective / recipe"``."""
    fitted = (Base(name=" / ".join(parts), pair=pair) for parts, pair in _every())
    return next(base for base in chain(fitted, _at_optimum()) if base.name == name)


def _every() -> Iterator[tuple[tuple[str, str, str], Pair]]:
    """Yield all bases that are trained by ``fit``."""
    for data in DATA_SETS:
        if data == "wine raw":
            # No recipe of Keras's reaches an optimum there.
            continue
        for index, (objective, entries) in enumerate(objectives(rows(data))):
            pair = Pair(data=data, logits=index % 2 == 0, sparse=index % 3 == 0, **entries)
            for name, recipe in RECIPES.items():
                yield (data, objective, name), recipe.applied(pair)


def _at_optimum() -> Iterator[Base]:
    """Yield bases whose candidate stands at its optimum already."""
    for data in ("wine raw", "breast_cancer", "imbalanced", "digits"):
        for objective, entries in objectives(rows(data)):
            if objective in ("l2", "lbfgs", "weighted rows"):
                pair = Pair(data=data, trained="optimum", **entries)
                yield Base(name=f"{data} / {objective} / at its optimum", pair=pair)
