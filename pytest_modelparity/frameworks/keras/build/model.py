"""Stock Keras linear models, built from objective settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.build.scaling import map_layers, set_matrix
from pytest_modelparity.frameworks.keras.read.number_heads import NUMBER_HEADS
from pytest_modelparity.frameworks.keras.read.scale import in_keras
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings
from pytest_modelparity.sides.objective import units_of

#: Activations of heads by their name.
_ACTIVATIONS = {"sigmoid": "sigmoid", "softmax": "softmax", ONE_VS_REST: "sigmoid"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Style:
    """What of a linear model its objective leaves open.

    Parameters
    ----------
    output : str
        ``"logits"`` or ``"probability"``.
    optimizer : keras.optimizers.Optimizer, optional
        Default Adam, for the user's own ``fit``.
    penalty_scale : ndarray of shape (n_features,), optional
        Penalise the coefficients divided by these.
    dtype : str
        Policy of the layer that holds the coefficients.
    initializer : str or keras.initializers.Initializer
        Of the coefficients.
    metrics : list, optional
        What ``compile`` is given, for callbacks that watch one.
    """

    output: str = "logits"
    optimizer: keras.Optimizer | None = None
    penalty_scale: np.ndarray | None = None
    dtype: str = "float32"
    initializer: Any = "glorot_uniform"
    metrics: Any = None


def build_linear_model(
    settings: ObjectiveSettings, n_features: int, n_classes: int, style: Style | None = None
) -> keras.Model:
    """Return a compiled stock Keras model whose objective is ``settings``.

    Class weights, sample weights and ``rows_used`` are arguments of ``fit`` and no part of it.

    Parameters
    ----------
    settings : ObjectiveSettings
        The canonical objective.
    n_features, n_classes : int
        Sizes.
    style : Style, optional
        What else the model is to be.
    """
    style = style or Style()
    # A softmax of two outputs would predict the same, but its L2 penalty is another one: C' = 2C.
    units = units_of(settings, n_classes)
    layers = [keras.Input((n_features,))]
    if settings.maps_features:
        layers += _map_layers(settings, n_features)
    layers.append(_dense(settings, units, style))
    if settings.binary_weight is not None:
        # Keras weighs rows, of which each unit then is one.
        layers.append(keras.layers.Reshape((units, 1), dtype=style.dtype))
    model = keras.Sequential(layers)
    set_matrix(model.layers, settings.feature_map)
    model.compile(
        optimizer=style.optimizer or keras.optimizers.Adam(),
        loss=_loss(settings, units, from_logits=style.output == "logits"),
        loss_weights=None if settings.loss_scale == 1.0 else [settings.loss_scale],
        metrics=style.metrics,
    )
    if style.optimizer is None:
        # Saved unbuilt, Keras 3.15 cannot load its state again.
        model.optimizer.build(model.trainable_variables)
    return model


def _dense(settings: ObjectiveSettings, units: int, style: Style) -> keras.layers.Dense:
    """Return the layer that holds the coefficients."""
    # Of classes the loss may take logits in place of probabilities; of numbers it takes what the
    # model predicts.
    activation = _ACTIVATIONS.get(settings.output_head) if style.output != "logits" else "linear"
    if settings.output_head in NUMBER_HEADS:
        activation = NUMBER_HEADS[settings.output_head].activation
    spelled = in_keras(settings, units)
    # Of all references only liblinear's penalise the intercept.
    of_bias = regularizer(spelled.intercept_l2_strength, spelled.intercept_l1_strength)
    return keras.layers.Dense(
        units,
        dtype=style.dtype,
        activation=activation,
        use_bias=settings.fit_intercept,
        kernel_initializer=style.initializer,
        kernel_regularizer=_kernel_regularizer(spelled, style.penalty_scale),
        bias_regularizer=of_bias if settings.fit_intercept else None,
    )


class OfGivenFeatures(keras.regularizers.Regularizer):
    """L1 and L2 of the coefficients of the features before they were standardised."""

    def __init__(self, l1: float, l2: float, scale: Any) -> None:
        self.l1, self.l2 = l1, l2
        self.scale = np.reshape(scale, (-1, 1)).astype(np.float32)

    def __call__(self, kernel: keras.Variable) -> Any:
        """Return the penalty."""
        coef = kernel / self.scale
        return self.l1 * keras.ops.sum(abs(coef)) + self.l2 * keras.ops.sum(coef**2)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"l1": self.l1, "l2": self.l2, "scale": self.scale.ravel().tolist()}


def _kernel_regularizer(
    settings: ObjectiveSettings, penalty_scale: np.ndarray | None
) -> keras.Regularizer | None:
    """Return the regularizer of the coefficients."""
    # Stock where it can be: the model then saves and loads without this package.
    if penalty_scale is None or not settings.strength:
        return regularizer(settings.l2_strength, settings.l1_strength)
    return OfGivenFeatures(settings.l1_strength, settings.l2_strength / 2.0, penalty_scale)


def regularizer(l2_strength: float, l1_strength: float) -> keras.Regularizer | None:
    """Return the Keras regularizer of λ2 and λ1; L2(l) has no factor ½, hence l = λ2 / 2."""
    # Not L1L2 for all three: what the user reads should be what one would write.
    if l2_strength and l1_strength:
        return keras.regularizers.L1L2(l1=l1_strength, l2=l2_strength / 2.0)
    if l1_strength:
        return keras.regularizers.L1(l1_strength)
    return keras.regularizers.L2(l2_strength / 2.0) if l2_strength else None


def _map_layers(settings: ObjectiveSettings, n_features: int) -> list[keras.Layer]:
    """Return the layers that map x before the coefficients."""
    shift, scale = settings.feature_shift, settings.feature_scale
    if shift is not None or scale is not None:
        shift, scale = shift or (0.0,) * n_features, scale or (1.0,) * n_features
    return [
        getattr(keras.layers, name)(**arguments, dtype="float32")
        for name, arguments in map_layers(shift, scale, settings.feature_map)
    ]


def _loss(settings: ObjectiveSettings, units: int, *, from_logits: bool) -> keras.Loss:
    """Return the loss of a head."""
    options: dict[str, Any] = {}
    if settings.weights_normalised:
        # From Keras 3.7 on.
        options["reduction"] = "mean_with_sample_weight"
    if settings.output_head in NUMBER_HEADS:
        return NUMBER_HEADS[settings.output_head].loss(**options)
    options["from_logits"] = from_logits
    if units == 1 or settings.output_head == ONE_VS_REST:
        return keras.losses.BinaryCrossentropy(label_smoothing=settings.label_smoothing, **options)
    # SparseCategoricalCrossentropy has no label_smoothing.
    if settings.label_smoothing:
        return keras.losses.CategoricalCrossentropy(
            label_smoothing=settings.label_smoothing, **options
        )
    return keras.losses.SparseCategoricalCrossentropy(**options)
