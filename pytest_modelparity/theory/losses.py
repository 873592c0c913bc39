"""The losses that an objective can have, by the name of their output head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from numpy.typing import ArrayLike

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.theory.counts import PoissonLoss
from pytest_modelparity.theory.design import BoolArray, FloatArray, IntArray, Targets
from pytest_modelparity.theory.logistic import SigmoidLoss, SoftmaxLoss
from pytest_modelparity.theory.squared import SquaredLoss


class Curvature(Protocol):
    """The second derivatives of the rows' losses, weighted: one (K', K') matrix a row."""

    @property
    def roots(self) -> FloatArray:
        """Square roots (n, m) of the weights of the Gram matrices that make the Hessian."""

    @property
    def diagonal(self) -> FloatArray:
        """Diagonals of the rows' matrices, (n, K')."""

    def apply(self, change: FloatArray) -> FloatArray:
        """Return each row's matrix times its row of ``change`` (n, K')."""

    def assemble(self, grams: FloatArray) -> FloatArray:
        """Return the loss's Hessian (K', q, K', q) of ``sum_i r_im^2 x_i x_i'`` (m, q, q)."""


class Rest(Protocol):
    """What is left to fit once a free intercept has driven some predictions to zero."""

    @property
    def n_classes(self) -> int:
        """Number of classes that are left."""

    @property
    def targets(self) -> IntArray:
        """Targets (n,) in their numbering."""

    @property
    def columns(self) -> IntArray:
        """Which columns of the predictions they are."""


class Recession(Protocol):
    """Directions along which a loss falls for ever, so that no finite minimiser need exist.

    A row's *margins* (n, m), one for each of its m predictions, are linear in its decision: along
    a direction with no negative margin no loss rises, and a prediction vanishes where its margin
    is positive. Infinity marks a prediction that cannot vanish.
    """

    def margins(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return the margins (n, m) of decisions z (n, K')."""

    def margin_matrix(self, design: FloatArray, y: Targets) -> FloatArray:
        """Return the finite margins as rows of a matrix (r, d) on ``theta``."""

    def vanishing(self, y: Targets) -> BoolArray:
        """Return which predictions (m,) a free intercept drives to zero; y of weighted rows."""

    def rest(self, y: Targets, vanishing: BoolArray) -> Rest | None:
        """Return what is left to fit without them; None where nothing is."""

    def limit(self, y: Targets) -> FloatArray:
        """Return the predictions (n, m) at which each row's loss has its infimum."""

    def without(self, predictions: FloatArray, vanished: BoolArray) -> FloatArray:
        """Return ``predictions`` with some of them zero."""


class Loss(Protocol):
    """The loss of one row as a function of its decision z, and what the theorems need of it.

    Losses are convex, at least 0 and have their canonical link: the slope is the prediction minus
    the target, and so moves exactly as far as the prediction does.
    """

    @property
    def n_outputs(self) -> int:
        """Columns K' of the decision function."""

    @property
    def shift_invariant(self) -> bool:
        """Whether one number added to all outputs of a row changes nothing."""

    @property
    def recession(self) -> Recession | None:
        """How the loss can fall for ever; None where a finite minimiser always exists."""

    @property
    def self_concordance(self) -> float:
        """The c with ``|l'''| <= c r l''`` along directions that change decisions by range r."""

    @property
    def diameter(self) -> float:
        """Largest distance that two predictions can have."""

    def targets(self, y: ArrayLike) -> Targets:
        """Return y as the loss takes it, or refuse it."""

    def value(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return the loss (n,) of each row at decisions z (n, K')."""

    def value_at_zero(self, y: Targets) -> FloatArray:
        """Return the loss (n,) of each row at a decision of zero."""

    def slope(self, z: FloatArray, y: Targets) -> FloatArray:
        """Return the derivative (n, K') of each row's loss by its decision."""

    def slope_size(self, z: FloatArray, y: Targets) -> float:
        """Return the size of the largest number that a slope is the difference of."""

    def slope_error(self, z: FloatArray, error: FloatArray) -> FloatArray:
        """Return how far (n, K') a slope is off where z is by ``error`` (n, 1), to first order."""

    def curvature(self, z: FloatArray, weight: FloatArray) -> Curvature:
        """Return the second derivatives times the rows' ``weight`` (n, 1)."""

    def total_curvature(self, z: FloatArray, weight: FloatArray) -> FloatArray:
        """Return the sum (K', K') of the rows' matrices: the Hessian of the intercept."""

    def response(self, z: FloatArray) -> FloatArray:
        """Return the predictions (n, m) of decisions z."""

    def response_change(self, prediction: FloatArray, shift: FloatArray) -> FloatArray:
        """Return how far (n,) a prediction moves where decisions change by a range ``shift``."""

    def dual_point(self, z: FloatArray, y: Targets, share: float) -> tuple[FloatArray, FloatArray]:
        """Return the dual point ``share * slope``: as predictions (n, m), and each row's gap (n,).

        The gap is Fenchel's, ``loss(z) + conjugate(v) - v z`` at ``v = share * slope``, at least 0.
        """

    def dual_distance(self, prediction: FloatArray, gap: FloatArray) -> FloatArray:
        """Return how far (n,) the best predictions may be from those (n, m) of a dual point.

        ``gap`` (n,): the most by which the dual can be below its maximum for the row's sake.
        """

    def distance_within(self, z: FloatArray, y: Targets, bound: FloatArray) -> FloatArray | None:
        """Return how far (n,) predictions may be that have, as z has, a loss of at most ``bound``.

        None where a small loss does not place a prediction.
        """


#: What makes the loss of each output head, of the number of classes and the label smoothing. The
#: only place of the theory that knows a head by its name: a new loss is a class and a line here.
HEADS: Mapping[str, Callable[[int, float], Loss]] = {
    "sigmoid": SigmoidLoss.of,
    "softmax": SoftmaxLoss.of,
    "identity": SquaredLoss.of,
    "exponential": PoissonLoss.of,
}


def loss_of(output_head: str, n_classes: int, label_smoothing: float = 0.0) -> Loss:
    """Return the loss that belongs to an output head.

    Parameters
    ----------
    output_head : str
        ``"sigmoid"``: one output for two classes; ``"softmax"``: one output a class;
        ``"identity"``: one output, squared error of numbers; ``"exponential"``: one output, the
        Poisson loss of numbers >= 0.
    n_classes : int
        Number of classes; 0 where the targets are numbers.
    label_smoothing : float
        Share of each target spread evenly over the classes, in [0, 1).

    Raises
    ------
    ModelParityError
        If the head is not known, or the classes or the smoothing do not fit it.
    """
    if output_head not in HEADS:
        *others, last = (repr(name) for name in HEADS)
        raise ModelParityError(
            f"output_head must be {', '.join(others)} or {last}, got {output_head!r}"
        )
    return HEADS[output_head](n_classes, label_smoothing)
