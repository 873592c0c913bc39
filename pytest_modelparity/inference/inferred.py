"""What was found of the objective behind a linear model, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.report.inference import NONE, ExcludedObjective, InferredValue
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRows:
    """Whether training on other rows of the same population would make such a difference.

    Parameters
    ----------
    ratio : float
        T / k: the score test's statistic over its degrees of freedom. About 1 where a model was
        trained on as many other rows, ``1/f - 1`` on a share f of these.
    consistent : bool
        Whether it is no larger than that, and large enough. Never evidence *for* other rows: most
        models that were stopped early have it too.
    """

    ratio: float
    consistent: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inference:
    """The objective whose optimum a linear model is, as far as that can be told.

    Parameters
    ----------
    grade : str
        ``"proven"``, ``"measured"``, ``"resembles"`` or ``"none"``.
    why : str
        In one sentence why there is none; empty else.
    changes : tuple of InferredValue
        Where the objective differs from the one that was expected.
    settings : ObjectiveSettings, optional
        All of its settings, on the features as given.
    sample_weight : ndarray of shape (n,), optional
        The row weights that belong to ``settings``; None where they speak of none. Zero for rows
        that were left out.
    distance : float
        Largest difference of a prediction to its optimum: a proven bound where ``certified``.
        NaN where nothing was found.
    certified : bool
        Whether a theorem bounds it at the model itself.
    base_distance : float
        The same to the optimum of the objective that was expected.
    resolution : tuple of (float, float), optional
        The C, of a regressor the alpha, that cannot be told from the one found within the
        tolerance.
    prepared : str
        How the rows were prepared in training and are not at prediction, such as ``"rows normalised
        (l2)"``: ``settings`` hold on rows that were. Empty where they are as given.
    ties : tuple of str
        Other objectives that explain the model as well and are nearly as simple, or are nearer.
    nearest : str
        The objective of all tried whose optimum is nearest, in words.
    nearest_distance : float
        How far that is; NaN where none could be tried.
    excluded : tuple of ExcludedObjective
        Objectives without a free number that are proven not to be it.
    other_rows : OtherRows, optional
        Asked only where nothing was found.
    class_balance : tuple of float
        Asked only where nothing was found: the class weights, the least of them 1, that the
        intercept alone tells of. A hint at best.
    row_weights : ndarray of shape (n,), optional
        Asked only where nothing was found: the weight of each row with which the model is at the
        optimum, where there are no more rows than columns. No proof: stopped early, many a model
        has such weights.
    tried : int
        How many objectives and sets of rows were tried.
    seconds : float
        How long that took.
    """

    grade: str = NONE
    why: str = ""
    changes: tuple[InferredValue, ...] = ()
    settings: ObjectiveSettings | None = None
    sample_weight: FloatArray | None = None
    distance: float = float("nan")
    certified: bool = False
    base_distance: float = float("nan")
    resolution: tuple[float, float] | None = None
    prepared: str = ""
    ties: tuple[str, ...] = ()
    nearest: str = ""
    nearest_distance: float = float("nan")
    excluded: tuple[ExcludedObjective, ...] = ()
    other_rows: OtherRows | None = None
    class_balance: tuple[float, ...] = ()
    row_weights: FloatArray | None = None
    tried: int = 0
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The changes in words, ``"C=0.3, class_weight={0: 1, 1: 2.5}"``."""
        return ", ".join(one.words for one in self.changes)
