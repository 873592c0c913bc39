"""One training of a linear Keras model in a compiled loop, taken further on demand."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

from pytest_modelparity.frameworks.dataset import Dataset
from pytest_modelparity.frameworks.keras_fit import FitArguments
from pytest_modelparity.frameworks.keras_reading import Reading, batch_size_of
from pytest_modelparity.frameworks.keras_settings import without_decay
from pytest_modelparity.frameworks.lbfgs import row_weights
from pytest_modelparity.frameworks.stacked import StackedTrainer, can_stack


def can_sweep(model: Any, reading: Reading, arguments: FitArguments | None, data: Dataset) -> bool:
    """Whether the compiled loop makes the very steps of ``fit``."""
    return (
        reading.objective is not None
        and not (arguments and arguments.others.get("steps_per_epoch"))
        and can_stack(model.optimizer)
        and not scipy.sparse.issparse(data.X)
    )


class EpochSweep:
    """The training of one model; the model itself stays as it is.

    Parameters
    ----------
    model : keras.Model
        At its start.
    reading : Reading
        Of that model.
    arguments : FitArguments, optional
        How it is trained; ``None``: Keras's defaults.
    data : Dataset
        On what.
    sample_weight : ndarray of shape (n_samples,), optional
        Class weights not included.
    seed : int, optional
        Of the permutations.
    """

    def __init__(
        self,
        model: Any,
        reading: Reading,
        arguments: FitArguments | None,
        data: Dataset,
        sample_weight: np.ndarray | None,
        seed: int | None,
    ) -> None:
        linear, settings, loss = reading.linear, reading.objective, reading.loss
        assert settings is not None
        assert loss is not None
        variables = [linear.dense.kernel, linear.dense.bias][: 1 + linear.dense.use_bias]
        rows = slice(settings.rows_used)
        weights = row_weights(settings, data, sample_weight)
        X = data.X[rows]
        if linear.scale is not None:
            X = (X - linear.shift) / linear.scale
        bias = (
            np.asarray(linear.dense.bias) if linear.dense.use_bias else np.zeros(linear.n_outputs)
        )
        self._trainer = StackedTrainer(
            kernel=np.asarray(linear.dense.kernel)[None],
            bias=bias[None],
            settings=without_decay(settings, model, linear),
            optimizer=model.optimizer,
            X=X,
            y=data.y[rows],
            row_weight=None if weights is None else weights[rows],
            batch_size=batch_size_of(arguments),
            summed=loss.reduction == "sum",
            decayed=tuple(map(model.optimizer._use_weight_decay, variables)),
            seeds=(None if arguments and not arguments.shuffle else seed or 0,),
        )

    def until(self, epochs: int) -> tuple[np.ndarray, np.ndarray]:
        """Return coef and intercept of the Dense layer after ``epochs`` epochs in all."""
        kernel, bias = self._trainer.train_until(epochs)
        return kernel[0].T, bias[0]
