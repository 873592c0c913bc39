"""Private names of Keras that this package cannot do without, one function each."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras.src.backend.common import global_state
from keras.src.utils import module_utils

#: Packages whose own deprecated lines are no business of whoever trains a model: Keras 3.12 on
#: NumPy 2 warns in every ``fit``, and catches what its user's "error" filter makes of it.
INNER_PACKAGES = ("keras", "tensorflow", "jax", "torch")


def rate_of(optimizer: keras.Optimizer) -> Any:
    """Return an optimizer's learning rate as it holds it: a variable, a schedule or a function.

    ``BaseOptimizer._learning_rate`` (Keras 3.15.1). The public ``learning_rate`` is the number
    that a schedule has now.
    """
    return optimizer._learning_rate


def class_of(optimizer: keras.Optimizer) -> type[Any]:
    """Return an optimizer's class as its user wrote it.

    On torch `keras.optimizers.Adam(...)` makes a subclass of it, of the same name, with the same
    steps (src/backend/torch/optimizers, Keras 3.15.1).
    """
    kind = type(optimizer)
    public = getattr(keras.optimizers, kind.__name__, kind)
    inner = kind.__module__.startswith("keras.src.backend.")
    return public if inner and issubclass(kind, public) else kind


def input_of(layer: keras.Layer) -> Any:
    """Return the tensor that a layer of a functional model was called with last.

    ``Operation._inbound_nodes`` (Keras 3.15.1). The public ``input`` refuses a layer that two
    models have in common.
    """
    (tensor,) = layer._inbound_nodes[-1].input_tensors
    return tensor


def batches_seen(optimizer: keras.Optimizer) -> int:
    """Return how many batches an optimizer has seen.

    ``BaseOptimizer._iterations`` (Keras 3.15.1). The public ``iterations`` leaves out those whose
    gradients were only accumulated.
    """
    return int(optimizer._iterations)


@contextmanager
def names_kept() -> Iterator[None]:
    """Count on afterwards where Keras was in numbering its objects (``dense_3``, ``adam_7``).

    ``object_name_uids`` of its global state (``src/utils/naming.py``, Keras 3.10 to 3.15.1). The
    models of each check then have the names of those before, and a user's those that they would
    have without it. TensorFlow 2.21 remembers a kernel for each operation and its attributes, of
    which the name of a variable is one: 0.15 MB for each model with a new name, for ever.
    """
    state = global_state.get_global_attribute("object_name_uids")
    before = dict(state or {})
    try:
        yield
    finally:
        state = global_state.get_global_attribute("object_name_uids")
        if state is not None:
            state.clear()
            state.update(before)


@contextmanager
def own_warnings_left_out() -> Iterator[None]:
    """Keep the deprecated lines of Keras and its backend from a user's "error" filter.

    Keras 3.15.1 on torch warns with NumPy 2 wherever a variable becomes an array, such as the
    learning rate of a configuration.
    """
    with warnings.catch_warnings():
        for package in INNER_PACKAGES:
            warnings.filterwarnings("ignore", "", DeprecationWarning, rf"{package}\.")
        yield


@contextmanager
def tensorflow_left_out() -> Iterator[None]:
    """Keep Keras on another backend from importing TensorFlow where it is installed.

    It does so to ask whether a part of a configuration is TensorFlow's
    (``src/saving/serialization_lib.py``, Keras 3.15.1), which nothing can be before TensorFlow is
    imported. ``LazyModule._available`` of ``src/utils/module_utils.py`` is ``None`` until then.
    """
    lazy = module_utils.tensorflow
    if "tensorflow" in sys.modules or lazy._available is not None:
        yield
        return
    lazy._available = False
    try:
        yield
    finally:
        lazy._available = None


def is_decayed(optimizer: keras.Optimizer, variable: keras.Variable) -> bool:
    """Whether an optimizer's weight decay, where it has one, acts on a variable.

    ``BaseOptimizer._use_weight_decay`` (Keras 3.15.1), which ``exclude_from_weight_decay`` sets.
    """
    return bool(optimizer._use_weight_decay(variable))


def copy_decay_exclusions(
    source: keras.Optimizer,
    target: keras.Optimizer,
    pairs: Iterable[tuple[keras.Variable, keras.Variable]],
) -> None:
    """Exclude from the decay of one optimizer what another excludes.

    Keras keeps exclusions out of ``get_config``, and refuses them once an optimizer is built.

    Parameters
    ----------
    source, target : keras.optimizers.Optimizer
        From which to which.
    pairs : iterable of (keras.Variable, keras.Variable)
        Variables of the one, and those of the other that stand for them.
    """
    # Set by the first call of `exclude_from_weight_decay`; an optimizer that never had one lacks
    # it.
    excluded = getattr(source, "_exclude_from_weight_decay", None)
    if excluded is None:
        return
    target._exclude_from_weight_decay = {
        target._var_key(new) for old, new in pairs if source._var_key(old) in excluded
    }
    target._exclude_from_weight_decay_pattern = source._exclude_from_weight_decay_pattern
    # Keras caches its answers by variable, and may have been asked before.
    target._exclude_from_weight_decay_cache = {}
