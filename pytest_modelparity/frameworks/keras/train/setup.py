"""A Keras model under test with everything that its trainings depend on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import keras
import numpy as np

from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.read.arguments import FitArguments
from pytest_modelparity.frameworks.keras.read.callbacks import taken_away
from pytest_modelparity.frameworks.keras.read.model import read_linear_model
from pytest_modelparity.frameworks.keras.read.optimizer import read_optimizer, read_state
from pytest_modelparity.frameworks.keras.read.reading import Reading, batch_size_of
from pytest_modelparity.frameworks.steps.scales import are_apart, standardisation
from pytest_modelparity.frameworks.steps.setup import EPOCHS, Starts, can_be_dense, nth_seed
from pytest_modelparity.report.parts import Change
from pytest_modelparity.rows.between import rows_between
from pytest_modelparity.rows.matrix import RowMatrix
from pytest_modelparity.rows.orders import shuffled_parts
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.features import is_standardised
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.training.costs import feeding_seconds
from pytest_modelparity.training.problem import Clip
from pytest_modelparity.training.recipe import Optimizer, Recipe, Start


def optimizer_of(model: keras.Model) -> Optimizer:
    """Return a model's optimizer; Keras wraps it by itself where it computes in half precision."""
    return read_optimizer(getattr(model.optimizer, "inner_optimizer", model.optimizer))


def layer_arrays(dense: keras.layers.Dense) -> tuple[np.ndarray, np.ndarray]:
    """Return a layer's kernel and bias; zeros where it has none."""
    kernel = BACKEND.array(dense.kernel)
    return kernel, BACKEND.array(dense.bias) if dense.use_bias else np.zeros(kernel.shape[1])


def seed_of(seed: int | None, number: int) -> int | None:
    """Return the seed of a number, 0 being the check's own; ``None``: plain ``fit``."""
    return None if seed is None else nth_seed(seed, number)


# Not slotted: what follows from the data is worked out when it is first asked for.
@dataclass(frozen=True, kw_only=True, eq=False)
class BroughtRows:
    """All rows as trainings take them: of those that are passed over float32, if it has room.

    What is in memory is shuffled at once, and gathered several times as fast.

    Parameters
    ----------
    data : Dataset
        With the rows.
    """

    data: Dataset

    @cached_property
    def rows(self) -> Matrix:
        """The rows."""
        X = self.data.X
        return X.whole(np.float32) if isinstance(X, RowMatrix) and self.data.has_room else X


