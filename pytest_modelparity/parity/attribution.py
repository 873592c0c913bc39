"""Which objective settings cause a gap: the exact optima of every blend."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from pytest_modelparity.parity.moves import Measure
from pytest_modelparity.parity.split import signed_share

#: Settings whose blends are all solved; 2**8 exact optima. Those beyond move it less.
MAX_FACTORS = 8

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
    measure: Measure,
    finite: Finite,
    limit: float,
    compared: Measure | None = None,
) -> ObjectiveAttribution:
    """Explain the gap between two objectives' optima.

    Parameters
    ----------
    names : tuple of str
        The settings that differ.
    measure : callable
        Maps sets of settings, changed to the reference's values, to how far the exact optima of
        these blends are on the way from the first set's to the last one's.
    finite : callable
        Maps a set of settings to whether that blend has a finite optimum.
    limit : float
        A gap is closed when no prediction is further away than this, and both objectives have
        a finite optimum or neither has: coefficients that grow without end are no others'.
    compared : callable, optional
        As ``measure``, on the rows on which it is judged whether a gap is closed; asked only for
        blends that have a finite optimum, or none, as the target has. Default: ``measure``.
    """
    everything = frozenset(names)
    names = _most_effective(names, measure)
    # Settings beyond MAX_FACTORS count as changed throughout.
    base = everything - frozenset(names)
    blends = [
        frozenset(chosen) for size in range(len(names) + 1) for chosen in combinations(names, size)
    ]
    moves = measure([base | chosen for chosen in blends])
    place = {chosen: number for number, chosen in enumerate(blends)}
    along = dict(zip(blends, moves.along.tolist(), strict=True))
    effects = tuple(
        ObjectiveEffect(
            setting=name,
            share=signed_share(_shapley(name, names, along), moves.length),
            alone=float(moves.from_first[place[frozenset([name])]]),
            last=float(moves.to_last[place[frozenset(names) - {name}]]),
        )
        for name in names
    )
    # Two predictions on the training rows may be near where one side's coefficients are infinite:
    # with the next epoch they part.
    wanted = finite(everything)
    left = dict(zip(blends, moves.to_last.tolist(), strict=True))
    usable = [chosen for chosen in blends if finite(base | chosen) == wanted]
    if compared is not None:
        left.update(zip(usable, compared([base | one for one in usable]).to_last, strict=True))
    closing = _closing({chosen: left[chosen] for chosen in usable}, limit)
    return ObjectiveAttribution(effects=effects, closing=closing, base=base)


def attribute_one_by_one(
    names: tuple[str, ...],
    measure: Measure,
    finite: Finite,
    limit: float,
    compared: Measure | None = None,
) -> ObjectiveAttribution:
    """Explain the gap by at most three optima for each setting.

    A setting without which the others do not close must change. Of the others are dropped, the one
    with the smallest effect first, those without which the rest still closes; which others would
    do as well stays open.

    Parameters
    ----------
    names, measure, finite, limit, compared
        As in `attribute_objective`.
    """
    everything = frozenset(names)

    def closing(chosen: Sequence[frozenset[str]]) -> set[frozenset[str]]:
        alike = [one for one in chosen if finite(one) == finite(everything)]
        left = (compared or measure)([*alike, everything]).to_last
        return {one for one, distance in zip(alike, left, strict=False) if distance <= limit}

    effects = _each_effect(names, measure)
    without = {name: everything - {name} for name in names}
    closed = closing([*without.values()])
    musts = frozenset(name for name in names if without[name] not in closed)
    kept = everything
    for effect in sorted(effects, key=lambda effect: effect.last):
        if effect.setting not in musts and closing([kept - {effect.setting}]):
            kept -= {effect.setting}
    return ObjectiveAttribution(effects=effects, closing=(kept,), known_musts=musts)


def _each_effect(names: tuple[str, ...], measure: Measure) -> tuple[ObjectiveEffect, ...]:
    """Return what each setting does alone, and as the last of all."""
    everything, n = frozenset(names), len(names)
    alone = [frozenset([name]) for name in names]
    last = [everything - {name} for name in names]
    moves = measure([frozenset(), *alone, *last, everything])
    first, second = moves.from_first[1 : 1 + n], moves.to_last[1 + n : -1]
    return tuple(
        ObjectiveEffect(setting=name, share=None, alone=float(first[k]), last=float(second[k]))
        for k, name in enumerate(names)
    )


def _most_effective(names: tuple[str, ...], measure: Measure) -> tuple[str, ...]:
    """Return at most `MAX_FACTORS` settings, those that move the optimum most."""
    if len(names) <= MAX_FACTORS:
        return names
    effects = _each_effect(names, measure)
    # By the larger of its two effects: a masked cause has only the second.
    ranked = sorted(effects, key=lambda effect: max(effect.alone, effect.last), reverse=True)
    kept = {effect.setting for effect in ranked[:MAX_FACTORS]}
    return tuple(name for name in names if name in kept)


def _shapley(name: str, names: tuple[str, ...], along: Mapping[frozenset[str], float]) -> float:
    """Return the Shapley value along the gap: the mean move over all orders of changing settings.

    Parameters
    ----------
    along : mapping of set to float
        How far each blend is along the gap.
    """
    others = [other for other in names if other != name]
    # Of predictions as vectors, whose sum over the settings is exactly the gap. With the distance
    # as the payoff the share of one missing penalty was 14 % to 115 %, by how many epochs the same
    # pair was trained.
    total = 0.0
    for size in range(len(others) + 1):
        weight = (
            math.factorial(size) * math.factorial(len(others) - size) / math.factorial(len(names))
        )
        for chosen in combinations(others, size):
            before = frozenset(chosen)
            total += weight * (along[before | {name}] - along[before])
    return total


def _closing(left: Mapping[frozenset[str], float], limit: float) -> tuple[frozenset[str], ...]:
    """Return the minimal sets that close, smaller ones first.

    Parameters
    ----------
    left : mapping of set to float
        The largest difference that each leaves.
    """
    minimal: list[frozenset[str]] = []
    # By name too, so that two runs of a check report the same set first. That a larger set closes
    # is not concluded from a smaller one: changes may cancel, so each set is asked.
    for chosen in sorted(left, key=lambda item: (len(item), sorted(item))):
        if any(smaller <= chosen for smaller in minimal):
            continue
        # By the verdict's own measure: in the mean one wrong row is lost among the others.
        if left[chosen] <= limit:
            minimal.append(chosen)
    return tuple(minimal)
