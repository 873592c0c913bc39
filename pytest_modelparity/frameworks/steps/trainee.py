"""What is trained step by step, as whoever trains it again sees it; and its framework's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.features import of_given_features
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.training.problem import Problem
from pytest_modelparity.training.recipe import Optimizer, Recipe, Start

#: Coefficients and intercepts on the features as given.
Parameters = tuple[np.ndarray, np.ndarray]


class Words(Protocol):
    """How a framework's users write what is changed of a training."""

    framework: str
    #: Who trains for real, in a sentence: ``"Keras's own fit"``.
    trainer: str
    #: The same as a report says it: ``"fit"``.
    by: str
    #: What the loop, in float32, may stand for.
    dtypes: tuple[str, ...]
    zeros: str
    standardise: str
    #: What trains to the optimum; empty where nothing does.
    to_optimum: str
    #: Learning rates of the solvers that are tried in place of the candidate's own, by name.
    solver_rates: Mapping[str, tuple[float, ...]]

    def rate(self, optimizer: Optimizer) -> str:
        """Return the learning rate of an optimizer."""

    def longer(self, epochs: int, *, trained_here: bool) -> str:
        """Return another number of epochs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What the array loop trains on, and how its features were scaled for it.

    Parameters
    ----------
    problem : Problem
        Rows and objective, as the layer sees them.
    shift, scale : ndarray of shape (n_features,), optional
        The layer sees ``(x - shift) / scale``, ...
    then : FeatureMap, optional
        ... or what a matrix makes of it.
    """

    problem: Problem
    shift: np.ndarray | None
    scale: np.ndarray | None
    then: FeatureMap | None = None

    @np.errstate(invalid="ignore", over="ignore")
    def given_parameters(self, kernel: np.ndarray, bias: np.ndarray) -> Parameters:
        """Return the layer's weights as parameters of the features as given, in float64."""
        coef, intercept = kernel.T.astype(np.float64), bias.astype(np.float64)
        return of_given_features(self.shift, self.scale, coef, intercept, self.then)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """What the framework itself made of a recipe.

    Parameters
    ----------
    kernel, bias : ndarray
        Of the layer, as `Start` has them.
    fitted : FittedModel
        The model.
    """

    kernel: np.ndarray
    bias: np.ndarray
    fitted: FittedModel


class Trainee(Protocol):
    """A linear model that is trained step by step."""

    words: Words

    @property
    def data(self) -> Dataset:
        """What it is trained and compared on."""

    @property
    def seed(self) -> int | None:
        """The seed of number 0; ``None``: its framework draws one."""

    @property
    def sample_weight(self) -> np.ndarray | None:
        """Its per-row weights, class weights not included."""

    @property
    def settings(self) -> ModelSettings:
        """What was read of it."""

    @property
    def objective(self) -> SideObjective | None:
        """Its objective; ``None`` where that is not modelled."""

    @property
    def recipe(self) -> Recipe:
        """How it is trained, or would be trained on."""

    @property
    def n_rows(self) -> int:
        """Rows that are trained on."""

    @property
    def n_outputs(self) -> int:
        """Outputs of its layer."""

    @property
    def is_trained_here(self) -> bool:
        """Whether it is trained in the check; else it was before."""

    @property
    def trainable(self) -> bool:
        """Whether its objective is one that can be trained on."""

    @property
    def has_callbacks(self) -> bool:
        """Whether callbacks have a say in its training."""

    @property
    def callbacks(self) -> tuple[Change, ...]:
        """The change of each setting that leaves out what has a say in its training."""

    @property
    def is_summed(self) -> bool:
        """Whether its loss is summed over a batch: that is then no training setting."""

    @property
    def feeds_plain_batches(self) -> bool:
        """Whether it is fed batches of dense rows, each of them once an epoch."""

    @property
    def starts_at_zero(self) -> bool:
        """Whether its weights start at zero."""

    @property
    def can_standardise(self) -> bool:
        """Whether its features can be standardised inside the model, and are not yet."""

    @property
    def scales_are_apart(self) -> bool:
        """Whether features are so unlike in size that steps of one size do not suit them all."""

    @property
    def logits(self) -> str:
        """How its user would give its loss logits; empty where it clips no probabilities."""

    @property
    def only_by_fit(self) -> bool:
        """Whether what trains to the optimum cannot train it."""

    def task(self, *, standardised: bool = False) -> Task:
        """Return what its recipes are trained on in plain arrays."""

    def start(self, recipe: Recipe, number: int) -> Start:
        """Return where a recipe starts with the seed of a number."""

    def first_epochs(self, recipe: Recipe, epochs: int, *, many: bool) -> Trained:
        """Train a fresh model for the first epochs of a recipe by the framework, no callbacks.

        ``many``: whether what each epoch costs by itself is to be avoided.
        """

    def retrained(self, recipe: Recipe, number: int, *, callbacks: bool = False) -> FittedModel:
        """Train a fresh model by a recipe, with the seed of a number, by the framework."""

    def seconds(self, steps: int, epochs: int = 0) -> float:
        """Return the reckoned seconds of so many steps of the framework, and of its epochs."""

    def at_optimum(self) -> FittedModel:
        """Train to the optimum of its own objective by the framework."""

    def minimising_seconds(self) -> float:
        """Return the seconds that `at_optimum` is reckoned to take."""

    def program(self, recipe: Recipe | None, *, callbacks: bool = False) -> str:
        """Return code that trains a recipe; of None to the optimum.

        ``callbacks``: whether the user's own take part.
        """


def steps_an_epoch(trainee: Trainee, batch_size: int) -> int:
    """Return the optimizer's steps of an epoch; a short last batch counts."""
    return -(-trainee.n_rows // batch_size)


def total_steps(trainee: Trainee, recipe: Recipe) -> int:
    """Return the optimizer's steps of a recipe."""
    return recipe.epochs * steps_an_epoch(trainee, recipe.batch_size)
