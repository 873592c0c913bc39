"""A Keras linear model's own compiled objective in float64: value and gradient over all rows."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.backend.chosen import FLOAT64
from pytest_modelparity.frameworks.keras.backend.protocol import Float64
from pytest_modelparity.frameworks.keras.build.copying import copy_model
from pytest_modelparity.frameworks.keras.read.head import head_of_loss
from pytest_modelparity.frameworks.keras.read.layers import activation_name, flat_layers
from pytest_modelparity.frameworks.keras.read.loss import CompiledLoss
from pytest_modelparity.frameworks.keras.read.penalty import penalty_strengths
from pytest_modelparity.frameworks.keras.read.scale import factor_of
from pytest_modelparity.frameworks.keras.train.batches import FitRows


class KerasObjective:
    """The smooth part of a compiled linear model's objective, as a function of its parameters.

    Parameters are ``theta``, the row-major flattening of shape (n_outputs, n_features [+ 1]),
    intercept last, in the coordinates of the Dense layer. Layers are rebuilt in float64 and the
    loss is evaluated outside ``fit``: Keras 3.15 on TensorFlow cannot ``fit`` a float64 layer
    that has a regularizer. An L1 penalty is left to the caller (`l1_weights`).

    Parameters
    ----------
    model : keras.Model
        Compiled and built; never changed.
    loss : CompiledLoss
        As read of it.
    rows : FitRows
        Rows in float64, labels and weights.
    scale : float
        Factor on the data term beside what the loss itself does.
    decay : tuple of float
        L2 strengths on kernel and bias beside the regularizers': what the optimizer's weight
        decay amounts to.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: CompiledLoss,
        rows: FitRows,
        scale: float = 1.0,
        decay: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        assert FLOAT64 is not None, "Keras computes in float32 here"
        self._backend = FLOAT64
        # Global losses and layers of the copy live as long as this object.
        self._model = copy_model(model, dtype="float64")
        # One before it is a fixed map of the features.
        *_, self._dense = (
            layer for layer in flat_layers(self._model) if isinstance(layer, keras.layers.Dense)
        )
        if not self._dense.trainable or self._dense.kernel_constraint is not None:
            raise ModelParityError(
                "a Dense layer that is frozen or constrained cannot be trained to the optimum of "
                "its objective; remove kernel_constraint and trainable=False"
            )
        # Keras's objective over the canonical one, which is what is minimised here.
        units = self._dense.units
        self._factor = factor_of(
            head_of_loss(loss.kind, units, activation_name(self._dense)), units
        )
        self.l1_weights = self._take_l1(decay) / self._factor
        self._evaluate = self._trace(loss, rows, scale * loss.weight)

    @property
    def fit_intercept(self) -> bool:
        """Whether the last column of ``theta`` is the intercept."""
        return bool(self._dense.use_bias)

    def assign(self, theta: np.ndarray) -> None:
        """Set the copy's parameters."""
        rows = theta.reshape(self._dense.units, -1)
        kernel = rows[:, :-1] if self.fit_intercept else rows
        self._dense.kernel.assign(kernel.T)
        if self.fit_intercept:
            self._dense.bias.assign(rows[:, -1])

    def value_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the smooth objective and its gradient, float64."""
        self.assign(theta)
        value, gradients = self._evaluate()
        parts = [np.asarray(gradients[0]).T]
        if self.fit_intercept:
            parts.append(np.asarray(gradients[1]).reshape(-1, 1))
        return float(value), np.hstack(parts).astype(np.float64).reshape(-1)

    def _outputs(self, rows: Any) -> Any:
        """Call the layers one after the other.

        Called as a whole, the model would cast its rows to the dtype of its input layer, which
        a clone keeps at float32.
        """
        for layer in flat_layers(self._model):
            if not isinstance(layer, keras.layers.InputLayer):
                rows = layer(rows)
        return rows

    def _take_l1(self, decay: tuple[float, float]) -> np.ndarray:
        """Return the L1 strengths by parameter, and leave only the smooth penalties in the copy."""
        columns = []
        widths = (self._dense.kernel.shape[0], 1)
        variables = (self._dense.kernel, self._dense.bias)[: 1 + self.fit_intercept]
        for variable, width, hidden in zip(variables, widths, decay, strict=False):
            given = variable.regularizer
            # Replaced by one in float64: Keras's regularizers on TensorFlow round their strength to
            # float32, an error of up to 6e-8 of the penalty, which a certificate would see.
            strengths = penalty_strengths(given)
            l2, l1 = strengths or (0.0, 0.0)
            if strengths is None or given is not None or hidden:
                variable.regularizer = _ExactL2(
                    self._backend, l2 + hidden, given if strengths is None else None
                )
            columns.append(np.full((self._dense.units, width), l1))
        return np.hstack(columns).reshape(-1)

    def _trace(self, loss: CompiledLoss, rows: FitRows, scale: float) -> Any:
        """Return a compiled function of no arguments: value and gradients at the parameters."""
        targets, weights = rows.targets, rows.weights
        X = self._backend.float64_rows(rows.X)
        labels = self._backend.constant(
            targets if targets.dtype.kind == "i" else targets.astype(np.float64)
        )
        row_weights = None if weights is None else self._backend.constant(weights, "float64")
        data_term = _float64_loss(loss, self._backend)
        variables = [self._dense.kernel, self._dense.bias][: 1 + self.fit_intercept]

        def compute() -> Any:
            # Compiled without `fit`: CompileLoss casts every loss to floatx, float32 (keras 3.15,
            # compile_utils.py).
            value = scale * self._backend.float64(data_term(labels, self._outputs(X), row_weights))
            for penalty in self._model.losses:
                value += self._backend.float64(penalty)
            return value / self._factor

        return self._backend.traced_value_and_gradients(compute, variables)


class _ExactL2(keras.regularizers.Regularizer):
    """An L2 penalty in float64, beside a regularizer of another kind.

    Keras 3.15 takes the factor of its own through float32.
    """

    def __init__(
        self, backend: Float64, l2_strength: float, beside: keras.Regularizer | None = None
    ) -> None:
        self._backend = backend
        self._l2_strength = l2_strength
        self._beside = beside

    def __call__(self, variable: keras.Variable) -> Any:
        penalty = self._backend.half_square_sum(self._l2_strength, variable)
        return penalty if self._beside is None else penalty + self._beside(variable)


def _float64_loss(loss: CompiledLoss, backend: Float64) -> Any:
    """Return the compiled loss as a float64 function of labels, outputs and weights."""
    resolved = keras.losses.get(loss.given)
    if isinstance(resolved, keras.losses.Loss):
        if loss.kind == "other":
            return lambda labels, outputs, weights: resolved(labels, outputs, weights)
        # `get_config` leaves the dtype out, and a loss casts labels and outputs to its own (keras
        # 3.15, losses/loss.py).
        config = {**resolved.get_config(), "dtype": "float64"}
        stock = type(resolved)
        exact = stock(**{key: value for key, value in config.items() if key != "fn"})
        return lambda labels, outputs, weights: exact(labels, outputs, weights)

    def mean(labels: Any, outputs: Any, weights: Any) -> Any:
        # A loss given as a function is averaged over the rows (keras 3.15, compile_utils.py).
        return backend.weighted_mean(resolved(labels, outputs), weights)

    return mean
