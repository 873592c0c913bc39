"""How far two models may differ on inputs that no row shows, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

#: A worst mixture of the rows that is so many times the worst row is named in the message.
NOTICED = 3.0
#: Below this it is rounding.
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedRow:
    """One row of a mixture.

    Parameters
    ----------
    rows : str
        Whether it is one of the ``"training"`` or of the ``"evaluation"`` rows; empty where these
        are the same.
    row : int
        Its number.
    share : float
        Its part of the mixture, in (0, 1].
    """

    rows: str
    row: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstInput:
    """The input of a set at which the two models differ most.

    Parameters
    ----------
    value : float
        The largest difference of a probability that is reached, by the input named here.
    bound : float, optional
        What no input of the set exceeds; ``None`` where the value is what a search found.
    label : str
        The class whose probability it is, as it is written in Python.
    reference, candidate : float
        That class's probability on either side.
    x : tuple of float
        The input, one number for each column; empty where there are more than 1000 columns.
    mixture : tuple of MixedRow
        Which rows it is a mixture of, the largest share first; empty where it is none.
    """

    value: float
    label: str
    reference: float
    candidate: float
    bound: float | None = None
    x: tuple[float, ...] = ()
    mixture: tuple[MixedRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCase:
    """The largest difference of a probability over the range of the inputs.

    Parameters
    ----------
    rows : float
        The largest on the rows given, by the coefficients.
    mixtures : WorstInput
        Over all mixtures of the rows: what lies between them.
    ellipsoid : WorstInput
        Over the ellipsoid that holds 99 % of a normal distribution with the rows' mean and
        covariance.
    box : WorstInput
        Over every input whose columns each lie in their range.
    exact : bool
        Whether these are proven maxima, as for two classes; else what a search found.
    names : tuple of str
        The columns.
    low, high : tuple of float
        The range of each column; empty where there are more than 1000 columns.
    whole : tuple of str
        Columns that hold whole numbers in the box.
    two_valued : tuple of str
        Columns that hold one of two values in the box.
    one_hot : tuple of tuple of str
        Groups of columns of which exactly one is on in the box.
    given : tuple of str
        Columns whose range was given.
    """

    rows: float
    mixtures: WorstInput
    ellipsoid: WorstInput
    box: WorstInput
    exact: bool
    names: tuple[str, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    whole: tuple[str, ...] = ()
    two_valued: tuple[str, ...] = ()
    one_hot: tuple[tuple[str, ...], ...] = ()
    given: tuple[str, ...] = ()

    @property
    def sets(self) -> tuple[tuple[str, WorstInput], ...]:
        """Name and worst input of each set, from what lies between the rows to the widest."""
        return (
            ("mixtures of the rows", self.mixtures),
            ("99 % ellipsoid", self.ellipsoid),
            ("box", self.box),
        )

    @property
    def is_noticed(self) -> bool:
        """Whether between the rows the models differ much more than on them."""
        # The box says little by itself: it is nearly 1 for C=1 against C=2.
        return self.mixtures.value > max(NOTICED * self.rows, ROUNDING)
