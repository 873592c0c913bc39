"""What was read of one model: the settings that decide its optimum, and those of its training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pytest_modelparity.feature_map import FeatureMap, alike, whole_map

#: Relative difference up to which two strengths or weights are one: Keras keeps them in float32.
SAME_NUMBER = 1e-6

#: The output head of one sigmoid a class, each held against all other classes.
ONE_VS_REST = "one_vs_rest"

#: Settings that decide where the optimum lies, under the names used for causes.
OBJECTIVE_SETTINGS = (
    "penalty",
    "C",
    "l1_ratio",
    "fit_intercept",
    "intercept_penalty",
    "class_weight",
    "sample_weight",
    "loss",
    "output_head",
    "label_smoothing",
    "feature_scaling",
    "rows_used",
)

#: Settings that decide how near its optimum a trainer gets.
TRAINING_SETTINGS = (
    "iterations",
    "solver",
    "learning_rate",
    "batch_size",
    "initialization",
    "dtype",
    "tol",
    "weight_decay",
    "logits",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveSettings:
    """The settings of the canonical objective (`theory.objective`), free of any framework.

    Parameters
    ----------
    l2_strength, l1_strength : float
        λ2 and λ1: penalties ``λ2/2 ‖W‖²`` and ``λ1 ‖W‖₁`` beside the loss summed and divided by n.
    intercept_l2_strength, intercept_l1_strength : float
        β2 and β1, the same for the intercept.
    fit_intercept : bool
        Whether the model has an intercept.
    class_weight : tuple of float, optional
        Weight of each class, in the order of ``classes_``; ``None`` means all ones.
    sample_weight : bool
        Whether per-row weights were given (the array itself travels beside the settings).
    rows_used : int, optional
        Number of leading rows that are trained on (Keras's ``validation_split`` holds back the
        last ones); ``None`` means all.
    loss_scale : float
        Factor on the whole data term (``loss_weights``, ``reduction="sum"``); 1.0 is the mean.
    weights_normalised : bool
        Whether the data term is divided by the sum of the row weights in place of n.
    label_smoothing : float
        Share of each target spread evenly over the classes, in [0, 1).
    output_head : str
        ``"sigmoid"`` (one output for two classes), ``"softmax"`` (one output a class),
        ``"identity"`` (one number), ``"exponential"`` (one number >= 0) or ``"one_vs_rest"`` (one
        sigmoid a class, divided by their sum; the loss is the sum of their K losses): the link,
        which decides the loss (`theory.losses`).
    binary_weight : tuple of (float, float), optional
        For one-vs-rest: what the rows of the rest, and those of the class, weigh in the problem
        of each class, beside ``class_weight``, which weighs a row in every problem alike;
        ``None`` means all ones.
    feature_shift, feature_scale : tuple of float, optional
        The model itself maps ``x`` to ``(x - shift) / scale`` before its coefficients, ...
    feature_map : FeatureMap, optional
        ... and then by a matrix, such as one of principal components or one that chooses columns.
    """

    l2_strength: float = 0.0
    l1_strength: float = 0.0
    intercept_l2_strength: float = 0.0
    intercept_l1_strength: float = 0.0
    fit_intercept: bool = True
    class_weight: tuple[float, ...] | None = None
    # Whether, not which: a report holds no array of the rows' length.
    sample_weight: bool = False
    rows_used: int | None = None
    loss_scale: float = 1.0
    # Keras's `mean_with_sample_weight` (from 3.7) alone does so; the default divides by the rows,
    # and a penalty then does not depend on the weights.
    weights_normalised: bool = False
    label_smoothing: float = 0.0
    output_head: str = "sigmoid"
    binary_weight: tuple[tuple[float, float], ...] | None = None
    feature_shift: tuple[float, ...] | None = None
    feature_scale: tuple[float, ...] | None = None
    feature_map: FeatureMap | None = None

    def times(self, factor: float) -> ObjectiveSettings:
        """Return the settings of an objective that is so many times as large."""
        return replace(
            self,
            l2_strength=self.l2_strength * factor,
            l1_strength=self.l1_strength * factor,
            intercept_l2_strength=self.intercept_l2_strength * factor,
            intercept_l1_strength=self.intercept_l1_strength * factor,
            loss_scale=self.loss_scale * factor,
        )

    @property
    def maps_features(self) -> bool:
        """Whether its coefficients are those of other features than it is given."""
        mapped = (self.feature_shift, self.feature_scale, self.feature_map)
        return any(part is not None for part in mapped)

    @property
    def strength(self) -> float:
        """λ = λ2 + λ1; 0 means no penalty on the coefficients."""
        return self.l2_strength + self.l1_strength

    @property
    def l1_ratio(self) -> float:
        """λ1 / λ; 0 where there is no penalty."""
        # 0 rather than NaN: two models without a penalty have the same.
        return self.l1_strength / self.strength if self.strength > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """How a model was trained; ``None`` means: cannot be read, or has no such setting.

    Parameters
    ----------
    solver : str, optional
        scikit-learn's ``solver`` or the Keras optimizer.
    iterations : int, optional
        The limit that was set: ``max_iter`` or ``epochs``.
    iterations_run : int, optional
        Iterations or epochs that were really made.
    learning_rate : float, optional
        The first learning rate, of the optimizer or its schedule.
    batch_size : int, optional
        Rows a step.
    initialization : str, optional
        Where the weights start.
    dtype : str, optional
        Floating type of the computation.
    tol : float, optional
        The solver's stopping tolerance.
    weight_decay : float, optional
        Decoupled weight decay of the optimizer.
    """

    solver: str | None = None
    iterations: int | None = None
    # Beside the limit: the two show whether a solver stopped by itself or was out of iterations.
    iterations_run: int | None = None
    learning_rate: float | None = None
    batch_size: int | None = None
    initialization: str | None = None
    dtype: str | None = None
    tol: float | None = None
    weight_decay: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """Everything that was read of one side.

    Parameters
    ----------
    framework : str
        ``"scikit-learn"``, ``"keras"``, ``"torch"``, ``"statsmodels"`` or ``"other"``.
    model : str
        The model in one line, as its user would write it.
    objective : ObjectiveSettings, optional
        ``None`` where the model's objective is not one that is modelled here.
    training : TrainingSettings
        How it was trained.
    written : mapping of str to str
        By setting name (`OBJECTIVE_SETTINGS`, `TRAINING_SETTINGS`): the value in the words of
        this side's framework, such as ``{"penalty": "kernel_regularizer=L2(8.79e-4)"}``.
    unmodelled : tuple of str
        What the model does that is not modelled here, one sentence each.
    """

    framework: str
    model: str
    objective: ObjectiveSettings | None = None
    training: TrainingSettings = field(default_factory=TrainingSettings)
    written: Mapping[str, str] = field(default_factory=dict)
    # Not empty: what is said of the optimum leaves this out, and every text says so.
    unmodelled: tuple[str, ...] = ()

    def word(self, setting: str) -> str:
        """Return a setting's value in the words of its framework."""
        return self.written.get(setting, "unknown")


