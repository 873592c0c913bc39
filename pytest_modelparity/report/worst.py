"""Which divergence of a check decides, and how bad it is."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pytest_modelparity.report.parts import Divergence


def failing(divergences: Mapping[str, Divergence], verdict: str) -> list[tuple[str, Divergence]]:
    """Return the divergences that are too large, that of the name ``verdict`` first."""
    # `not within` rather than a comparison of numbers: a NaN is beyond any tolerance.
    beyond = [(name, item) for name, item in divergences.items() if not item.within]
    return sorted(beyond, key=lambda pair: pair[0] != verdict)


def worst_divergence(
    divergences: Mapping[str, Divergence], verdict: str
) -> tuple[str, Divergence] | None:
    """Return the divergence that decides: one that is too large before others, else ``verdict``.

    ``None`` where nothing is judged.
    """
    # The worst ratio would name a tolerance of 1e-9 before the verdict's own; the verdict's
    # quantity is what the user asked about.
    judged = [(name, item) for name, item in divergences.items() if item.allowed is not None]
    return max(judged, key=lambda pair: (not pair[1].within, pair[0] == verdict), default=None)


def severity(divergences: Mapping[str, Divergence]) -> float:
    """Return how bad a check is: its largest ratio of a divergence to what is allowed.

    Above 1 the models diverge; a NaN counts as infinitely bad.
    """
    ratios = []
    for divergence in divergences.values():
        if divergence.allowed is None:
            continue
        # A tolerance of exactly 0 is kept only by 0, and has no ratio.
        if divergence.within:
            ratios.append(divergence.value / divergence.allowed if divergence.allowed else 0.0)
        elif math.isfinite(divergence.value) and divergence.allowed > 0:
            ratios.append(divergence.value / divergence.allowed)
        else:
            ratios.append(math.inf)
    return max(ratios, default=0.0)