# Not slotted, either.
@dataclass(frozen=True, kw_only=True, eq=False)
class Setup:
    """A Keras model under test, and how it is trained.

    Parameters
    ----------
    starts : Starts of keras.Model
        The model where its trainings start.
    arguments : FitArguments, optional
        How it is trained; ``None``: it was trained before.
    data : Dataset
        On what.
    brought : BroughtRows
        Its rows; of setups that are made from one another the same.
    sample_weight : ndarray of shape (n_samples,), optional
        Class weights not included.
    seed : int, optional
        Of number 0; ``None``: plain ``fit``.
    reading : Reading
        What was read of the model at its start.
    """

    starts: Starts[keras.Model]
    arguments: FitArguments | None
    data: Dataset
    brought: BroughtRows
    sample_weight: np.ndarray | None
    seed: int | None
    reading: Reading
    # No argument: a setup that is made from another one must not share it.
    _layer_starts: dict[int, Start] = field(default_factory=dict, init=False, repr=False)

    @property
    def start(self) -> keras.Model:
        """The model at the start of the check's own seed."""
        return self.starts(0)

    @property
    def settings(self) -> ModelSettings:
        """What was read of it."""
        return self.reading.settings

    @property
    def is_trained_here(self) -> bool:
        """Whether ``fit`` was given."""
        return self.arguments is not None

    @cached_property
    def recipe(self) -> Recipe:
        """How it is trained, or would be trained on."""
        arguments, training = self.arguments, self.reading.settings.training
        # Whoever has made many steps will need more of them to move at all.
        epochs = arguments.epochs if arguments else max(training.iterations_run or 0, EPOCHS)
        return Recipe(
            optimizer=optimizer_of(self.start),
            epochs=epochs,
            batch_size=batch_size_of(arguments),
            shuffle=arguments is None or arguments.shuffle,
            dtype=training.dtype or "float32",
        )

    def layer_start(self, number: int) -> Start:
        """Return the layer's weights and the optimizer's state at the start of a seed's number."""
        number = 0 if self.starts.alike else number
        if number not in self._layer_starts:
            model = self.starts(number)
            dense = read_linear_model(
                model, self.data.n_features, numbers=not self.data.n_classes
            ).dense
            # float32, which the loop computes in; a half-precision start is exact in it.
            kernel, bias = (weights.astype(np.float32) for weights in layer_arrays(dense))
            variables = (dense.kernel, dense.bias) if dense.use_bias else (dense.kernel,)
            state = read_state(model.optimizer, variables)
            self._layer_starts[number] = Start(kernel=kernel, bias=bias, state=state)
        return self._layer_starts[number]

    @property
    def objective(self) -> SideObjective | None:
        """Its objective with its row weights; ``None`` where that is not modelled."""
        settings, weights = self.reading.objective, self.sample_weight
        return None if settings is None else SideObjective(settings=settings, sample_weight=weights)

    @property
    def trainable(self) -> bool:
        """Whether its objective is one that can be trained on."""
        reading = self.reading
        return reading.linear.linear and reading.loss is not None and reading.objective is not None

    @property
    def rows(self) -> Matrix:
        """All rows as trainings take them."""
        return self.brought.rows

    def first_rows(self, n_rows: int | None) -> Matrix:
        """Return so many of the first rows; ``None``: all."""
        if isinstance(self.rows, RowMatrix):
            return rows_between(self.rows, 0, len(self.rows) if n_rows is None else n_rows)
        return self.rows[:n_rows]

    @property
    def trained_rows(self) -> Matrix:
        """The rows that are trained on: Keras holds the last ones back, unshuffled.

        keras 3.15, array_slicing.py.
        """
        return self.first_rows(self.n_rows)

    @property
    def feeds_from_memory(self) -> bool:
        """Whether ``fit`` has all rows in memory; else they are gathered batch by batch."""
        return not isinstance(self.rows, RowMatrix)

    @property
    def unlike_an_array(self) -> tuple[str, ...]:
        """In what its batches are not those that ``fit`` draws of an array, a sentence each."""
        arguments = self.arguments
        if arguments is None or not arguments.shuffle or self.feeds_from_memory:
            return ()
        if shuffled_parts(self.rows):
            return (
                "shuffle=True permutes parts of the rows and the rows within each, where fit "
                "would permute all rows of an array",
            )
        if self.seed is None:
            return ("without a seed the order of the rows is not the one that fit would draw",)
        return ()

    @property
    def feeding_seconds(self) -> float:
        """Seconds that bringing all rows to a ``fit`` once is reckoned to take."""
        a_row = feeding_seconds(self.data.n_features)
        return self.n_rows * (a_row if self.feeds_from_memory else a_row + self.row_seconds)

    @property
    def row_seconds(self) -> float:
        """Seconds that gathering a row is reckoned to take; 0 where rows are held."""
        return self.rows.row_seconds if isinstance(self.rows, RowMatrix) else 0.0

    @property
    def n_rows(self) -> int:
        """Rows that are trained on."""
        n_samples = self.data.n_samples
        return self.arguments.rows_used(n_samples) if self.arguments else n_samples

    @property
    def n_outputs(self) -> int:
        """Outputs of its layer."""
        return self.reading.linear.n_outputs

    @property
    def has_callbacks(self) -> bool:
        """Whether callbacks see its training, be it only to watch."""
        return bool(self.arguments and self.arguments.others.get("callbacks"))

    @cached_property
    def callbacks(self) -> tuple[Change, ...]:
        """What leaves out the callbacks that have a say in its training."""
        return taken_away(self.arguments)

    @property
    def has_plain_epochs(self) -> bool:
        """Whether an epoch of ``fit`` is its batches and nothing else."""
        # A class of the user's own may have a `fit` or a `train_step` that does more.
        stock = type(self.start).__module__.startswith("keras.")
        return stock and self.feeds_plain_batches

    @property
    def is_summed(self) -> bool:
        """Whether its loss is summed over a batch: the batch size is then no training setting."""
        return self.reading.loss is not None and self.reading.loss.reduction == "sum"

    @property
    def clip(self) -> Clip | None:
        """How its loss clips the probabilities that it is given; ``None``: it does not."""
        loss, edge = self.reading.loss, BACKEND.CLIP_EDGE
        if loss is None or edge is None or not loss.clips:
            return None
        return Clip(epsilon=keras.config.epsilon(), edge=edge)

    @property
    def feeds_plain_batches(self) -> bool:
        """Whether ``fit`` is fed batches of dense rows, each of them once an epoch."""
        dense = can_be_dense(self.data)
        return dense and not (self.arguments and self.arguments.others.get("steps_per_epoch"))

    @cached_property
    def can_standardise(self) -> bool:
        """Whether its features can be standardised inside the model, and are not yet."""
        linear = self.reading.linear
        if linear.scale is not None or linear.then is not None or linear.by_value:
            return False
        return not is_standardised(self.data.held_rows)

    @cached_property
    def scales_are_apart(self) -> bool:
        """Whether features are so unlike in size that steps of one size do not suit them all."""
        if not self.can_standardise:
            return False
        data = self.data
        return are_apart(data.X[: self.n_rows] if data.is_held else data.held_rows)

    @cached_property
    def standardisation(self) -> tuple[np.ndarray, np.ndarray]:
        """Shift and scale that standardise the rows trained on, and keep the optimum."""
        assert self.reading.objective is not None
        return standardisation(self.reading.objective, self.trained_rows)


def layer_weights(setup: Setup, weights: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return kernel and bias among the weights of a whole model."""
    dense = read_linear_model(
        setup.start, setup.data.n_features, numbers=not setup.data.n_classes
    ).dense
    # By identity: Keras variables overload ``==``.
    places = {id(variable): place for place, variable in enumerate(setup.start.weights)}
    kernel = weights[places[id(dense.kernel)]]
    if not dense.use_bias:
        return kernel, np.zeros(kernel.shape[1])
    return kernel, weights[places[id(dense.bias)]]
