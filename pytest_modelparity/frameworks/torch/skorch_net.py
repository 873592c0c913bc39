"""A net of skorch as a candidate: its module, loss and optimizer, and the rows that it held out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.steps.training import StepTraining
from pytest_modelparity.frameworks.torch.adjusting import TorchAdjustable
from pytest_modelparity.frameworks.torch.fit_candidate import TorchFitCandidate
from pytest_modelparity.frameworks.torch.losses import of_probabilities
from pytest_modelparity.frameworks.torch.torch_fit import TorchFit
from pytest_modelparity.report.parts import Change
from pytest_modelparity.sides.candidate import AdjustableObjective, Candidate, candidate_change
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Predict
from pytest_modelparity.sides.objective import SideObjective


class SkorchCandidate:
    """A net of skorch that was fitted; taken as it is.

    Parameters
    ----------
    net : skorch.NeuralNet
        Fitted; not changed.
    data : Dataset
        What it was trained on, and is compared on.
    seed : int, optional
        Of the check.

    Raises
    ------
    ModelParityError
        If it is not fitted, or cannot be compared.
    """

    def __init__(self, net: Any, data: Dataset, seed: int | None) -> None:
        if not getattr(net, "initialized_", False) or not hasattr(net, "history_"):
            raise ModelParityError(
                f"a net of skorch must be fitted already, got an unfitted {type(net).__name__}; "
                f"pass candidate=net.fit(X.astype('float32'), y)"
            )
        self._net, self._data = net, data
        self._used = _rows_used(net, data)
        fit = TorchFit(
            module=net.module_,
            loss=of_probabilities(net.criterion_),
            optimizer=net.optimizer_,
            epochs=0,
            batch_size=None if net.batch_size == -1 else int(net.batch_size),
            shuffle=bool(net.get_params().get("iterator_train__shuffle", False)),
            sample_weight=self._weights(),
        )
        self._inner = TorchFitCandidate(fit, data, seed)

    def train(self) -> FittedModel:
        """Take it as it is."""
        made = self._inner.train()
        settings, n_epochs = made.settings, len(self._net.history_)
        words = {
            **settings.written,
            "iterations": f"{n_epochs} epochs in its fit",
            "batch_size": f"batch_size={self._net.batch_size}",
        }
        if self._used is not None:
            words |= {
                "rows_used": f"{len(self._used)} of {self._data.n_samples} rows (train_split)",
                "sample_weight": "no sample_weight",
            }
        settings = replace(
            settings,
            model=f"skorch {type(self._net).__name__} of {settings.model.removeprefix('torch ')}",
            training=replace(settings.training, iterations_run=n_epochs),
            written=words,
        )
        # What is held out weighs nothing, which is no setting of its own.
        with_rows = ("sample_weight",) if self._used is not None else ()
        return replace(made, settings=settings, with_rows=with_rows)

    def inject(self, coef: np.ndarray, intercept: np.ndarray) -> Predict | None:
        """Return what it predicts with these parameters."""
        return self._inner.inject(coef, intercept)

    @property
    def objective(self) -> AdjustableObjective:
        """Its objective, to be changed."""
        return _Adjustable(self._inner.objective, held_out=self._used is not None)

    @property
    def training(self) -> StepTraining | None:
        """Its training, to be taken further."""
        return self._inner.training

    def _weights(self) -> np.ndarray | None:
        """Return what each row weighs; ``None``: all 1, whatever the check has."""
        if self._used is None:
            # `fit` of skorch takes no weights of rows.
            return None if self._data.sample_weight is None else np.ones(self._data.n_samples)
        weights = np.zeros(self._data.n_samples)
        # Its loss is a mean over the rows that were used.
        weights[self._used] = self._data.n_samples / len(self._used)
        return weights


class _Adjustable:
    """The objective of a net, whose rows are chosen by an argument of skorch's.

    Parameters
    ----------
    inner : TorchAdjustable
        The objective of its module.
    held_out : bool
        Whether rows were held out.
    """

    def __init__(self, inner: TorchAdjustable, *, held_out: bool) -> None:
        self._inner, self._held_out = inner, held_out
        self.as_modelled, self.own_optimum = inner.as_modelled, inner.own_optimum

    def repaired(self, wanted: SideObjective) -> tuple[Candidate, tuple[Change, ...]] | None:
        """Return the candidate with another objective, and what to change."""
        made = self._inner.repaired(wanted)
        if made is None or not self._held_out:
            return made
        every = candidate_change("rows_used", "train_split=None")
        return made[0], tuple(every if one.setting == "sample_weight" else one for one in made[1])


def _rows_used(net: Any, data: Dataset) -> np.ndarray | None:
    """Return which rows a net was trained on; ``None``: all of them."""
    if not net.train_split:
        return None
    X = data.X_given
    try:
        # The default of skorch splits the same rows alike in every call.
        used = net.get_split_datasets(np.asarray(X, np.float32), np.asarray(data.y))[0]
        indices = np.asarray(used.indices)
    # A split of the user's own may need what only they have.
    except Exception as error:
        raise ModelParityError(
            f"the rows that train_split of {type(net).__name__} leaves for training cannot be "
            f"told ({type(error).__name__}: {error}); fit it with train_split=None"
        ) from error
    return None if len(indices) == data.n_samples else indices
