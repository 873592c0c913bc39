"""A module with its loss and optimizer as a candidate: read, trained, changed, trained again."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.sharing import before_torch_optimizers
from pytest_modelparity.frameworks.steps.agreement import FIRST_EPOCHS, Agreement
from pytest_modelparity.frameworks.steps.fitted import for_width
from pytest_modelparity.frameworks.steps.loop import snapshot_epochs, variant_of
from pytest_modelparity.frameworks.steps.rounding import DECIDED, decided, rounding_of
from pytest_modelparity.frameworks.steps.setup import Starts, nth_seed
from pytest_modelparity.frameworks.steps.training import StepTraining
from pytest_modelparity.frameworks.torch.adjusting import TorchAdjustable
from pytest_modelparity.frameworks.torch.reading import read_fit
from pytest_modelparity.frameworks.torch.running import copy_of
from pytest_modelparity.frameworks.torch.session import torch_state_kept
from pytest_modelparity.frameworks.torch.setup import TorchSetup
from pytest_modelparity.frameworks.torch.torch_fit import TorchFit
from pytest_modelparity.frameworks.torch.trainee import TorchTrainee
from pytest_modelparity.report.parts import Finding
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.recording import as_records, recorded_warnings
from pytest_modelparity.sides.weights import read_weights
from pytest_modelparity.training.optimizers import formula_of


class TorchFitCandidate:
    """A module under test that is trained in the check; what its user passed is never trained.

    Parameters
    ----------
    fit : TorchFit
        As given.
    data : Dataset
        What it is trained and compared on.
    seed : int, optional
        Of the check, where the fit has none.

    Raises
    ------
    ModelParityError
        If it cannot be made, copied, trained or compared; nothing was trained then.
    """

    def __init__(self, fit: TorchFit, data: Dataset, seed: int | None) -> None:
        # The first optimizer of torch loads a compiler that TensorFlow does not stand.
        before_torch_optimizers()
        chosen = fit.seed if fit.seed is not None else seed
        # Without any seed one is drawn, so that batches are known.
        number = int(np.random.SeedSequence().generate_state(1)[0]) if chosen is None else chosen
        given = data.sample_weight
        if fit.sample_weight is not None:
            given = read_weights(fit.sample_weight, data.n_samples)
        with recorded_warnings() as raised:
            start = _Start.of(fit)
            starts = Starts(lambda index: start.module(nth_seed(number, index)), alike=start.alike)
            optimizer = start.optimizer(starts(0))
            reading = read_fit(fit, starts(0), optimizer, data, sample_weight=given is not None)
        self._raised = tuple(raised)
        self.setup = TorchSetup(
            fit=fit,
            starts=starts,
            make_own=start.make_optimizer,
            data=data,
            sample_weight=given,
            seed=number,
            reading=reading,
        )
        self._agreement = Agreement(TorchTrainee(self.setup))
        self._training: StepTraining | None = None

    @classmethod
    def of(cls, setup: TorchSetup, agreement: Agreement) -> TorchFitCandidate:
        """Return the candidate of a setup that was made from another candidate's."""
        candidate = cls.__new__(cls)
        candidate.setup, candidate._agreement, candidate._raised = setup, agreement, ()
        candidate._training = None
        return candidate

    @property
    def objective(self) -> TorchAdjustable:
        """Its objective, to be changed."""
        return TorchAdjustable(self.setup, self._with_setup)

    @property
    def training(self) -> StepTraining | None:
        """Its training, to be repeated; ``None`` where it is no linear layer."""
        if self.setup.reading.layer is None:
            return None
        if self._training is None:
            self._training = StepTraining(TorchTrainee(self.setup), self._agreement)
        return self._training

    def train(self) -> FittedModel:
        """Train a copy by a plain loop, or take it as it is where it has no epochs."""
        setup = self.setup
        if not setup.is_trained_here:
            made = setup.fitted(copy.deepcopy(setup.start))
            return replace(made, raised=self._raised)
        loop, wanted = setup.loop(setup.recipe, 0), set(snapshot_epochs(setup.recipe.epochs))
        layer = setup.reading.layer
        layers: list[tuple[int, np.ndarray, np.ndarray]] = []

        def look(epoch: int) -> None:
            if layer is not None and (epoch in wanted or epoch <= FIRST_EPOCHS):
                layers.append((epoch, *layer.arrays(loop.module)))

        with recorded_warnings() as raised:
            seconds = loop.train(setup.recipe.epochs, look)
        self._agreement.see(setup.recipe.epochs, layers)
        return replace(
            setup.fitted(loop.module),
            warnings=as_records(raised, "candidate"),
            raised=(*self._raised, *raised),
            trajectory=tuple(
                (epoch, kernel.astype(np.float64).T, bias.astype(np.float64))
                for epoch, kernel, bias in layers
                if epoch in wanted
            ),
            seconds=seconds,
            trained_by="torch",
            findings=(*self._saturated(loop.module), *self._decided()),
        )

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> Predict | None:
        """Return what a copy with the given parameters predicts; ``None``: it cannot hold them."""
        layer = self.setup.reading.layer
        if layer is None or (np.any(intercept) and layer.bias is None):
            return None
        coef, intercept = for_width(coef, intercept, layer.n_outputs)
        module = copy.deepcopy(self.setup.start)
        layer.assign(module, coef.T, intercept)
        return self.setup.fitted(module).predict

    def _with_setup(self, setup: TorchSetup) -> TorchFitCandidate:
        """Return the candidate with another setup."""
        # Its optimizer and its batches stay, so what is proven of the array loop does too, unless
        # there was no objective to prove it by.
        if self.setup.reading.objective is None:
            return TorchFitCandidate.of(setup, Agreement(TorchTrainee(setup)))
        return TorchFitCandidate.of(setup, self._agreement)

    def _saturated(self, module: torch.nn.Module) -> tuple[Finding, ...]:
        """Say that a training moved nothing."""
        pairs = zip(self.setup.start.parameters(), module.parameters(), strict=True)
        if not all(torch.equal(before, after) for before, after in pairs):
            return ()
        text = (
            f"after {self.setup.recipe.epochs} epochs every weight is where it started: the loss "
            f"is flat there, its learning rate is 0, or nothing of it is trained"
        )
        return (Finding(slug="saturated", text=text),)

    def _decided(self) -> tuple[Finding, ...]:
        """Say that rounding decides how the training ends, where the array loop can tell."""
        setup, trainee = self.setup, TorchTrainee(self.setup)
        recipe = setup.recipe
        if not setup.trainable or formula_of(recipe.optimizer) is None:
            return ()
        if self._agreement.reason_against(recipe):
            return ()
        rounding = rounding_of(setup, trainee.task(), variant_of(trainee, recipe, 0), recipe.epochs)
        if not rounding > DECIDED:
            return ()
        return (Finding(slug="decided-by-rounding", text=decided(rounding, setup.data)),)


