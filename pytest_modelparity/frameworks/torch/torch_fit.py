"""A module of torch with all that a plain training loop needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from numbers import Integral
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.fit_words import word_for

#: The field that holds what other libraries give to ``fit``.
_PLACES = {
    "epochs": "epochs",
    "batch_size": "batch_size",
    "learning_rate": "optimizer",
    "optimizer": "optimizer",
    "penalty": "optimizer",
    "seed": "seed",
    "intercept": "module",
    "loss": "loss",
    "sample_weight": "sample_weight",
    "class_weight": "loss",
    "model": "module",
}


# No import of torch: whether a candidate is one of these is asked in every check.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TorchFit:
    """A module of torch, its loss and its optimizer, trained by a plain loop in the check.

    Parameters
    ----------
    module : torch.nn.Module or callable
        The module, of which a copy is trained from the weights that it has; or a function without
        arguments that makes one, called after ``torch.manual_seed``, so that every seed starts
        afresh.
    loss : torch.nn.Module or callable
        Maps outputs and targets to a number: ``nn.BCEWithLogitsLoss()``.
    optimizer : callable or torch.optim.Optimizer
        Makes the optimizer of a list of parameters, in the order of ``module.parameters()``:
        ``lambda ps: torch.optim.SGD(ps, lr=0.1, weight_decay=1e-3)``; or the optimizer of the
        module that is given.
    epochs : int
        Passes over the rows; 0: the module is taken as it is, with the objective that loss and
        optimizer say.
    batch_size : int, optional
        Rows a step; the last batch of an epoch may be short. ``None``: all rows.
    shuffle : bool
        Whether the rows are permuted in every epoch.
    seed : int, optional
        Of the weights and of the permutations; ``None``: the seed of the check.
    sample_weight : array-like of shape (n_samples,), optional
        What the loss of each row is multiplied with before it is averaged; ``None``: the
        ``sample_weight`` of the check, if any.

    Raises
    ------
    ModelParityError
        If a field is no such thing.

    Notes
    -----
    Targets are made as the loss needs them: class numbers (int64) for ``CrossEntropyLoss`` and
    ``NLLLoss``, else float32 of the shape of the outputs. What such a loop cannot say (a scheduler,
    clipped gradients, early stopping) belongs to a function ``train(X, y)`` that returns a module.

    Examples
    --------
    >>> fit = TorchFit(
    ...     module=lambda: nn.Linear(30, 1),
    ...     loss=nn.BCEWithLogitsLoss(),
    ...     optimizer=lambda ps: torch.optim.Adam(ps, lr=0.01, weight_decay=1e-3),
    ...     epochs=50,
    ...     batch_size=32,
    ... )
    >>> assert_models_equivalent(LogisticRegression(), X, y, candidate=fit)
    """

    module: Any
    loss: Any
    optimizer: Any
    epochs: int
    batch_size: int | None = 32
    shuffle: bool = True
    seed: int | None = None
    sample_weight: Any = None

    def __post_init__(self) -> None:
        """Refuse what no loop can run with."""
        for name in ("module", "loss", "optimizer"):
            given = getattr(self, name)
            # An optimizer cannot be called.
            if isinstance(given, type) or not (callable(given) or hasattr(given, "param_groups")):
                raise ModelParityError(
                    f"{name} of TorchFit must be {_EXAMPLES[name]}, got {_what(given)}"
                )
        _check_number("epochs", self.epochs, 0)
        if self.batch_size is not None:
            _check_number("batch_size", self.batch_size, 1)
        if self.seed is not None:
            _check_number("seed", self.seed, 0)

    def with_arguments(self, fit: Any) -> TorchFit:
        """Return it with some fields changed, as the argument ``fit`` of a check has them.

        Raises
        ------
        ModelParityError
            If ``fit`` holds something else.
        """
        if fit is None:
            return self
        return replace(self, **checked_arguments(fit))


_EXAMPLES = {
    "module": "a torch.nn.Module or a function that makes one, such as lambda: nn.Linear(30, 1)",
    "loss": "a loss of torch, such as nn.BCEWithLogitsLoss()",
    "optimizer": "a function of parameters, such as lambda ps: torch.optim.SGD(ps, lr=0.1)",
}


def checked_arguments(fit: Any) -> Mapping[str, Any]:
    """Return the argument ``fit`` of a check whose candidate is of torch.

    Raises
    ------
    ModelParityError
        If it holds anything but fields of `TorchFit`; says what the word is here.
    """
    if not isinstance(fit, Mapping):
        raise ModelParityError(
            f"fit must be a mapping of words of TorchFit, got {type(fit).__name__}; pass "
            f"fit={{'epochs': 50, 'batch_size': 32}}"
        )
    known = [field.name for field in fields(TorchFit)]
    for word in fit:
        if word not in known:
            here = word_for(str(word), _PLACES, known)
            meant = f"; what you mean stands in {here}" if here else ""
            raise ModelParityError(
                f"fit has no word {word!r} for a candidate of torch{meant}; it takes "
                f"{', '.join(known)}"
            )
    return fit


def _check_number(name: str, value: Any, least: int) -> None:
    """Refuse anything but a whole number."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or value < least:
        raise ModelParityError(
            f"{name} of TorchFit must be a whole number >= {least}, got {name}={value!r}"
        )


def _what(given: Any) -> str:
    """Return what was given, in words."""
    if isinstance(given, type):
        return f"the class {given.__name__} (write {given.__name__}(...) for an instance)"
    return type(given).__name__
