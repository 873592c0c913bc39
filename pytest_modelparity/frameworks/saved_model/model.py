"""A SavedModel as a model: its serving function, asked by the names that it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.artefact import Artefact, dense_of, first_line, shaped

#: What `model.export` of Keras and TensorFlow Serving call the function.
SERVING = "serving_default"


def open_model(given: Any) -> Artefact:
    """Return a SavedModel opened.

    Raises
    ------
    ModelParityError
        If it cannot be loaded, or has no serving function of one input and one output.
    """
    path = Path(given)
    name = f"the SavedModel {str(path)!r}"
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:
        raise ModelParityError(
            f"{name} cannot be loaded: {first_line(error)}; export it again"
        ) from error
    served = getattr(loaded, "signatures", {}).get(SERVING)
    if served is None:
        raise ModelParityError(
            f"{name} has no function {SERVING!r}; export it with model.export(path)"
        )
    inputs, outputs = served.structured_input_signature[1], served.structured_outputs
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelParityError(
            f"{name} has the inputs {', '.join(inputs)} and the outputs {', '.join(outputs)}, and "
            f"one of each is compared; pass a function of X that calls it"
        )
    (key, spec), (output,) = next(iter(inputs.items())), outputs
    sizes = spec.shape.as_list()[1:]
    # Kept: functions of a SavedModel hold no reference to its variables.
    keep = loaded

    def ask(X: Any) -> np.ndarray:
        assert keep is loaded
        rows = dense_of(X) if None in sizes else shaped(X, sizes, name)
        try:
            return np.asarray(served(**{key: tf.constant(rows, spec.dtype)})[output])
        except Exception as error:
            raise ModelParityError(
                f"{name} cannot predict these rows: {first_line(error)}; pass the rows that it was "
                f"exported for"
            ) from error

    return Artefact(title=f"SavedModel ({path.name})", ask=ask)
