"""What a stack of linear models is trained on, and how each of them is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.training.recipe import Optimizer, Start


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """How a crossentropy keeps probabilities within bounds, beyond which it is flat.

    Parameters
    ----------
    epsilon : float
        They are kept within ``[epsilon, 1 - epsilon]``.
    edge : float
        What passes of a gradient at a bound itself.
    """

    epsilon: float
    edge: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """The rows and the objective that all variants share.

    Parameters
    ----------
    settings : ObjectiveSettings
        The objective as the compiled loss has it: ``rows_used`` applied to the rows already, the
        optimizer's own decay left to the optimizer.
    X : ndarray or RowMatrix of shape (n_samples, n_features)
        Rows as the Dense layer sees them: float32, or not held.
    y : ndarray of shape (n_samples,)
        Class codes; for the squared error of numbers those.
    row_weight : ndarray of shape (n_samples,), optional
        Class weights included.
    n_outputs : int
        The number of classes for softmax, else 1.
    summed_over : int, optional
        For a loss that is summed over a batch: the rows a step that ``settings.loss_scale`` was
        read with, by which each batch is divided whatever its own size. ``None``: a batch is
        divided by its own size, or as ``settings.weights_normalised`` says.
    penalty_scale : ndarray of shape (n_features,), optional
        The penalties act on the coefficients divided by these: those of the features before they
        were divided by them.
    replay : bool
        Whether each seed's first permutation is used in every epoch, as ``fit`` does where
        TensorFlow's global seed is set.
    decayed : tuple of bool
        Whether the optimizer's weight decay, where it has one, acts on kernel and bias.
    clip : Clip, optional
        Where the loss is one of probabilities that are clipped.
    slope_at_zero : float
        The slope of an L1 penalty's ``|w|`` at 0 itself, between -1 and 1.
    """

    settings: ObjectiveSettings
    X: np.ndarray | RowMatrix
    y: np.ndarray
    row_weight: np.ndarray | None = None
    n_outputs: int = 1
    summed_over: int | None = None
    # Standardising inside the model changes how fast it is trained, and must not change what for: a
    # penalty on the layer's own coefficients would be another objective.
    penalty_scale: np.ndarray | None = None
    replay: bool = False
    # Apart from the optimizer: Keras keeps out of its config what was excluded from the decay, and
    # the optimum depends on it.
    decayed: tuple[bool, bool] = (True, True)
    clip: Clip | None = None
    slope_at_zero: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variant:
    """One training of the model.

    Parameters
    ----------
    optimizer : Optimizer
        One with a formula (`optimizers.formula_of`).
    batch_size : int
        Rows a step; the last batch may be short.
    seed : int, optional
        Of the permutations; ``None`` leaves the rows in their order.
    start : Start
        Where it starts.
    settings : ObjectiveSettings, optional
        Its objective, where it is another than that of the problem.
    decayed : tuple of bool, optional
        Whether weight decay acts on kernel and bias, where that is not as the problem says.
    logits : bool
        Whether its loss takes logits, and clips nothing, whatever the problem says.
    """

    optimizer: Optimizer
    batch_size: int
    seed: int | None
    # Not a seed: how Keras draws a start depends on its version, so the weights themselves are
    # given.
    start: Start
    settings: ObjectiveSettings | None = None
    decayed: tuple[bool, bool] | None = None
    logits: bool = False
