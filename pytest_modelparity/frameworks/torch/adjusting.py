"""The objective of a module: changed to another one, read under another loss, minimised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.steps.setup import Starts, nth_seed
from pytest_modelparity.frameworks.torch.affine import IDENTITY
from pytest_modelparity.frameworks.torch.layer import Layer
from pytest_modelparity.frameworks.torch.losses import (
    BINARY,
    CATEGORICAL,
    SQUARED,
    TorchLoss,
    read_loss,
)
from pytest_modelparity.frameworks.torch.optimizers import PENALISING
from pytest_modelparity.frameworks.torch.optimum import at_own_optimum
from pytest_modelparity.frameworks.torch.outputs import LOGITS, NUMBERS, SIGMOID_LOGITS
from pytest_modelparity.frameworks.torch.reading import TorchReading, objective_of
from pytest_modelparity.frameworks.torch.session import torch_state_kept
from pytest_modelparity.frameworks.torch.setup import TorchSetup
from pytest_modelparity.frameworks.torch.written import LOSSES, changes_between, settings_of
from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import (
    ONE_VS_REST,
    ModelSettings,
    ObjectiveSettings,
    same_number,
    same_setting,
)
from pytest_modelparity.sides.candidate import Candidate, candidate_change
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.objective import SideObjective, units_of
from pytest_modelparity.sides.weights import same_weights


class TorchAdjustable:
    """The objective of a module with its loss and optimizer.

    Parameters
    ----------
    setup : TorchSetup
        The candidate.
    make : callable
        Makes a candidate of another setup.
    """

    def __init__(self, setup: TorchSetup, make: Callable[[TorchSetup], Candidate]) -> None:
        self._setup, self._make = setup, make

    def repaired(self, wanted: SideObjective) -> tuple[Candidate, tuple[Change, ...]] | None:
        """Return the candidate with another objective, and what was changed.

        Optimizer, batches and starting weights stay. ``None``: it cannot have it.
        """
        setup, objective = self._setup, wanted.settings
        now, changes = self._now()
        stock = hasattr(torch.optim, setup.recipe.optimizer.name)
        beyond = objective.binary_weight or objective.maps_features or objective.rows_used
        if now is None or not stock or beyond or objective.output_head not in LOSSES:
            return None
        made = self._rebuilt(now, objective)
        if made is None:
            return None
        starts, reading = made
        by_decay = self._by_decay
        both_weigh = objective.sample_weight and now.sample_weight
        if both_weigh and not same_weights(setup.sample_weight, wanted.sample_weight):
            changes.append(candidate_change("sample_weight", "sample_weight=sample_weight"))
        changes += changes_between(now, objective, setup.data, by_decay=by_decay)
        repaired = replace(
            setup,
            starts=starts,
            make_own=None,
            sample_weight=wanted.sample_weight,
            reading=reading,
        )
        return self._make(repaired), tuple(changes)

    def as_modelled(self) -> ModelSettings | None:
        """Return its settings with the stock loss for one that is not modelled."""
        objective = self._now()[0]
        if objective is None:
            return None
        setup = self._setup
        reading = replace(setup.reading, objective=objective)
        return settings_of(reading, setup.recipe, setup.fit.epochs)

    def own_optimum(self) -> FittedModel | None:
        """Return the lowest point of its own loss; ``None``: it cannot be had."""
        if self._setup.reading.layer is None:
            return None
        try:
            return at_own_optimum(self._setup)
        # No optimum to compare with is no reason to stop the check.
        except ModelParityError:
            return None

    @property
    def _by_decay(self) -> bool:
        """Whether ``weight_decay`` of its optimizer is a penalty."""
        optimizer = self._setup.recipe.optimizer
        return optimizer.name in PENALISING and not optimizer.option("weight_decay")

    def _now(self) -> tuple[ObjectiveSettings | None, list[Change]]:
        """Return the objective, or that with a stock loss and how to get there."""
        setup, reading = self._setup, self._setup.reading
        if reading.objective is not None or reading.layer is None:
            return reading.objective, []
        stock = self._stock_loss(reading.layer)
        loss = reading.loss if reading.loss.kind == stock.kind else stock
        now = objective_of(
            reading.layer,
            replace(loss, takes=reading.layer.link, unmodelled=()),
            reading.optimizer,
            min(setup.batch_size, setup.data.n_samples),
            sample_weight=setup.sample_weight is not None,
        )
        return now, [self._of_loss(stock)]

    def _of_loss(self, stock: TorchLoss) -> Change:
        """Return what hides the stock loss."""
        reading = self._setup.reading
        assert reading.layer is not None
        if reading.has_a_link_too_many:
            text = f"remove the {reading.layer.link}: {reading.loss.name} takes logits"
            return candidate_change("output_head", text)
        if reading.loss.unmodelled or reading.loss.kind != stock.kind:
            return candidate_change("loss", f"{stock.name}()")
        if reading.optimizer.unmodelled:
            return candidate_change("solver", "one optimizer with a single rate for all weights")
        return candidate_change(
            "output_head", f"Linear({self._setup.data.n_features}, ...), {stock.name}()"
        )

    def _stock_loss(self, layer: Layer) -> TorchLoss:
        """Return the loss on bare outputs that goes with a layer."""
        n_classes = self._setup.data.n_classes
        if not n_classes:
            return read_loss(torch.nn.MSELoss(), 0)
        kind = torch.nn.BCEWithLogitsLoss if layer.n_outputs == 1 else torch.nn.CrossEntropyLoss
        return read_loss(kind(), n_classes)

    def _rebuilt(
        self, now: ObjectiveSettings, wanted: ObjectiveSettings
    ) -> tuple[Starts[torch.nn.Module], TorchReading] | None:
        """Return modules of another objective, and what is read of them."""
        setup, reading = self._setup, self._setup.reading
        assert reading.layer is not None
        same_head = now.output_head == wanted.output_head
        same_shape = same_head and now.fit_intercept == wanted.fit_intercept
        if reading.objective is not None and same_shape and _same_loss(now, wanted):
            # Only the penalty or the rows' weights: the module and its loss stay as they are.
            return setup.starts, replace(reading, objective=wanted)
        loss = self._loss_of(now, wanted)
        if loss is None:
            return None
        units = units_of(wanted, setup.data.n_classes)
        layer = Layer(
            weight="weight",
            bias="bias" if wanted.fit_intercept else None,
            n_outputs=units,
            transposed=False,
            link=IDENTITY,
        )
        starts = Starts(lambda number: self._plain(layer, number), alike=setup.starts.alike)
        outputs = replace(
            reading.outputs,
            module=starts(0),
            affine=None,
            n_outputs=units,
            meaning=_meaning(wanted),
        )
        return starts, replace(
            reading, outputs=outputs, layer=layer, loss=loss, objective=wanted, unmodelled=()
        )

    def _plain(self, layer: Layer, number: int) -> torch.nn.Module:
        """Return a bare layer, with the start's weights where they fit."""
        setup, old = self._setup, self._setup.layer
        with torch_state_kept(nth_seed(setup.seed, number)):
            module = torch.nn.Linear(
                setup.data.n_features,
                layer.n_outputs,
                bias=layer.bias is not None,
                dtype=setup.dtype,
            )
        kernel, bias = old.arrays(setup.starts(number))
        if kernel.shape[1] == layer.n_outputs:
            layer.assign(module, kernel, bias)
        return module.eval()

    def _loss_of(self, now: ObjectiveSettings, wanted: ObjectiveSettings) -> TorchLoss | None:
        """Return the loss of another objective; ``None``: it cannot be built."""
        own, n_classes = self._setup.reading.loss, self._setup.data.n_classes
        kind = {"identity": SQUARED, "softmax": CATEGORICAL}.get(wanted.output_head, BINARY)
        given = getattr(torch.nn, LOSSES[wanted.output_head])
        options: dict[str, Any] = {}
        if not same_number(wanted.loss_scale, 1.0):
            summed = own.reduction == "sum" and same_number(now.loss_scale, wanted.loss_scale)
            if not summed or own.scale != 1.0:
                return None
            options["reduction"] = "sum"
        if wanted.label_smoothing:
            if kind != CATEGORICAL:
                return None
            options["label_smoothing"] = wanted.label_smoothing
        # Weights of classes alone make the mean of this loss another one.
        if wanted.weights_normalised and wanted.class_weight is not None:
            if kind != CATEGORICAL or wanted.sample_weight:
                return None
            options["weight"] = torch.tensor(wanted.class_weight, dtype=self._setup.dtype)
        return read_loss(given(**options), n_classes)


def _meaning(objective: ObjectiveSettings) -> str:
    """Return what the bare outputs of an objective are."""
    if objective.output_head == "identity":
        return NUMBERS
    return SIGMOID_LOGITS if objective.output_head == ONE_VS_REST else LOGITS


def _same_loss(now: ObjectiveSettings, wanted: ObjectiveSettings) -> bool:
    """Whether two objectives have the same loss, weights of rows left aside."""
    return (
        bool(same_setting("class_weight", now, wanted))
        and same_number(now.loss_scale, wanted.loss_scale)
        and now.weights_normalised == wanted.weights_normalised
        and same_number(now.label_smoothing, wanted.label_smoothing)
    )
