"""A divergence as reference's own error + objective gap + candidate's own error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.parity.divergence import largest, rms
from pytest_modelparity.report.parts import Split, SplitPart
from pytest_modelparity.theory.design import FloatArray


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
    resolution : float
        What the optima's own certificates leave open.
    """

    reference: FloatArray
    reference_optimum: FloatArray
    candidate_optimum: FloatArray
    candidate: FloatArray
    resolution: float = 0.0

    # Three parts, since a learning rate or a batch size has no value on the other side: what a
    # trainer does is measured against the exact minimum of its own objective, not against another
    # trainer.
    @property
    def reference_error(self) -> FloatArray:
        """e_s = P_s - P*_s."""
        return self.reference - self.reference_optimum

    @property
    def objective_gap(self) -> FloatArray:
        """g = P*_s - P*_k."""
        return self.reference_optimum - self.candidate_optimum

    @property
    def candidate_error(self) -> FloatArray:
        """e_k = P*_k - P_k."""
        return self.candidate_optimum - self.candidate


def split_of(points: SplitPoints, rows: str = "") -> Split:
    """Return the three parts with their signed shares.

    Lengths do not add; the shares ``<part, D> / <D, D>`` sum to 1 and have a sign: parts that
    cancel have shares of opposite signs.

    Parameters
    ----------
    rows : str
        As `Split.rows`.
    """
    whole = points.reference - points.candidate
    # NaN is not resolved either, and gets no shares.
    resolved = bool(largest(whole) > points.resolution)
    return Split(
        reference_error=_part(points.reference_error, whole, resolved),
        objective_gap=_part(points.objective_gap, whole, resolved),
        candidate_error=_part(points.candidate_error, whole, resolved),
        rows=rows,
    )


def signed_share(part: np.ndarray, whole: np.ndarray) -> float | None:
    """Return ``<part, whole> / <whole, whole>``; ``None`` for a whole of length zero."""
    length = float(np.sum(whole**2))
    # A projection, so that the parts sum to 1. They often cancel: descent without a penalty that is
    # stopped early imitates one (-50 % and 150 % were measured), and repairing one part alone may
    # then move the models apart. A share is no degree of guilt.
    return float(np.sum(part * whole)) / length if length > 0 else None


def _part(part: np.ndarray, whole: np.ndarray, resolved: bool) -> SplitPart:
    """Return one part."""
    return SplitPart(
        rms=rms(part),
        largest=largest(part),
        share=signed_share(part, whole) if resolved else None,
    )