class _Start:
    """Where trainings start, as the user gave it."""

    def __init__(self, fit: TorchFit, given: Any, optimizer: Any) -> None:
        self._given, self._optimizer = given, optimizer
        #: Whether all seeds start alike.
        self.alike = isinstance(given, torch.nn.Module)
        self._fit = fit

    @classmethod
    def of(cls, fit: TorchFit) -> _Start:
        """Return the start of a fit; an optimizer that is given stays with its module."""
        if not isinstance(fit.optimizer, torch.optim.Optimizer):
            return cls(fit, fit.module, fit.optimizer)
        if not isinstance(fit.module, torch.nn.Module):
            raise ModelParityError(
                "an optimizer of TorchFit belongs to one module, and module is a function; pass "
                "optimizer=lambda ps: ... as well"
            )
        # In one call: two separate copies would part the optimizer from the weights.
        return cls(fit, *copy.deepcopy((fit.module, fit.optimizer)))

    def module(self, seed: int) -> torch.nn.Module:
        """Return the module at the start of a seed."""
        if self.alike:
            same = isinstance(self._optimizer, torch.optim.Optimizer)
            return self._given if same else copy_of(self._given)
        with torch_state_kept(seed):
            made = self._given()
        if not isinstance(made, torch.nn.Module):
            raise ModelParityError(
                f"module of TorchFit must make a torch.nn.Module, got {type(made).__name__}; "
                f"pass lambda: nn.Linear(n_features, 1)"
            )
        return copy_of(made)

    def optimizer(self, module: torch.nn.Module) -> torch.optim.Optimizer:
        """Return the optimizer of a module, to be read."""
        if isinstance(self._optimizer, torch.optim.Optimizer):
            return self._optimizer
        return self.make_optimizer(list(module.parameters()))

    def make_optimizer(self, parameters: Sequence[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """Return a fresh optimizer of parameters."""
        if isinstance(self._optimizer, torch.optim.Optimizer):
            return self._like_the_given(self._optimizer, parameters)
        try:
            made = self._optimizer(parameters)
        # Whatever a function of the user's raises.
        except Exception as error:
            raise ModelParityError(
                f"optimizer of TorchFit raised {type(error).__name__}: {error}; pass a function "
                f"of a list of parameters, such as lambda ps: torch.optim.SGD(ps, lr=0.1)"
            ) from error
        if not isinstance(made, torch.optim.Optimizer):
            raise ModelParityError(
                f"optimizer of TorchFit must make a torch.optim.Optimizer, got "
                f"{type(made).__name__}; pass lambda ps: torch.optim.SGD(ps, lr=0.1)"
            )
        return made

    def _like_the_given(
        self, given: torch.optim.Optimizer, parameters: Sequence[torch.nn.Parameter]
    ) -> torch.optim.Optimizer:
        """Return an optimizer of other parameters with the groups of one that was given."""
        places = {id(one): place for place, one in enumerate(self._given.parameters())}
        groups = [
            {**group, "params": [parameters[places[id(one)]] for one in group["params"]]}
            for group in given.param_groups
        ]
        return type(given)(groups)
