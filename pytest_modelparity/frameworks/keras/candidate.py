"""The candidate in Keras: read, trained as its user asked, changed, and trained again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras import internals
from pytest_modelparity.frameworks.keras.adjusting import KerasAdjustable
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.keras.build.copying import copy_model
from pytest_modelparity.frameworks.keras.build.fresh import fresh_model
from pytest_modelparity.frameworks.keras.build.parameters import (
    predictor,
    set_parameters,
    to_given_features,
    to_layer_features,
)
from pytest_modelparity.frameworks.keras.read.arguments import read_fit_arguments
from pytest_modelparity.frameworks.keras.read.model import read_linear_model
from pytest_modelparity.frameworks.keras.read.parts import read_parts
from pytest_modelparity.frameworks.keras.read.reading import Reading, read_candidate
from pytest_modelparity.frameworks.keras.train.findings import gradient_only, training_findings
from pytest_modelparity.frameworks.keras.train.fit import FitResult
from pytest_modelparity.frameworks.keras.train.refit import fitted_model, settings_after
from pytest_modelparity.frameworks.keras.train.setup import (
    BroughtRows,
    Setup,
    layer_weights,
    seed_of,
)
from pytest_modelparity.frameworks.keras.train.shortcut import train_as_asked
from pytest_modelparity.frameworks.keras.train.trainee import KerasTrainee
from pytest_modelparity.frameworks.steps.agreement import Agreement
from pytest_modelparity.frameworks.steps.fitted import for_width
from pytest_modelparity.frameworks.steps.setup import Starts
from pytest_modelparity.frameworks.steps.training import StepTraining
from pytest_modelparity.rows.orders import shuffle, shuffled_parts
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.recording import recorded_warnings


class KerasCandidate:
    """A Keras model under test; what the user passed is never trained or changed.

    Parameters
    ----------
    given : keras.Model or callable
        The model, or a function that returns a fresh one.
    fit : dict, optional
        Arguments of ``fit``; ``None``: the model is taken as it is.
    data : Dataset
        What it is trained and compared on.
    seed : int, optional
        Of initialisation and shuffling; ``None``: plain ``fit``.
    shortcut : bool
        Whether the array loop may make the later epochs of a long training.

    Raises
    ------
    ModelParityError
        If it cannot be copied, trained or compared; nothing was trained then.
    """

    def __init__(
        self, given: Any, fit: Any, data: Dataset, seed: int | None, *, shortcut: bool = True
    ) -> None:
        arguments = None if fit is None else read_fit_arguments(fit, data)
        # The candidate's own weights win: `fit` is what its user runs.
        weights = data.sample_weight
        if arguments is not None and arguments.sample_weight is not None:
            weights = arguments.sample_weight
        # Made when a seed is first asked for: many checks need the first alone.
        starts = Starts(
            lambda number: fresh_model(given, data, seed_of(seed, number)),
            # A model that has its weights gives every seed the same start.
            alike=isinstance(given, keras.Model) and given.built,
        )
        with recorded_warnings(frameworks=internals.INNER_PACKAGES) as raised:
            start = starts(0)
        self._raised = tuple(raised)
        if arguments is not None and not start.compiled:
            raise ModelParityError(
                "fit was given but the candidate is not compiled; call "
                'model.compile(optimizer=..., loss="binary_crossentropy") or pass fit=None'
            )
        parts = read_parts(start, data.n_features, numbers=not data.n_classes)
        self.setup = Setup(
            starts=starts,
            arguments=arguments,
            data=data,
            brought=BroughtRows(data=data),
            sample_weight=weights,
            seed=seed,
            reading=read_candidate(parts, data, arguments, weights),
        )
        self._agreement = Agreement(KerasTrainee(self.setup))
        self._shortcut = shortcut
        self._training: StepTraining | None = None

    @classmethod
    def of(cls, setup: Setup, agreement: Agreement, *, shortcut: bool) -> KerasCandidate:
        """Return the candidate of a setup that was made from another candidate's."""
        # Not by `__init__`, which would read and copy the model again; what it was given is built
        # already.
        candidate = cls.__new__(cls)
        candidate.setup, candidate._agreement, candidate._raised = setup, agreement, ()
        candidate._shortcut, candidate._training = shortcut, None
        return candidate

    @property
    def reading(self) -> Reading:
        """What was read of the model."""
        return self.setup.reading

    @property
    def objective(self) -> KerasAdjustable:
        """Its objective, to be changed."""
        return KerasAdjustable(self.setup, self._with_setup)

    @property
    def training(self) -> StepTraining | None:
        """Its training, to be repeated; ``None`` where it is not compiled or not linear."""
        if not self.setup.start.compiled or not self.reading.linear.linear:
            return None
        if self._training is None:
            self._training = StepTraining(KerasTrainee(self.setup), self._agreement)
        return self._training

    def train(self) -> FittedModel:
        """Train a copy by its own ``fit`` where arguments were given, else take it as it is."""
        setup = self.setup
        trained, settings = None, self.reading.settings
        with recorded_warnings(frameworks=internals.INNER_PACKAGES) as raised:
            if setup.arguments is not None:
                trained = train_as_asked(setup, self._agreement, shortcut=self._shortcut)
        model = setup.start if trained is None else trained.model
        result = None if trained is None else trained.result
        if result is not None:
            settings = settings_after(setup, result)
            unmodelled = (*settings.unmodelled, *setup.unlike_an_array)
            settings = replace(settings, unmodelled=unmodelled)
        fitted = fitted_model(setup, model, settings, raised)
        # Without a modelled objective no optimum is known, but that a training stopped on a slope
        # can be seen.
        if settings.objective is None and model.compiled:
            fitted = replace(fitted, certificate=gradient_only(setup, model))
        return replace(
            fitted,
            # Those of building the model are raised again, but say nothing about its training.
            raised=(*self._raised, *raised),
            trajectory=self._trajectory(result),
            seconds=result.seconds if result is not None else None,
            findings=(
                *fitted.findings,
                *(() if trained is None else training_findings(setup, self._agreement, trained)),
            ),
            trained_by="" if trained is None else trained.by,
            replayed_weight=self._replayed_weight(),
        )

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> Predict | None:
        """Return what a copy with the given parameters predicts; ``None``: it cannot hold them.

        Parameters
        ----------
        coef : ndarray of shape (n_outputs, n_features)
            The reference's, of either head.
        intercept : ndarray of shape (n_outputs,)
            The reference's.
        """
        linear, data = self.reading.linear, self.setup.data
        # A model without a bias cannot show the reference's predictions; that is no fault of its
        # structure.
        if not linear.linear or (np.any(intercept) and not linear.dense.use_bias):
            return None
        coef, intercept = for_width(coef, intercept, linear.n_outputs)
        coef, intercept = to_layer_features(linear, coef, intercept)
        model = copy_model(self.setup.start)
        set_parameters(
            read_linear_model(model, data.n_features, numbers=not data.n_classes), coef, intercept
        )
        return predictor(model, self.reading.link, data)

    def _with_setup(self, setup: Setup) -> KerasCandidate:
        """Return the candidate with another setup.

        Its optimizer and its batches stay, so what is proven of the array loop does too; where the
        objective was not modelled nothing was.
        """
        modelled = self.reading.objective is not None
        agreement = self._agreement if modelled else Agreement(KerasTrainee(setup))
        return KerasCandidate.of(setup, agreement, shortcut=self._shortcut)

    def _replayed_weight(self) -> np.ndarray | None:
        """Return what rows weigh where ``fit`` replays one permutation with a short last batch.

        A step divides by its own rows: of S steps an epoch, one of r rows in place of B makes its
        rows weigh n / (S r), the others n / (S B).
        """
        setup = self.setup
        arguments, seed = setup.arguments, setup.seed
        if arguments is None or seed is None or not arguments.shuffle:
            return None
        n_rows, size = setup.n_rows, arguments.batch_size
        short = n_rows % size
        # In other cases each row is in the short batch in its turn, and weighs the same in the
        # mean.
        if not BACKEND.replays_one_permutation() or not short or n_rows < size or setup.is_summed:
            return None
        order = np.arange(n_rows)
        # The same draw as that of `Batches`, else other rows would get the weight.
        shuffle(order, np.random.default_rng(seed), shuffled_parts(setup.trained_rows))
        steps = -(-n_rows // size)
        weights = np.ones(setup.data.n_samples)
        weights[order[:-short]] = n_rows / (steps * size)
        weights[order[-short:]] = n_rows / (steps * short)
        return weights

    def _trajectory(
        self, result: FitResult | None
    ) -> tuple[tuple[int, np.ndarray, np.ndarray], ...]:
        """Return epoch, coef and intercept at the snapshots of a linear model."""
        linear = self.reading.linear
        if result is None or not linear.linear:
            return ()
        points = []
        for epoch, weights in result.snapshots:
            kernel, bias = layer_weights(self.setup, weights)
            coef, intercept = kernel.astype(np.float64).T, bias.astype(np.float64)
            points.append((epoch, *to_given_features(linear, coef, intercept)))
        return tuple(points)
