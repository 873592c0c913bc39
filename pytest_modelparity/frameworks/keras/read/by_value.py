"""Models whose layers do not say that they are linear: told by what they make of rows.

A model with one kernel and perhaps one bias to train is given a few random values of both. Where
its outputs are a link of ``features @ kernel + bias`` for all of them, that is what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from scipy.special import expit, softmax

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.frameworks.keras import internals
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import copy_model
from pytest_modelparity.frameworks.keras.read.behaviour import Behaviour, own_layer, see
from pytest_modelparity.frameworks.keras.read.layers import dense_rows
from pytest_modelparity.frameworks.keras.read.model import read_linear_model
from pytest_modelparity.sides.dataset import Dataset

#: Random kernels, and rows, at which outputs are compared.
N_KERNELS, N_ROWS = 3, 128
#: The rows are looked at again at these multiples.
FACTORS = (-1.0, 0.1, 0.001)
#: How far an output may be off beside the rounding of its sum: float32 leaves 1e-6, what is not
#: linear 0.1 and more (measured on a ReLU, tanh, hard sigmoid, LayerNormalization).
OFF = 1e-5
#: Above so many features only those that stay in their place are looked for.
MOST_MIXED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """A link, and whether its one output is given as two columns."""

    activation: str
    response: Callable[[np.ndarray], np.ndarray]
    pair: bool = False


def _as_pair(z: np.ndarray) -> np.ndarray:
    """Return the two probabilities of one decision."""
    return np.hstack([expit(-z), expit(z)])


_LINKS = (
    _Link(activation="linear", response=np.asarray),
    _Link(activation="sigmoid", response=expit),
    _Link(activation="softmax", response=lambda z: np.asarray(softmax(z, axis=1))),
    _Link(activation="sigmoid", response=_as_pair, pair=True),
)
_LINKS_OF_NUMBERS = (
    _LINKS[0],
    _Link(activation="exponential", response=np.exp),
    _Link(activation="softplus", response=lambda z: np.logaddexp(0.0, z)),
)


def see_linear_model(model: keras.Model, data: Dataset) -> None:
    """Note on a built model that it is linear, where its layers do not say it and its values do."""
    numbers = not data.n_classes
    if read_linear_model(model, data.n_features, numbers=numbers).linear:
        return
    found = _coefficients(model)
    if found is None:
        return
    try:
        copy = copy_model(model)
    # Of what cannot be copied no kernel can be tried.
    except ModelParityError:
        return
    links = _LINKS_OF_NUMBERS if numbers else _LINKS
    rows = _some_rows(data)
    # Beyond the data too: what is flat or nearly straight there bends elsewhere.
    rows = np.vstack([rows, *(factor * rows for factor in FACTORS)])
    see(model, _Looking(copy, rows, links, *found).look())


def _coefficients(model: keras.Model) -> tuple[int, int | None] | None:
    """Return the places of the one kernel and of its bias; ``None``: there is no such pair."""
    shapes = [tuple(variable.shape) for variable in model.trainable_variables]
    kernels = [place for place, shape in enumerate(shapes) if len(shape) == 2]
    if len(kernels) != 1 or len(shapes) > 2:
        return None
    others = [place for place in range(len(shapes)) if place != kernels[0]]
    if any(shapes[place] != shapes[kernels[0]][1:] for place in others):
        return None
    return kernels[0], others[0] if others else None


class _Looking:
    """One look at a copy, whose kernel and bias are set as is needed."""

    def __init__(
        self,
        copy: keras.Model,
        rows: np.ndarray,
        links: tuple[_Link, ...],
        kernel: int,
        bias: int | None,
    ) -> None:
        self._copy, self._rows, self._links = copy, rows, links
        self._places = kernel, bias
        self._layer = own_layer(copy, kernel, bias)

    def look(self) -> Behaviour | None:
        """Return what the copy does; ``None``: nothing that is known."""
        for matrix, offset in self._maps():
            link = self._link(matrix, offset)
            if link is not None:
                return self._behaviour(link, matrix, offset)
        return None

    def _maps(self) -> Iterator[tuple[np.ndarray | None, np.ndarray]]:
        """Yield the maps of features that are tried: none, and that of the layers before."""
        n_features, n_seen = self._rows.shape[1], int(self._layer.kernel.shape[0])
        if n_seen == n_features:
            yield None, np.zeros(n_features)
        before = self._before()
        if before is not None and n_features <= MOST_MIXED:
            yield from _affine(before, self._rows, n_seen)

    def _before(self) -> Callable[[np.ndarray], np.ndarray] | None:
        """Return what the layers before the coefficients make of rows; ``None``: not known."""
        owner = getattr(self._layer, "owner", self._layer)
        try:
            (given,) = self._copy.inputs
            part = keras.Model(given, internals.input_of(owner))
        # A subclass of keras.Model has no inputs, and a layer of a nested model has another's.
        except Exception:
            return None
        return lambda rows: _outputs(part, rows)

    def _link(self, matrix: np.ndarray | None, offset: np.ndarray) -> _Link | None:
        """Return the link that is right for every random kernel."""
        rows = self._rows.astype(np.float32).astype(np.float64)
        seen = rows if matrix is None else rows @ matrix.T + offset
        fitting = list(self._links)
        generator = np.random.default_rng(0)
        for _ in range(N_KERNELS):
            decision, rounding = self._decide(seen, generator)
            outputs = _outputs(self._copy, self._rows)
            fitting = [link for link in fitting if _fits(link, decision, outputs, rounding)]
        return fitting[0] if fitting else None

    def _decide(
        self, seen: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Set random parameters; return the decisions of these, and how far rounding moves them."""
        layer, n_outputs = self._layer, int(self._layer.kernel.shape[1])
        # Decisions of order 2: in the tails every link is flat.
        size = np.sqrt((seen**2).mean(axis=0)) * np.sqrt(seen.shape[1]) / 2 + 1e-12
        layer.kernel.assign((generator.normal(size=(n_outputs, len(size))) / size).T)
        kernel = BACKEND.array(layer.kernel).astype(np.float64)
        bias = np.zeros(n_outputs)
        if layer.use_bias:
            layer.bias.assign(generator.normal(size=n_outputs))
            bias = BACKEND.array(layer.bias).astype(np.float64)
        sizes = np.abs(seen) @ np.abs(kernel) + np.abs(bias)
        # A sum of p products of float32 (Higham, Accuracy and Stability, section 3.1).
        return seen @ kernel + bias, (len(size) + 2) * np.finfo(np.float32).eps * sizes

    def _behaviour(self, link: _Link, matrix: np.ndarray | None, offset: np.ndarray) -> Behaviour:
        """Return what was seen, as values."""
        shift = scale = then = None
        if matrix is not None:
            diagonal = matrix.shape[0] == matrix.shape[1] and not np.any(
                matrix[~np.eye(len(matrix), dtype=bool)]
            )
            # A layer that scales has the root of a variance, which has no sign.
            if diagonal and np.all(np.diag(matrix) > 0):
                factors = np.diag(matrix)
                scale, shift = tuple((1 / factors).tolist()), tuple((-offset / factors).tolist())
            else:
                then = FeatureMap(
                    matrix=tuple(tuple(row) for row in matrix.tolist()),
                    offset=tuple(offset.tolist()),
                )
        kernel, bias = self._places
        return Behaviour(
            kernel=kernel,
            bias=bias,
            activation=link.activation,
            pair=link.pair,
            shift=shift,
            scale=scale,
            then=then,
        )


