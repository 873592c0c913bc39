"""The arguments of ``fit`` that a user gave, validated."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.fit_words import word_for
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.weights import read_weights

_REFUSED = ("x", "y", "validation_data")
#: What `FitArguments` has fields for.
_READ = ("epochs", "batch_size", "shuffle", "class_weight", "sample_weight", "validation_split")
#: Where Keras has what other libraries give to ``fit``.
_PLACES = {
    "epochs": "epochs",
    "batch_size": "batch_size",
    "learning_rate": "compile(optimizer=keras.optimizers.Adam(learning_rate=...))",
    "optimizer": "compile(optimizer=...)",
    "penalty": "kernel_regularizer=keras.regularizers.L2(...) of the Dense layer",
    "stopping": "callbacks=[keras.callbacks.EarlyStopping(...)]",
    "seed": "seed=... of the check itself",
    "intercept": "use_bias of the Dense layer",
    "loss": "compile(loss=...)",
    "metrics": "compile(metrics=[...])",
    "validation": "validation_split",
    "sample_weight": "sample_weight",
}
#: Keras's own default (keras 3.15, trainers/data_adapters/array_data_adapter.py).
DEFAULT_BATCH_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FitArguments:
    """The user's ``fit`` dict, validated.

    Parameters
    ----------
    epochs, batch_size : int
        As given, or Keras's defaults 1 and 32.
    shuffle : bool
        Whether rows are permuted every epoch.
    class_weight : tuple of float, optional
        By class code.
    sample_weight : ndarray of shape (n_samples,), optional
        The candidate's own; ``None``: the check's.
    validation_split : float
        Share of the last rows that are held back.
    others : dict
        What is passed on to ``fit`` as it is.
    """

    epochs: int = 1
    batch_size: int = DEFAULT_BATCH_SIZE
    shuffle: bool = True
    class_weight: tuple[float, ...] | None = None
    sample_weight: np.ndarray | None = None
    validation_split: float = 0.0
    others: dict[str, Any]

    def rows_used(self, n_samples: int) -> int:
        """Return how many leading rows are trained on.

        Keras 3.15, src/trainers/data_adapters/array_slicing.py: floor(n (1 - split)).
        """
        return math.floor(n_samples * (1.0 - self.validation_split))


def read_fit_arguments(fit: Any, data: Dataset) -> FitArguments:
    """Validate the user's ``fit`` dict.

    Raises
    ------
    ModelParityError
        If it is no dict, has a key that ``keras.Model.fit`` does not know or that the check
        itself sets, or a value that Keras would refuse or silently ignore.
    """
    if not isinstance(fit, dict):
        raise ModelParityError(
            f"fit must be a dict of keras.Model.fit arguments, got {type(fit).__name__}; "
            f"pass fit=dict(epochs=100, batch_size=32), or None for a trained candidate"
        )
    # Before any value: Keras itself raises a bare TypeError for a misspelt name, in the midst of a
    # check.
    _check_names(fit)
    if fit.get("steps_per_epoch") and not data.has_room:
        raise ModelParityError(
            "fit's steps_per_epoch ends epochs amid the rows, and rows that are passed over are "
            "fed in whole epochs; leave it out, or raise the memory that rows may take (memory=, "
            "--parity-memory)"
        )
    # None and 0 are the same to Keras, as are a batch_size of None and 32 (keras 3.15, trainer.py
    # and array_data_adapter.py test for truth).
    split = _number("validation_split", fit.get("validation_split") or 0.0)
    arguments = FitArguments(
        epochs=_whole("epochs", fit.get("epochs", 1)),
        batch_size=_whole("batch_size", fit.get("batch_size") or DEFAULT_BATCH_SIZE),
        shuffle=_flag("shuffle", fit.get("shuffle", True)),
        class_weight=_class_weight(fit.get("class_weight"), data),
        sample_weight=read_weights(fit.get("sample_weight"), data.n_samples),
        validation_split=split,
        # A progress bar for each of many trainings would bury the report.
        others={"verbose": 0, **{name: fit[name] for name in fit if name not in _READ}},
    )
    # Written as `not ...`, so that NaN is refused too.
    if not 0 <= split < 1 or arguments.rows_used(data.n_samples) < 1:
        raise ModelParityError(
            f"validation_split must lie in [0, 1) and leave rows to train on, got {split} "
            f"for {data.n_samples} rows"
        )
    return arguments


def _check_names(fit: dict[str, Any]) -> None:
    """Refuse what ``keras.Model.fit`` does not know, or the check itself sets."""
    # From the signature of the installed version: the arguments of `fit` change between versions.
    known = [name for name in inspect.signature(keras.Model.fit).parameters if name != "self"]
    for name in fit:
        if name in _REFUSED:
            raise ModelParityError(
                f"fit must not hold {name!r}, which the check sets itself; leave it out"
                + (" and use validation_split" if name == "validation_data" else "")
            )
        if name not in known:
            allowed = [item for item in known if item not in _REFUSED]
            right = word_for(str(name), _PLACES, allowed)
            raise ModelParityError(
                f"fit has no argument {name!r}"
                + (f", which is {right} in Keras" if right else "")
                + f"; allowed are {', '.join(allowed)}"
            )


def _whole(name: str, value: Any) -> int:
    """Return a positive integer, or say what is allowed."""
    # True has an `__index__` and would be one epoch; numpy's integers have one too, and are
    # welcome.
    if isinstance(value, (bool, float, str)) or not hasattr(value, "__index__") or value < 1:
        raise ModelParityError(f"fit's {name} must be an integer >= 1, got {name}={value!r}")
    return int(value)


def _flag(name: str, value: Any) -> bool:
    """Return True or False, or say what is allowed."""
    # Keras 3.15 also takes shuffle="batch", which keeps the rows of a batch together: the check
    # draws its own permutations of rows, and would train on other batches than its user.
    if value is not True and value is not False:
        raise ModelParityError(f"fit's {name} must be True or False, got {name}={value!r}")
    return value


def _number(name: str, value: Any) -> float:
    """Return a float, or say what is allowed."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ModelParityError(f"fit's {name} must hold numbers, got {value!r}") from None


def _class_weight(given: Any, data: Dataset) -> tuple[float, ...] | None:
    """Return Keras's class weights by code; keys that Keras would ignore are refused."""
    if given is None:
        return None
    codes = list(range(data.n_classes))
    labels = ", ".join(f"{code}: {label!r}" for code, label in enumerate(data.classes.tolist()))
    # Keras looks up `class_weight.get(code, 1.0)` (keras 3.15, data_adapter_utils.py): a key that
    # is a label, not a code, weighs nothing, and nothing is said.
    if not isinstance(given, dict) or not set(given) <= set(codes):
        raise ModelParityError(
            f"fit's class_weight must be a dict from class index to weight ({labels}), got "
            f"{given!r}; Keras takes indices, ignores other keys and knows no 'balanced'"
        )
    weights = tuple(_number("class_weight", given.get(code, 1.0)) for code in codes)
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not any(weights):
        raise ModelParityError(
            f"fit's class_weight must be finite, >= 0 and not all 0, got {given!r}"
        )
    return weights
