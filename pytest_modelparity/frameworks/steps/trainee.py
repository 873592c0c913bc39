"""What is trained step by step, as whoever trains it again sees it; and its framework's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pytest_modelparity.feature_map import FeatureMap
from pytest_modelparity.frameworks.steps.setup import StepSetup
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.theory.coordinates import of_given_features
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
    #: What trains to the optimum.
    to_optimum: str

    def rate(self, optimizer: Optimizer) -> str:
        """Return the learning rate of an optimizer."""


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
    """Who trains what a setup says, again and with something changed."""

    words: Words
    #: Whether it trains on rows that are not held.
    takes_batches: bool

    @property
    def setup(self) -> StepSetup:
        """What is trained, and what that depends on."""

    @property
    def logits(self) -> str:
        """How its user would give its loss logits; empty where it clips no probabilities."""

    @property
    def trains_to_optimum(self) -> bool:
        """Whether what trains to the optimum can train it."""

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

    def seconds(self, recipe: Recipe, epochs: int, *, by_epochs: bool = False) -> float:
        """Return what so many epochs of a recipe by the framework are reckoned to take.

        ``by_epochs``: whether what each epoch costs by itself is paid.
        """

    def at_optimum(self) -> FittedModel:
        """Train to the optimum of its own objective by the framework."""

    def minimising_seconds(self) -> float:
        """Return the seconds that `at_optimum` is reckoned to take."""

    def program(self, recipe: Recipe | None, *, callbacks: bool = False) -> str:
        """Return code that trains a recipe; of None to the optimum.

        ``callbacks``: whether the user's own take part.
        """


def starts_at_zero(trainee: Trainee) -> bool:
    """Whether the weights of the first seed start at zero."""
    start = trainee.start(trainee.setup.recipe, 0)
    return not (np.any(start.kernel) or np.any(start.bias))


def is_rough(trainee: Trainee, recipe: Recipe) -> bool:
    """Whether a recipe computes in a type that the loop cannot stand for."""
    return recipe.dtype not in trainee.words.dtypes
