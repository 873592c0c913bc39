"""The heads behind predictions, told from some rows and held against others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.inference.formats import NumberFormat
from pytest_modelparity.inference.recovery import Behind, linear_within
from pytest_modelparity.parity.side import Side
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.seen import AGREES

#: The finding that names a head.
NOT_LINEAR = "not-linear"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldHead:
    """What makes a side's predictions, as some rows told it.

    Parameters
    ----------
    side : str
        Its name.
    behind : Behind
        Makes them.
    form : NumberFormat
        What they are rounded to.
    """

    side: str
    behind: Behind
    form: NumberFormat

    def explains(self, X: Matrix, P: np.ndarray) -> bool:
        """Whether it makes these predictions of rows; a NaN is no other head."""
        made = self.behind.predictions(X)
        seen = P[:, -made.shape[1] :]
        rounding = linear_within(self.form) * self.form.rounding(np.clip(seen, 0.0, 1.0))
        return not bool((np.abs(made - seen) > AGREES + rounding).any())


def heads_of(*sides: Side) -> tuple[HeldHead, ...]:
    """Return the heads that are told of sides; what is told of none needs no proof."""
    return tuple(
        HeldHead(side=side.name, behind=found.behind, form=found.form)
        for side in sides
        if any(one.slug == NOT_LINEAR for one in side.fitted.findings)
        and (found := side.fitted.recovered) is not None
        and found.behind is not None
        and found.linear
        # Of classes alone: a regressor has no probabilities.
        and side.data.n_classes
    )


def refuted_in(
    heads: tuple[HeldHead, ...], X: Matrix, predictions: Mapping[str, np.ndarray], where: str
) -> dict[str, str]:
    """Return the sides whose heads do not make what each predicts of rows, with where that is."""
    return {head.side: where for head in heads if not head.explains(X, predictions[head.side])}


def with_refuted(side: Side, refuted: Mapping[str, str], told_on: str) -> Side:
    """Return a side whose findings say where its head does not hold.

    Parameters
    ----------
    refuted : mapping of str to str
        Where, by the side's name.
    told_on : str
        The rows that told it, in words.
    """
    where = refuted.get(side.name)
    if where is None:
        return side
    findings = tuple(_refuted(one, told_on, where) for one in side.fitted.findings)
    return side.described(replace(side.fitted, findings=findings))


def _refuted(finding: Finding, told_on: str, where: str) -> Finding:
    """Return a finding with where it does not hold, if it names a head."""
    if finding.slug != NOT_LINEAR:
        return finding
    return replace(finding, text=f"{finding.text}; so it is on {told_on}, and not in {where}")