def _fits(link: _Link, decision: np.ndarray, outputs: np.ndarray, rounding: np.ndarray) -> bool:
    """Whether outputs are what a link makes of decisions."""
    with np.errstate(over="ignore"):
        made = link.response(decision)
    if made.shape != outputs.shape:
        return False
    allowed = (OFF + rounding.max(axis=1, keepdims=True)) * np.maximum(1.0, np.abs(made))
    # NaN does not fit.
    return bool((np.abs(made - outputs) <= allowed).all())


def _affine(
    before: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, n_seen: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the affine map that layers are; nothing where they are none."""
    # As far as the data go, where a layer may do something else: it is checked on the rows.
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    probes = np.vstack([centre, centre + np.diag(spread)]).astype(np.float32)
    made, exact = before(probes), probes.astype(np.float64)
    if made.shape != (len(probes), n_seen):
        return
    # Along one feature at a time: each column of the matrix is one difference.
    steps = np.diagonal(exact[1:] - exact[0])
    matrix = _snapped((made[1:] - made[0]).T / steps, spread)
    offset = made[0] - matrix @ exact[0]
    size = np.abs(matrix) @ np.abs(exact[0]) + np.abs(made[0])
    offset = np.where(np.abs(offset) <= OFF * size, 0.0, offset)
    expected = rows.astype(np.float32).astype(np.float64) @ matrix.T + offset
    allowed = OFF * (np.abs(rows) @ np.abs(matrix).T + np.abs(offset) + 1e-6)
    if (np.abs(before(rows) - expected) <= allowed).all():
        yield matrix, offset


def _snapped(matrix: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return a matrix without what is rounding beside 0 and 1."""
    # By what each feature moves: a coefficient of 1e-6 may be that of a feature of millions.
    moved = np.abs(matrix) * spread
    matrix = np.where(moved <= OFF * moved.max(axis=1, keepdims=True), 0.0, matrix)
    return np.where(np.abs(matrix - 1.0) <= OFF, 1.0, matrix)


def _some_rows(data: Dataset) -> np.ndarray:
    """Return evenly spaced rows, at most `N_ROWS`."""
    n_rows = data.n_samples
    places = np.unique(np.linspace(0, n_rows - 1, min(N_ROWS, n_rows)).astype(int))
    return dense_rows(data.X[places])


def _outputs(model: Any, rows: np.ndarray) -> np.ndarray:
    """Return what a model makes of rows."""
    return BACKEND.array(model(rows.astype(np.float32), training=False)).astype(np.float64)
