"""The heads behind predictions, told from the first rows and held against all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pytest_modelparity.inference.recovery import linear_within
from pytest_modelparity.parity.blocks import Block
from pytest_modelparity.parity.side import Side
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.sides.seen import AGREES

#: The finding that names a head.
NOT_LINEAR = "not-linear"


class HeadsInBlocks:
    """Notes the first block that a side's head does not explain.

    Parameters
    ----------
    *sides : Side
        As they were seen on the first rows.
    """

    def __init__(self, *sides: Side) -> None:
        # What is told of no side needs no proof.
        self._sides = tuple(
            side for side in sides if any(one.slug == NOT_LINEAR for one in side.fitted.findings)
        )
        self._refuted: dict[str, str] = {}

    def see(self, block: Block, predictions: Mapping[str, np.ndarray]) -> None:
        """Hold the heads against what each side, by its name, predicts of a block."""
        for side in (one for one in self._sides if one.name not in self._refuted):
            if not _explains(side, block, predictions[side.name]):
                self._refuted[side.name] = block.name

    def findings(self, side: Side) -> tuple[Finding, ...]:
        """Return what was found of a side, and where that does not hold."""
        block = self._refuted.get(side.name)
        if block is None:
            return side.fitted.findings
        return tuple(
            replace(one, text=f"{one.text}; so it is on the first rows, and not in {block}")
            if one.slug == NOT_LINEAR
            else one
            for one in side.fitted.findings
        )


def _explains(side: Side, block: Block, P: np.ndarray) -> bool:
    """Whether the head that a side was told to have, if it was, makes its predictions of a block.

    A NaN is no other head.
    """
    found = side.fitted.recovered
    # Of classes alone: a regressor has no probabilities.
    if found is None or found.behind is None or not found.linear or not side.data.n_classes:
        return True
    made = found.behind.predictions(block.X)
    seen = P[:, -made.shape[1] :]
    rounding = linear_within(found.form) * found.form.rounding(np.clip(seen, 0.0, 1.0))
    return not bool((np.abs(made - seen) > AGREES + rounding).any())
