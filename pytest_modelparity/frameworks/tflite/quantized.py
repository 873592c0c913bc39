"""Whole numbers of a TFLite file: what they stand for, and the linear model that they hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_modelparity.structure.ground import AffineMap
from pytest_modelparity.structure.whole_numbers import Steps, WholeNumbers

#: Types of sums and inputs that were rounded.
ROUNDED = (np.int8, np.uint8, np.int16)


def as_whole(rows: np.ndarray, details: Any) -> np.ndarray:
    """Return rows in the type of an input, divided by its step where it takes whole numbers."""
    steps = _steps(details)
    if steps is None:
        return rows.astype(details["dtype"])
    whole = np.rint(rows.astype(np.float64) / steps.size) + steps.zero
    return np.clip(whole, steps.lowest, steps.highest).astype(details["dtype"])


def as_numbers(made: np.ndarray, details: Any) -> np.ndarray:
    """Return predictions as the numbers that they stand for."""
    steps = _steps(details)
    if steps is None:
        return made
    return (made.astype(np.float32) - steps.zero) * np.float32(steps.size)


def read_whole_numbers(interpreter: Any, n_outputs: int) -> WholeNumbers | None:
    """Return the linear model in whole numbers that a file holds; ``None`` where it holds none.

    Parameters
    ----------
    interpreter : Interpreter
        Ready to run.
    n_outputs : int
        Columns of what it predicts.
    """
    tensors = interpreter.get_tensor_details()
    # Tensors of rows have an open first size, weights have none.
    rounded = [each for each in tensors if each["dtype"] in ROUNDED and _steps(each)]
    of_rows = [each for each in rounded if _shape(each)[:1] == (-1,)]
    narrow = [each for each in of_rows if _shape(each) == (-1, n_outputs)]
    inputs = [each for each in of_rows if each not in narrow]
    kernels = [
        each
        for each in tensors
        if each["dtype"] is np.int8 and _shape(each)[:1] == (n_outputs,) and len(_shape(each)) == 2
    ]
    biases = [each for each in tensors if _shape(each) == (n_outputs,) and _is_wide(each)]
    # Decisions, then what the sigmoid or softmax makes of them.
    if (len(inputs), len(narrow), len(kernels)) != (1, 2, 1) or len(biases) > 1:
        return None
    coef = _stands_for(interpreter, kernels[0]).reshape(n_outputs, -1)
    if coef.shape[1] != np.prod(_shape(inputs[0])[1:]):
        return None
    intercept = _stands_for(interpreter, biases[0]) if biases else np.zeros(n_outputs)
    steps = [known for each in (inputs[0], *narrow) if (known := _steps(each)) is not None]
    return WholeNumbers(
        weights=AffineMap(coef=coef, intercept=intercept),
        step=np.broadcast_to(_scales(kernels[0]), (n_outputs,)).reshape(-1, 1),
        inputs=steps[0],
        sums=steps[1],
        outputs=steps[2],
        bits=8 * np.dtype(inputs[0]["dtype"]).itemsize,
    )


def _shape(details: Any) -> tuple[int, ...]:
    """Return the shape of a tensor; -1 stands for any number of rows."""
    return tuple(map(int, details["shape_signature"]))


def _is_wide(details: Any) -> bool:
    """Whether a tensor holds sums of products of whole numbers."""
    return details["dtype"] in (np.int32, np.int64) and bool(len(_scales(details)))


def _scales(details: Any) -> np.ndarray:
    """Return the steps of a tensor: one, or one for each output."""
    return np.asarray(details["quantization_parameters"]["scales"], dtype=np.float64)


def _steps(details: Any) -> Steps | None:
    """Return the numbers that a tensor can hold; ``None`` where it is not rounded."""
    scales = _scales(details)
    if details["dtype"] not in ROUNDED or len(scales) != 1:
        return None
    ends = np.iinfo(details["dtype"])
    zero = int(details["quantization_parameters"]["zero_points"][0])
    return Steps(size=float(scales[0]), zero=zero, lowest=int(ends.min), highest=int(ends.max))


def _stands_for(interpreter: Any, details: Any) -> np.ndarray:
    """Return the numbers that the whole numbers of weights stand for; their zero is 0."""
    whole = np.asarray(interpreter.get_tensor(details["index"]), dtype=np.float64)
    scales = _scales(details)
    return whole * (scales.reshape(-1, *([1] * (whole.ndim - 1))) if len(scales) > 1 else scales)
