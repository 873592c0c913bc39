"""A divergence as reference's own error + objective gap + candidate's own error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pytest_modelparity.parity.divergence import largest
from pytest_modelparity.report.numbers import rows_in_words
from pytest_modelparity.report.parts import Split, SplitPart
from pytest_modelparity.theory.design import BoolArray, FloatArray

#: What rounding takes off a sum of three differences, relative to it.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a divergence, on the rows on which it is determined.

    Parameters
    ----------
    largest : float
        The largest difference of a prediction.
    squares : float
        The sum of the squares of all differences.
    n_rows : int
        How many rows these are.
    rows : str
        The set of rows that they belong to; empty where there is only one.
    known : int, optional
        How many of the set they are; ``None``: all.
    """

    largest: float
    squares: float
    n_rows: int
    rows: str = ""
    known: int | None = None

    @classmethod
    def of(cls, difference: FloatArray, rows: str = "", known: BoolArray | None = None) -> Part:
        """Return a difference (n_rows, n_columns) of a set of rows, where it is known."""
        counted = difference if known is None else difference[known]
        return cls(
            largest=largest(counted),
            squares=float(np.sum(np.sum(counted**2, axis=1))),
            n_rows=len(counted),
            rows=rows,
            known=None if known is None else len(counted),
        )

    def with_next(self, second: Part) -> Part:
        """Return the part on the rows of both, which are all known."""
        return replace(
            self,
            # Not max(): a NaN must stay.
            largest=float(np.maximum(self.largest, second.largest)),
            squares=self.squares + second.squares,
            n_rows=self.n_rows + second.n_rows,
        )

    @property
    def rms(self) -> float:
        """The root mean square over rows of the rows' lengths; NaN of none."""
        return float(np.sqrt(self.squares / self.n_rows)) if self.n_rows else float("nan")

    @property
    def named_rows(self) -> str:
        """The rows in words; empty where all are the same."""
        return rows_in_words(self.rows, self.known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The parts on rows that determine all of them, held against the whole divergence D there.

    Parameters
    ----------
    largest : tuple of float
        The largest difference of each part.
    along : tuple of float
        ``<part, D>`` of each.
    length : float
        ``<D, D>``.
    whole : float
        The largest difference of D.
    """

    largest: tuple[float, ...]
    along: tuple[float, ...]
    length: float
    whole: float

    @classmethod
    def of(cls, parts: Sequence[FloatArray], whole: FloatArray) -> Common:
        """Return what there is of differences of the same rows."""
        return cls(
            largest=tuple(largest(part) for part in parts),
            along=tuple(float(np.sum(part * whole)) for part in parts),
            length=float(np.sum(whole**2)),
            whole=largest(whole),
        )

    def with_next(self, second: Common) -> Common:
        """Return that of the rows of both."""
        return Common(
            largest=tuple(map(float, np.maximum(self.largest, second.largest))),
            along=tuple(map(float, np.add(self.along, second.along))),
            length=self.length + second.length,
            whole=float(np.maximum(self.whole, second.whole)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What there is of the three parts of a divergence.

    Parameters
    ----------
    reference_error, objective_gap, candidate_error : Part
        Each where it is determined.
    common : Common
        All of them where they all are.
    whole : float
        The largest difference of both sides on any row.
    resolution : float
        What the optima's own certificates leave open.
    rows : str
        Which set of rows this is; empty where there is only one.
    """

    reference_error: Part
    objective_gap: Part
    candidate_error: Part
    common: Common
    whole: float
    resolution: float
    rows: str

    def with_next(self, second: Parts) -> Parts:
        """Return the parts on the rows of both, which determine all."""
        return replace(
            self,
            reference_error=self.reference_error.with_next(second.reference_error),
            objective_gap=self.objective_gap.with_next(second.objective_gap),
            candidate_error=self.candidate_error.with_next(second.candidate_error),
            common=self.common.with_next(second.common),
            whole=float(np.maximum(self.whole, second.whole)),
        )

    @property
    def adds_up(self) -> bool:
        """Whether the rows that determine the parts are as far apart as any."""
        return not self.whole > sum(self.common.largest) * (1.0 + ROUNDING)


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
    def parts(self) -> Parts:
        """e_s = P_s - P*_s, g = P*_s - P*_k and e_k = P*_k - P_k."""
        common = self._common
        return Parts(
            reference_error=self._part("reference", "reference_optimum", "reference_known"),
            objective_gap=self._part("reference_optimum", "candidate_optimum", "both_known"),
            candidate_error=self._part("candidate_optimum", "candidate", "candidate_known"),
            common=Common.of(
                [
                    common.reference - common.reference_optimum,
                    common.reference_optimum - common.candidate_optimum,
                    common.candidate_optimum - common.candidate,
                ],
                common.reference - common.candidate,
            ),
            whole=largest(self.reference - self.candidate),
            resolution=self.resolution,
            rows=self.rows,
        )

    @property
    def both_known(self) -> BoolArray | None:
        """The rows on which both optima are determined."""
        masks = [mask for mask in (self.reference_known, self.candidate_known) if mask is not None]
        return np.logical_and.reduce(masks) if masks else None

    @property
    def _common(self) -> SplitPoints:
        """The corners on rows that determine all of them: the parts add up to the whole."""
        known = self.both_known
        if known is None:
            return self
        if not known.any() and self.elsewhere is not None:
            return self.elsewhere._common
        return SplitPoints(
            reference=self.reference[known],
            reference_optimum=self.reference_optimum[known],
            candidate_optimum=self.candidate_optimum[known],
            candidate=self.candidate[known],
        )

    def _part(self, first: str, second: str, where: str) -> Part:
        """Return a part where it is determined: here if on any row, else elsewhere."""
        known: BoolArray | None = getattr(self, where)
        if known is not None and not known.any() and self.elsewhere is not None:
            return self.elsewhere._part(first, second, where)
        return Part.of(getattr(self, first) - getattr(self, second), self.rows, known)


def split_of(parts: Parts) -> Split:
    """Return the three parts with their signed shares.

    Lengths do not add; the shares ``<part, D> / <D, D>``, on the rows that determine every part,
    sum to 1 and have a sign: parts that cancel have shares of opposite signs.
    """
    common = parts.common
    # NaN is not resolved either, and gets no shares.
    resolved = bool(common.whole > parts.resolution)
    each = (parts.reference_error, parts.objective_gap, parts.candidate_error)
    reference_error, objective_gap, candidate_error = (
        SplitPart(
            rms=part.rms,
            largest=part.largest,
            share=signed_share(along, common.length) if resolved else None,
            rows="" if part.rows == parts.rows else part.rows,
            known=part.known,
        )
        for part, along in zip(each, common.along, strict=True)
    )
    return Split(
        reference_error=reference_error,
        objective_gap=objective_gap,
        candidate_error=candidate_error,
        rows=parts.rows,
    )


def signed_share(along: float, length: float) -> float | None:
    """Return ``<part, whole> / <whole, whole>``; ``None`` for a whole of length zero."""
    # A projection, so that the parts sum to 1. They often cancel: descent without a penalty that is
    # stopped early imitates one (-50 % and 150 % were measured), and repairing one part alone may
    # then move the models apart. A share is no degree of guilt.
    return along / length if length > 0 else None
