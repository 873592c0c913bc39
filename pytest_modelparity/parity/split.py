"""A divergence as reference's own error + objective gap + candidate's own error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.parity.divergence import largest, rms
from pytest_modelparity.report.numbers import rows_in_words
from pytest_modelparity.report.parts import Split, SplitPart
from pytest_modelparity.theory.design import BoolArray, FloatArray

#: What rounding takes off a sum of three differences, relative to it.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """One part of a divergence, on the rows on which it is determined.

    Parameters
    ----------
    difference : ndarray of shape (n_rows, n_classes)
        Of these rows alone.
    rows : str
        The set of rows that they belong to; empty where there is only one.
    known : int, optional
        How many of the set they are; ``None``: all.
    """

    difference: FloatArray
    rows: str = ""
    known: int | None = None

    @property
    def largest(self) -> float:
        """The largest difference of a prediction."""
        return largest(self.difference)

    @property
    def named_rows(self) -> str:
        """The rows in words; empty where all are the same."""
        return rows_in_words(self.rows, self.known)


# In predictions, not coefficients: on unscaled digits the default solver was 100 % off in the
# coefficients and 0.038 in the probabilities, and separable data have no coefficients at all.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SplitPoints:
    """Probabilities, of shape (n_rows, n_classes), at the four corners of the split.

    Parameters
    ----------
    reference, candidate : ndarray
        As trained.
    reference_optimum, candidate_optimum : ndarray
        Exact minimisers of each side's own objective.
    reference_known, candidate_known : ndarray of bool of shape (n_rows,), optional
        The rows on which each of them is determined; default: all.
    resolution : float
        What the optima's own certificates leave open.
    rows : str
        Which set of rows this is; empty where there is only one.
    elsewhere : SplitPoints, optional
        The corners on rows that determine every part, for those that no row here does.
    """

    reference: FloatArray
    reference_optimum: FloatArray
    candidate_optimum: FloatArray
    candidate: FloatArray
    reference_known: BoolArray | None = None
    candidate_known: BoolArray | None = None
    resolution: float = 0.0
    rows: str = ""
    elsewhere: SplitPoints | None = None

    @property
    def is_known_throughout(self) -> bool:
        """Whether both optima are determined on every row."""
        return self.reference_known is None and self.candidate_known is None

    # Three parts, since a learning rate or a batch size has no value on the other side: what a
    # trainer does is measured against the exact minimum of its own objective, not against another
    # trainer.
    @property
    def reference_error(self) -> Part:
        """e_s = P_s - P*_s."""
        return self._part("reference", "reference_optimum", "reference_known")

    @property
    def objective_gap(self) -> Part:
        """g = P*_s - P*_k."""
        return self._part("reference_optimum", "candidate_optimum", "both_known")

    @property
    def candidate_error(self) -> Part:
        """e_k = P*_k - P_k."""
        return self._part("candidate_optimum", "candidate", "candidate_known")

    @property
    def adds_up(self) -> bool:
        """Whether the rows that determine the parts are as far apart as any."""
        common = self.common
        return not largest(self.reference - self.candidate) > sum(
            part.largest for part in _parts(common)
        ) * (1.0 + ROUNDING)

    @property
    def common(self) -> SplitPoints:
        """The corners on rows that determine all of them: the parts add up to the whole."""
        known = self.both_known
        if known is None:
            return self
        if not known.any() and self.elsewhere is not None:
            return self.elsewhere.common
        return SplitPoints(
            reference=self.reference[known],
            reference_optimum=self.reference_optimum[known],
            candidate_optimum=self.candidate_optimum[known],
            candidate=self.candidate[known],
            resolution=self.resolution,
        )

    @property
    def both_known(self) -> BoolArray | None:
        """The rows on which both optima are determined."""
        masks = [mask for mask in (self.reference_known, self.candidate_known) if mask is not None]
        return np.logical_and.reduce(masks) if masks else None

    def _part(self, first: str, second: str, where: str) -> Part:
        """Return a part where it is determined: here if on any row, else elsewhere."""
        known: BoolArray | None = getattr(self, where)
        if known is not None and not known.any() and self.elsewhere is not None:
            return self.elsewhere._part(first, second, where)
        difference: FloatArray = getattr(self, first) - getattr(self, second)
        if known is None:
            return Part(difference=difference, rows=self.rows)
        return Part(difference=difference[known], rows=self.rows, known=int(known.sum()))


def split_of(points: SplitPoints) -> Split:
    """Return the three parts with their signed shares.

    Lengths do not add; the shares ``<part, D> / <D, D>``, on the rows that determine every part,
    sum to 1 and have a sign: parts that cancel have shares of opposite signs.
    """
    common = points.common
    whole = common.reference - common.candidate
    # NaN is not resolved either, and gets no shares.
    resolved = bool(largest(whole) > points.resolution)
    parts = [
        SplitPart(
            rms=rms(part.difference),
            largest=part.largest,
            share=signed_share(shared.difference, whole) if resolved else None,
            rows="" if part.rows == points.rows else part.rows,
            known=part.known,
        )
        for part, shared in zip(_parts(points), _parts(common), strict=True)
    ]
    return Split(
        reference_error=parts[0],
        objective_gap=parts[1],
        candidate_error=parts[2],
        rows=points.rows,
    )


def _parts(points: SplitPoints) -> tuple[Part, Part, Part]:
    """Return the three parts in their order."""
    return points.reference_error, points.objective_gap, points.candidate_error


def signed_share(part: np.ndarray, whole: np.ndarray) -> float | None:
    """Return ``<part, whole> / <whole, whole>``; ``None`` for a whole of length zero."""
    length = float(np.sum(whole**2))
    # A projection, so that the parts sum to 1. They often cancel: descent without a penalty that is
    # stopped early imitates one (-50 % and 150 % were measured), and repairing one part alone may
    # then move the models apart. A share is no degree of guilt.
    return float(np.sum(part * whole)) / length if length > 0 else None
