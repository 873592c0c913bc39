"""Which objective settings cause a gap: the exact optima of every blend."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.parity.split import signed_share

#: Settings whose blends are all solved; 2**8 exact optima. Those beyond move it less.
MAX_FACTORS = 8

Probabilities = np.ndarray
Optima = Callable[[frozenset[str]], Probabilities]
Finite = Callable[[frozenset[str]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
# Both "alone" and "last": changing one setting at a time in one direction misses masked causes. A
# missing penalty made -2 % to 0 % of the distance by itself, where it belonged to every set that
# closes it.
class ObjectiveEffect:
    """What one differing objective setting does to the optimum.

    Parameters
    ----------
    setting : str
        Its name.
    share : float, optional
        Signed Shapley share of the objective gap; all settings' sum to 1.
    alone : float
        Largest probability difference that changing it alone makes.
    last : float
        Largest probability difference left when everything but it is changed.
    """

    setting: str
    share: float | None
    alone: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveAttribution:
    """How the objective gap is explained.

    Parameters
    ----------
    effects : tuple of ObjectiveEffect
        One for each differing setting.
    closing : tuple of frozenset of str
        All minimal sets of settings that close the gap when changed to the reference's values,
        the smallest first.
    base : frozenset of str
        Settings beyond `MAX_FACTORS`, which count as changed throughout: they have the
        smallest effects, and belong to every repair.
    known_musts : frozenset of str, optional
        The settings that must change, where not all closing sets are known; default: those that
        are in each of them.
    """

    effects: tuple[ObjectiveEffect, ...]
    closing: tuple[frozenset[str], ...]
    base: frozenset[str] = frozenset()
    known_musts: frozenset[str] | None = None

    @property
    def must(self) -> frozenset[str]:
        """Settings that are in every minimal closing set."""
        if self.known_musts is not None:
            return self.known_musts
        return frozenset.intersection(*self.closing) if self.closing else frozenset()

    @property
    def alternatives(self) -> frozenset[str]:
        """Settings that are in some minimal closing sets, and not in all."""
        # The sets decide, not the shares: Shapley's value splits evenly between settings of which
        # each suffices.
        return frozenset().union(*self.closing) - self.must


def attribute_objective(
    names: tuple[str, ...],
    optimum: Optima,
    finite: Finite,
    limit: float,
    compared: Optima | None = None,
) -> ObjectiveAttribution:
    """Explain the gap between two objectives' optima.

    Parameters
    ----------
    names : tuple of str
        The settings that differ.
    optimum : callable
        Maps a set of settings, changed to the reference's values, to the probabilities at the
        exact optimum of that blend.
    finite : callable
        Maps a set of settings to whether that blend has a finite optimum.
    limit : float
        A gap is closed when no probability is further away than this, and both objectives have
        a finite optimum or neither has: coefficients that grow without end are no others'.
    compared : callable, optional
        As ``optimum``, on the rows on which it is judged whether a gap is closed; asked only for
        blends that have a finite optimum, or none, as the target has. Default: ``optimum``.
    """
    everything = frozenset(names)
    names = _most_effective(names, optimum)
    base = everything - frozenset(names)
    points = {
        frozenset(chosen): optimum(base | frozenset(chosen))
        for size in range(len(names) + 1)
        for chosen in combinations(names, size)
    }
    # Settings beyond MAX_FACTORS count as changed throughout; optimum(everything) is the target.
    target, start = points[frozenset(names)], points[frozenset()]
    gap = target - start
    effects = tuple(
        ObjectiveEffect(
            setting=name,
            share=signed_share(_shapley(name, names, points), gap),
            alone=largest(points[frozenset([name])] - start),
            last=largest(target - points[frozenset(names) - {name}]),
        )
        for name in names
    )
    # Two predictions on the training rows may be near where one side's coefficients are infinite:
    # with the next epoch they part.
    wanted = finite(everything)
    usable = {
        chosen: point if compared is None else compared(base | chosen)
        for chosen, point in points.items()
        if finite(base | chosen) == wanted
    }
    closing = _closing(usable, usable[frozenset(names)], limit)
    return ObjectiveAttribution(effects=effects, closing=closing, base=base)


def attribute_one_by_one(
    names: tuple[str, ...],
    optimum: Optima,
    finite: Finite,
    limit: float,
    compared: Optima | None = None,
) -> ObjectiveAttribution:
    """Explain the gap by at most three optima for each setting.

    A setting without which the others do not close must change. Of the others are dropped, the one
    with the smallest effect first, those without which the rest still closes; which others would
    do as well stays open.

    Parameters
    ----------
    names, optimum, finite, limit, compared
        As in `attribute_objective`.
    """
    everything = frozenset(names)
    start, target = optimum(frozenset()), optimum(everything)
    judged = compared or optimum
    wanted = judged(everything)

    def closes(chosen: frozenset[str]) -> bool:
        same_kind = finite(chosen) == finite(everything)
        return same_kind and bool(largest(wanted - judged(chosen)) <= limit)

    effects = tuple(
        ObjectiveEffect(
            setting=name,
            share=None,
            alone=largest(optimum(frozenset([name])) - start),
            last=largest(target - optimum(everything - {name})),
        )
        for name in names
    )
    musts = frozenset(name for name in names if not closes(everything - {name}))
    kept = everything
    for effect in sorted(effects, key=lambda effect: effect.last):
        if effect.setting not in musts and closes(kept - {effect.setting}):
            kept -= {effect.setting}
    return ObjectiveAttribution(effects=effects, closing=(kept,), known_musts=musts)


def _most_effective(names: tuple[str, ...], optimum: Optima) -> tuple[str, ...]:
    """Return at most `MAX_FACTORS` settings, those that move the optimum most."""
    if len(names) <= MAX_FACTORS:
        return names
    everything = frozenset(names)
    start, target = optimum(frozenset()), optimum(everything)

    def effect(name: str) -> float:
        # By the larger of its two effects: a masked cause has only the second.
        alone = largest(optimum(frozenset([name])) - start)
        return max(alone, largest(target - optimum(everything - {name})))

    kept = sorted(names, key=effect, reverse=True)[:MAX_FACTORS]
    return tuple(name for name in names if name in kept)


def _shapley(
    name: str, names: tuple[str, ...], points: dict[frozenset[str], Probabilities]
) -> np.ndarray:
    """Return the vector Shapley value: the mean move over all orders of changing the settings."""
    others = [other for other in names if other != name]
    # A vector whose sum over the settings is exactly the gap. With the distance as the payoff the
    # share of one missing penalty was 14 % to 115 %, by how many epochs the same pair was trained.
    total = np.zeros_like(points[frozenset()])
    for size in range(len(others) + 1):
        weight = (
            math.factorial(size) * math.factorial(len(others) - size) / math.factorial(len(names))
        )
        for chosen in combinations(others, size):
            before = frozenset(chosen)
            total += weight * (points[before | {name}] - points[before])
    return total


def _closing(
    points: dict[frozenset[str], Probabilities], target: np.ndarray, limit: float
) -> tuple[frozenset[str], ...]:
    """Return the minimal sets that close, smaller ones first."""
    minimal: list[frozenset[str]] = []
    # By name too, so that two runs of a check report the same set first. That a larger set closes
    # is not concluded from a smaller one: changes may cancel, so each set is asked.
    for chosen in sorted(points, key=lambda item: (len(item), sorted(item))):
        if any(smaller <= chosen for smaller in minimal):
            continue
        # By the verdict's own measure: in the mean one wrong row is lost among the others.
        if largest(target - points[chosen]) <= limit:
            minimal.append(chosen)
    return tuple(minimal)