def same_setting(name: str, first: ObjectiveSettings, second: ObjectiveSettings) -> bool | None:
    """Whether one of `OBJECTIVE_SETTINGS` means the same on both sides, up to float32 rounding.

    ``None`` where a side does not define it: without a penalty there is no ``C``, without an
    intercept none that is penalised.
    """
    # What is not given has a value all the same: weights and scales of 1, shifts of 0.
    if name == "class_weight":
        return _same_vector(first.class_weight, second.class_weight, missing=1.0) and (
            _same_vector(_flat(first), _flat(second), missing=1.0)
        )
    if name == "feature_scaling":
        return _same_features(first, second)
    values = [_meaning(name, side) for side in (first, second)]
    if values[0] is None or values[1] is None:
        return None
    return all(map(same_value, values[0], values[1]))


def _meaning(name: str, side: ObjectiveSettings) -> tuple[float | str | None, ...] | None:
    """Return the values behind a setting's name, where the side defines it."""
    defined = {
        "C": side.strength > 0,
        "l1_ratio": side.strength > 0,
        "intercept_penalty": side.fit_intercept,
    }
    if not defined.get(name, True):
        return None
    # In proportion to the penalty, so that another C alone is one difference and not two.
    scale = side.strength or 1.0
    values: Mapping[str, tuple[float | str | None, ...]] = {
        "penalty": (side.l2_strength > 0, side.l1_strength > 0),
        "C": (side.strength,),
        "l1_ratio": (side.l1_ratio,),
        "fit_intercept": (side.fit_intercept,),
        "intercept_penalty": (
            side.intercept_l2_strength / scale,
            side.intercept_l1_strength / scale,
        ),
        "sample_weight": (side.sample_weight,),
        "loss": (side.loss_scale, side.weights_normalised),
        "output_head": (side.output_head,),
        "label_smoothing": (side.label_smoothing,),
        "rows_used": (side.rows_used,),
    }
    return values[name]


def _same_features(first: ObjectiveSettings, second: ObjectiveSettings) -> bool:
    """Whether both make the same features of what they are given, however that is written."""
    if first.feature_map == second.feature_map:
        shifts = _same_vector(first.feature_shift, second.feature_shift, missing=0.0)
        return shifts and _same_vector(first.feature_scale, second.feature_scale, missing=1.0)
    maps = [side.feature_map for side in (first, second)]
    n_given = next(one.n_given for one in maps if one is not None)
    shapes = {(n_given, n_given) if one is None else (one.size, one.n_given) for one in maps}
    if len(shapes) > 1:
        return False
    one, other = (
        whole_map(side.feature_shift, side.feature_scale, side.feature_map, n_given)
        for side in (first, second)
    )
    reach = first.feature_shift or second.feature_shift or (0.0,) * n_given
    return alike(one, other, SAME_NUMBER, reach)


def _flat(side: ObjectiveSettings) -> tuple[float, ...] | None:
    """Return the weights of the binary problems in one row."""
    return None if side.binary_weight is None else sum(side.binary_weight, ())


def _same_vector(
    first: tuple[float, ...] | None, second: tuple[float, ...] | None, *, missing: float
) -> bool:
    """Whether two vectors are the same, where one that is not given is ``missing`` throughout."""
    if first is None or second is None:
        given = first or second or ()
        return all(value == missing or same_number(value, missing) for value in given)
    return len(first) == len(second) and all(map(same_value, first, second))


def same_value(first: object, second: object) -> bool:
    """Whether two values of a setting are the same, numbers up to float32 rounding."""
    if isinstance(first, float) and isinstance(second, float):
        # Infinity is within any part of itself of any number: only itself is the same.
        finite = math.isfinite(first) and math.isfinite(second)
        return first == second or (finite and same_number(first, second))
    return first == second


def same_number(first: float, second: float) -> bool:
    """Whether two strengths or weights are equal up to float32 rounding."""
    return abs(first - second) <= SAME_NUMBER * max(abs(first), abs(second))
