"""Which pairs are made: controls first, then single plants, then two at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf
from typing import Any

import numpy as np

from planting.bases import Base, base_named, bases
from planting.judging import MOVES, TOLERANCE
from planting.pair import Pair
from planting.plants import Plant, plants
from pytest_modelparity.settings import OBJECTIVE_SETTINGS, TRAINING_SETTINGS

#: How near the optimum a base must come by itself.
CONVERGED = TOLERANCE / 5
#: Bases that something is planted in, single plants of each setting that count, and pairs of two.
N_PLANTED_BASES = 26
N_SINGLES = 8
N_DOUBLES = 60
N_INNOCENT = 24
Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One pair to judge.

    Parameters
    ----------
    kind : str
        ``"base"``, ``"innocent"``, ``"single"`` or ``"double"``.
    base : Base
        Where it is planted.
    planted : tuple of Plant
        What is planted.
    """

    kind: str
    base: Base
    planted: tuple[Plant, ...] = ()

    @property
    def name(self) -> str:
        """Return base and plants."""
        return " | ".join([self.base.name, *(plant.name for plant in self.planted)])


def case_named(name: str) -> Case:
    """Return a case by its name, ``"data / objective / recipe | setting: plant | ..."``."""
    wanted, *names = name.split(" | ")
    base = base_named(wanted)
    found = {plant.name: plant for plant in plants(base.pair)}
    kind = ("base", "single", "double")[len(names)]
    return Case(kind=kind, base=base, planted=tuple(found[item] for item in names))


def base_cases() -> list[Case]:
    """Return the bases as controls."""
    return [Case(kind="base", base=base) for base in bases()]


def good_bases(results: Results) -> list[Base]:
    """Return the bases that came near enough to their optimum."""
    found = []
    for base in bases():
        result = results.get(base.name)
        if result is not None and result.get("probability", inf) <= CONVERGED:
            found.append(base)
    return found


def innocent_cases(results: Results) -> list[Case]:
    """Return controls that differ in what makes no difference."""
    every = [
        Case(kind="innocent", base=Base(name=f"{base.name} ~ {text}", pair=pair))
        for base in good_bases(results)
        for text, pair in innocent_changes(base.pair)
    ]
    return _evenly(every, N_INNOCENT, lambda case: case.base.name.rsplit(" ~ ", 1)[1])


def innocent_changes(pair: Pair) -> Iterator[tuple[str, Pair]]:
    """Yield the same objective and a training as good, written otherwise."""
    n, k = pair.rows.n, pair.rows.n_classes
    yield "logits or not", replace(pair, logits=not pair.logits)
    yield "identity layer", replace(pair, scaling="identity")
    if pair.units > 1:
        yield "codes or one-hot", replace(pair, sparse=not pair.sparse)
    if pair.trained == "optimum":
        return
    twice = replace(pair, epochs=2 * pair.epochs, falling=2 * pair.falling)
    yield "twice the epochs", twice
    yield "twice the epochs from another start", replace(twice, start="glorot")
    if pair.batch_size == n:
        yield "no shuffle", replace(pair, shuffle=False)
    if pair.class_weight is not None:
        yield "class_weight given row by row", replace(pair, own_weights="class")
    elif not pair.weighted:
        yield "weights of one", replace(pair, own_weights="ones")
        yield "class weights of one", replace(pair, class_weight=(1.0,) * k)
        halves = {"l2": pair.l2 / 2, "l1": pair.l1 / 2, "bias_l2": pair.bias_l2 / 2}
        yield "half the loss and penalty", replace(twice, loss_weight=0.5, **halves)
    if pair.units == 1 and pair.l2 and not pair.l1 and not pair.bias_l2:
        yield "softmax of two units, twice the L2", replace(twice, units=2, l2=2 * pair.l2)


def single_cases(results: Results) -> list[Case]:
    """Return single plants: each setting equally often, on bases and by factors in turn.

    What was judged and does not count is replaced by further ones, as long as there are any.
    """
    every = [
        Case(kind="single", base=base, planted=(plant,))
        for base in _planted_bases(results)
        for plant in plants(base.pair)
    ]
    found = []
    for setting in (*OBJECTIVE_SETTINGS, *TRAINING_SETTINGS):
        mine = [case for case in every if case.planted[0].setting == setting]
        for case in _evenly(mine, len(mine), lambda case: case.planted[0].text, setting):
            enough = sum(
                results[item.name]["probability"] > MOVES
                if item.name in results and not _failed(results[item.name])
                else item.name not in results
                for item in found
                if item.planted[0].setting == setting
            )
            if enough >= N_SINGLES:
                break
            found.append(case)
    return found


def double_cases(results: Results) -> list[Case]:
    """Return two plants at once, of which each counts alone on the same base."""
    counting = [case for case in single_cases(results) if counts(case, results)]
    every = [
        Case(kind="double", base=first.base, planted=(first.planted[0], second.planted[0]))
        for first, second in combinations(counting, 2)
        if first.base is second.base or first.base.name == second.base.name
        if not first.planted[0].clashes(second.planted[0])
    ]
    used: Counter[str] = Counter()
    found: list[Case] = []
    order = np.random.default_rng(1).permutation(len(every)).tolist()
    while order and len(found) < N_DOUBLES:
        index = min(order, key=lambda i: sum(used[p.setting] for p in every[i].planted))
        order.remove(index)
        used.update(plant.setting for plant in every[index].planted)
        found.append(every[index])
    return found


def counts(case: Case, results: Results) -> bool:
    """Whether each plant of a case, alone on its base, moves the result by more than enough."""
    for plant in case.planted:
        result = results.get(f"{case.base.name} | {plant.name}")
        # A NaN counts: training that left the numbers has moved.
        if result is None or _failed(result) or result["probability"] <= MOVES:
            return False
    return bool(case.planted)


def _failed(result: Mapping[str, Any]) -> bool:
    """Whether a case could not be judged."""
    return "error" in result


def _planted_bases(results: Results) -> list[Base]:
    """Return the bases that something is planted in: all data sets and objectives."""
    good = good_bases(results)
    resting = [base for base in good if base.pair.trained == "optimum"]
    trained = [base for base in good if base.pair.trained == "fit"]
    parts: Counter[str] = Counter()
    found: list[Base] = []
    while trained and len(found) < N_PLANTED_BASES - 4:
        base = min(trained, key=lambda item: sum(parts[p] for p in item.name.split(" / ")))
        trained.remove(base)
        parts.update(base.name.split(" / "))
        found.append(base)
    return found + resting[:: max(len(resting) // 4, 1)][:4]


def _evenly(cases: list[Case], n: int, key: Any, salt: str = "") -> list[Case]:
    """Return ``n`` cases, each key and each base about equally often, in an order by draw."""
    order = np.random.default_rng([0, *salt.encode()]).permutation(len(cases)).tolist()
    used: Counter[str] = Counter()
    found: list[Case] = []
    while order and len(found) < n:
        best = min(order, key=lambda i: used[key(cases[i])] + used[cases[i].base.name])
        order.remove(best)
        used.update((key(cases[best]), cases[best].base.name))
        found.append(cases[best])
    return found
