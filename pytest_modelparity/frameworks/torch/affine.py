"""Whether a module amounts to a linear map behind a link: asked, not traced.

A copy in float64 is asked at a base point and one step along every column; what undoes the link
makes a linear map of the answers, which rows of the data and others around the base then confirm.
Measured on torch 2.13: linear modules leave 1e-14 of their own size, an MLP with ReLU 0.3. Tracing
would fail on any `if` in a `forward`, and succeed on the MLP.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import logit

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.torch.running import outputs_of
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.theory.design import dense_rows

#: What a linear map may be off at the confirming rows, relative to its largest value there.
AFFINE = 1e-9
#: Rows that confirm a map.
CHECKED = 64
#: Rows of the data whose ranges scale the steps.
LOOKED_AT = 2048
#: Steps along a column, as parts of its range: unit steps saturate a sigmoid of raw columns, and
#: where a large weight saturates it all the same a smaller one is taken.
STEPS = (0.25, 0.02, 0.001)
#: Sigmoids nearer to 0 or 1 than this have too few digits left on a side to undo them.
SATURATED = 1e-7
#: How far the sum of probabilities may be from 1.
SUMS = 1e-6

#: The names of links, as messages use them.
IDENTITY, SIGMOID, SOFTMAX, LOG_SOFTMAX, LOG_SIGMOID, EXPONENTIAL = (
    "identity",
    "sigmoid",
    "softmax",
    "log_softmax",
    "logsigmoid",
    "exponential",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AffineMap:
    """The linear map behind a module's outputs.

    Parameters
    ----------
    link : str
        What turns it into outputs; ``"identity"``: they are the map itself.
    coef : ndarray of shape (n_outputs, n_features)
        float64; of a softmax centred over the outputs.
    intercept : ndarray of shape (n_outputs,)
        The same.
    """

    link: str
    coef: np.ndarray
    intercept: np.ndarray


def affine_map_of(module: torch.nn.Module, data: Dataset) -> AffineMap | None:
    """Return the linear map of a module; ``None`` where there is none to be seen.

    Parameters
    ----------
    module : torch.nn.Module
        A copy in ``eval()`` mode; not changed.
    data : Dataset
        Whose columns scale the steps.
    """
    sample = dense_rows(data.X, slice(0, LOOKED_AT), ones=False)
    try:
        exact = copy.deepcopy(module).double()
        base = _base(sample, _asked(exact, sample))
        for part in STEPS:
            rows = _probes(sample, base, part)
            found = _map_behind(rows, _asked(exact, rows))
            if found is not None:
                return found
    # A forward that fixes its own floating type cannot be asked in another one.
    except ModelParityError:
        return None
    return None


def _asked(module: torch.nn.Module, rows: np.ndarray) -> np.ndarray:
    """Return outputs of shape (n_rows, n_outputs) in float64."""
    outputs = outputs_of(module, rows, torch.float64).astype(np.float64)
    return outputs.reshape(len(outputs), -1)


def _base(sample: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return the row around which to ask: of probabilities one that is far from 0 and 1."""
    p = outputs if (outputs >= 0).all() else np.exp(np.minimum(outputs, 0.0))
    # Logits have both signs, probabilities one and their logarithms the other.
    if not ((p >= 0) & (p <= 1)).all() or (outputs > 0).any() != (outputs >= 0).all():
        base: np.ndarray = np.median(sample, axis=0)
        return base
    row: np.ndarray = sample[int(np.argmax((p * (1 - p)).min(axis=1)))]
    return row


def _probes(sample: np.ndarray, base: np.ndarray, part: float) -> np.ndarray:
    """Return the base point, a step along each column, and rows that confirm."""
    low, high = sample.min(axis=0), sample.max(axis=0)
    # A constant column is stepped along by its own size.
    steps = part * np.where(high > low, high - low, np.where(base != 0, np.abs(base), 1.0))
    generator = np.random.default_rng(0)
    around = base + 2 * steps * generator.uniform(-1.0, 1.0, (CHECKED, len(base)))
    picked = sample[generator.integers(0, len(sample), CHECKED)]
    return np.vstack([base, base + np.diag(steps), around, picked])


def _map_behind(rows: np.ndarray, outputs: np.ndarray) -> AffineMap | None:
    """Return the linear map behind the outputs of probes; ``None``: there is none."""
    for link, undone, usable in _readings(outputs):
        found = _affine(rows, undone, usable)
        if found is not None:
            return AffineMap(link=link, coef=found[0], intercept=found[1])
    return None


# The first that is linear is the link: a linear map is not also one behind a sigmoid.
def _readings(outputs: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield what outputs are with each link undone that they allow, and which rows show it."""
    every = _whole(np.isfinite(outputs))
    if not every.all():
        return
    yield IDENTITY, outputs, every
    several = outputs.shape[1] > 1
    with np.errstate(divide="ignore"):
        if (outputs >= 0).all() and (outputs <= 1).all():
            if several and sums_to_one(outputs):
                yield SOFTMAX, centred(np.log(outputs)), _whole(outputs > 0)
            shown = (outputs > SATURATED) & (outputs < 1 - SATURATED)
            yield SIGMOID, logit(outputs), _whole(shown)
        elif (outputs <= 0).all():
            if several and sums_to_one(np.exp(outputs)):
                yield LOG_SOFTMAX, centred(outputs), every
            shown = (outputs < np.log1p(-SATURATED)) & (outputs > np.log(SATURATED))
            # log p - log(1 - p)
            yield LOG_SIGMOID, outputs - np.log(-np.expm1(outputs)), _whole(shown)
        if (outputs >= 0).all():
            yield EXPONENTIAL, np.log(outputs), _whole(outputs > 0)


def _whole(shown: np.ndarray) -> np.ndarray:
    """Return which rows are shown by all their columns."""
    return np.asarray(shown.all(axis=1))


def sums_to_one(columns: np.ndarray) -> bool:
    """Whether each row of probabilities sums to 1."""
    return bool((np.abs(columns.sum(axis=1) - 1) <= SUMS).all())


def centred(columns: np.ndarray) -> np.ndarray:
    """Return columns of which each row sums to 0."""
    return np.asarray(columns - columns.mean(axis=1, keepdims=True))


def _affine(
    rows: np.ndarray, values: np.ndarray, usable: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return coef and intercept of values that are linear in the rows; ``None``: they are not.

    ``usable``: which rows show the map; the base and its steps must.
    """
    n_features = rows.shape[1]
    if not usable[: n_features + 1].all() or not usable[n_features + 1 :].any():
        return None
    base, steps = rows[0], np.diag(rows[1 : n_features + 1] - rows[0])
    coef = ((values[1 : n_features + 1] - values[0]) / steps[:, None]).T
    intercept = values[0] - coef @ base
    predicted = rows[usable] @ coef.T + intercept
    # The rounding of the terms counts too, where large ones cancel.
    size = np.abs(rows[usable]).max(axis=0) @ np.abs(coef).T + np.abs(intercept)
    off = np.abs(predicted - values[usable]).max(axis=0)
    return (coef, intercept) if (off <= AFFINE * size).all() else None
