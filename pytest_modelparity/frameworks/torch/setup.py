"""A module under test with everything that its trainings depend on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import torch

from pytest_modelparity.frameworks.steps.scales import are_apart, standardisation
from pytest_modelparity.frameworks.steps.setup import EPOCHS, Starts, can_be_dense, nth_seed
from pytest_modelparity.frameworks.torch.affine import affine_map_of
from pytest_modelparity.frameworks.torch.layer import Layer
from pytest_modelparity.frameworks.torch.loop import Loop, LoopRows, Penalty, targets_of
from pytest_modelparity.frameworks.torch.optimizers import make_optimizer, make_scheduler
from pytest_modelparity.frameworks.torch.outputs import is_linear_model
from pytest_modelparity.frameworks.torch.penalties import decays_of, penalty_of
from pytest_modelparity.frameworks.torch.reading import TorchReading
from pytest_modelparity.frameworks.torch.running import dtype_of, outputs_of
from pytest_modelparity.frameworks.torch.torch_fit import TorchFit
from pytest_modelparity.frameworks.torch.written import settings_of
from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.features import is_standardised
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.objective import SideObjective
from pytest_modelparity.theory.design import dense_rows
from pytest_modelparity.training.recipe import Recipe, Start

#: Makes the user's own optimizer of a module's parameters.
MakeOptimizer = Callable[[Sequence[torch.nn.Parameter]], torch.optim.Optimizer]


# Not slotted: what follows from the data is worked out when it is first asked for.
@dataclass(frozen=True, kw_only=True, eq=False)
class TorchSetup:
    """A module under test, and how it is trained.

    Parameters
    ----------
    fit : TorchFit
        As given, or changed by a repair.
    starts : Starts of torch.nn.Module
        The module where its trainings start.
    make_own : callable, optional
        The user's own way to make the optimizer; ``None``: it is made of what was read.
    data : Dataset
        What it is trained and compared on.
    sample_weight : ndarray of shape (n_samples,), optional
        Class weights not included.
    seed : int
        Of number 0.
    reading : TorchReading
        What was read of the module at its start.
    """

    fit: TorchFit
    starts: Starts[torch.nn.Module]
    make_own: MakeOptimizer | None
    data: Dataset
    sample_weight: np.ndarray | None
    seed: int
    reading: TorchReading
    _starts: dict[int, Start] = field(default_factory=dict, init=False, repr=False)

    @property
    def start(self) -> torch.nn.Module:
        """The module at the start of the check's own seed."""
        return self.starts(0)

    @property
    def dtype(self) -> torch.dtype:
        """The floating type that the module computes in."""
        return dtype_of(self.start)

    @property
    def layer(self) -> Layer:
        """The layer that is trained; only of a module that has one."""
        assert self.reading.layer is not None
        return self.reading.layer

    @property
    def is_trained_here(self) -> bool:
        """Whether it is trained in the check."""
        return self.fit.epochs > 0

    @property
    def objective(self) -> SideObjective | None:
        """Its objective with its row weights."""
        settings, weights = self.reading.objective, self.sample_weight
        return None if settings is None else SideObjective(settings=settings, sample_weight=weights)

    @property
    def batch_size(self) -> int:
        """Rows a step, as asked for."""
        return self.data.n_samples if self.fit.batch_size is None else self.fit.batch_size

    @cached_property
    def recipe(self) -> Recipe:
        """How it is trained, or would be trained on."""
        return Recipe(
            optimizer=self.reading.optimizer.optimizer,
            epochs=self.fit.epochs or EPOCHS,
            batch_size=self.batch_size,
            shuffle=self.fit.shuffle,
            dtype=str(self.dtype).removeprefix("torch."),
        )

    @cached_property
    def settings(self) -> ModelSettings:
        """What was read, by meaning and in words."""
        return settings_of(self.reading, self.recipe, self.fit.epochs)

    @property
    def n_rows(self) -> int:
        """Rows that are trained on."""
        return self.data.n_samples

    #: All rows are in memory.
    row_seconds = 0.0

    @property
    def n_outputs(self) -> int:
        """Outputs of its layer."""
        return self.layer.n_outputs

    @property
    def trainable(self) -> bool:
        """Whether its objective is one that can be trained on."""
        return self.reading.objective is not None and self.feeds_plain_batches

    @property
    def callbacks(self) -> tuple[Change, ...]:
        """Nothing: a plain loop has none."""
        return ()

    @property
    def is_summed(self) -> bool:
        """Whether its loss is summed over a batch."""
        return self.reading.loss.reduction == "sum"

    @property
    def feeds_plain_batches(self) -> bool:
        """Whether it is fed batches of dense rows."""
        return can_be_dense(self.data)

    @cached_property
    def dense(self) -> np.ndarray:
        """The training rows, float64."""
        return dense_rows(self.data.X, slice(0, self.data.n_samples), ones=False)

    @cached_property
    def can_standardise(self) -> bool:
        """Whether its features can be standardised, and are not yet."""
        return self.reading.objective is not None and not is_standardised(self.data.X)

    @cached_property
    def scales_are_apart(self) -> bool:
        """Whether steps of one size do not suit all its features."""
        return self.can_standardise and are_apart(self.dense)

    def start_of(self, recipe: Recipe, number: int) -> Start:
        """Return where a recipe starts with the seed of a number."""
        number = 0 if self.starts.alike else number
        if number not in self._starts:
            kernel, bias = self.layer.arrays(self.starts(number))
            # float32, which the array loop computes in.
            start = Start(kernel=kernel.astype(np.float32), bias=bias.astype(np.float32))
            self._starts[number] = start
        start = self._starts[number]
        if not recipe.zeros:
            return start
        return replace(start, kernel=np.zeros_like(start.kernel), bias=np.zeros_like(start.bias))

    def scaling(self, recipe: Recipe) -> tuple[np.ndarray, np.ndarray] | None:
        """Return shift and scale of the features for a recipe; ``None``: as given."""
        objective = self.reading.objective
        if not recipe.standardised or objective is None:
            return None
        return standardisation(objective, self.dense)

    def loop(self, recipe: Recipe, number: int) -> Loop:
        """Return a copy of the module with all that trains it by a recipe."""
        module = copy.deepcopy(self.starts(number))
        if recipe.dtype != self.recipe.dtype:
            module = module.to(getattr(torch, recipe.dtype))
        if recipe.zeros:
            start = self.start_of(recipe, number)
            self.layer.assign(module, start.kernel, start.bias)
        optimizer, penalty = self._optimizer(module, recipe)
        seed = nth_seed(self.seed, number)
        return Loop(
            module=module,
            optimizer=optimizer,
            loss=self.reading.loss,
            rows=self.rows(module, self.scaling(recipe)),
            batch_size=recipe.batch_size,
            seed=seed if recipe.shuffle else None,
            scheduler=make_scheduler(optimizer, recipe.optimizer),
            penalty=penalty,
        )

    def rows(
        self, module: torch.nn.Module, scaling: tuple[np.ndarray, np.ndarray] | None = None
    ) -> LoopRows:
        """Return what a module is trained on."""
        X, dtype = self.dense, dtype_of(module)
        if scaling is not None:
            X = (X - scaling[0]) / scaling[1]
        # Asked of a copy, since a layer may keep what it sees.
        shape = outputs_of(copy.deepcopy(module).eval(), X[:2], dtype).shape
        weights = self.row_weights()
        return LoopRows(
            # A file is mapped to be read alone, of which torch warns.
            X=torch.as_tensor(np.require(X, requirements="W")).to(dtype),
            targets=targets_of(self.data.y, shape, self.reading.loss, dtype),
            weights=None if weights is None else torch.as_tensor(weights).to(dtype),
        )

    def row_weights(self) -> np.ndarray | None:
        """Return what the loop multiplies the loss of each row with; ``None``: nothing."""
        objective = self.objective
        if objective is None or self.reading.loss.class_weight is not None:
            # The loss has those of the classes itself.
            return self.sample_weight
        return objective.row_weights(self.data)

    def fitted(self, module: torch.nn.Module) -> FittedModel:
        """Return a trained module."""
        outputs, layer = replace(self.reading.outputs, module=module), self.reading.layer
        coef = intercept = None
        if layer is not None:
            kernel, bias = layer.arrays(module)
            coef, intercept = kernel.astype(np.float64).T, bias.astype(np.float64)
        else:
            found = affine_map_of(module, self.data)
            if found is not None and is_linear_model(replace(outputs, affine=found)):
                coef, intercept = found.coef, found.intercept
        return FittedModel(
            settings=self.settings,
            predict=outputs.predict,
            coef=coef,
            intercept=intercept,
            sample_weight=self.sample_weight,
        )

    def _optimizer(
        self, module: torch.nn.Module, recipe: Recipe
    ) -> tuple[torch.optim.Optimizer, Penalty | None]:
        """Return the optimizer of a recipe, and what its loss has beside."""
        # Its groups may hold more than was read, so the user's own is taken wherever it will do.
        own = recipe.optimizer == self.recipe.optimizer and not recipe.standardised
        if own and self.make_own is not None:
            return self.make_own(list(module.parameters())), None
        decays, in_loss = decays_of(self.reading, recipe)
        parameters = self.layer.parameters(module)
        made = make_optimizer(recipe.optimizer, parameters, decays[: len(parameters)])
        if not in_loss:
            return made, None
        return made, partial(penalty_of, self.reading, module, self.scaling(recipe))
