"""The models that scikit-learn trains by stochastic gradient descent: how the two differ."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sklearn.linear_model import SGDClassifier, SGDRegressor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """One class, with the one loss that is compared.

    Parameters
    ----------
    estimator : type
        The class.
    loss : str
        The value of its parameter ``loss``.
    words : str
        That loss, as a report names it.
    head, head_words : str
        As `ObjectiveSettings` has it, and in words.
    keras : tuple of str
        Keras's loss, and what it is.
    times : int
        How many times the canonical loss Keras's is.
    own_methods : tuple of str
        What a subclass must have as it is to train and predict so.
    fitted : tuple of str
        Attributes that a fit leaves.
    why_not : mapping of str to str
        Why another loss cannot be compared; under no name, any other one.
    """

    estimator: type[Any]
    loss: str
    words: str
    head: str
    head_words: str
    keras: tuple[str, str]
    times: int
    own_methods: tuple[str, ...]
    fitted: tuple[str, ...]
    why_not: Mapping[str, str]
    defaults: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        signature = inspect.signature(self.estimator).parameters
        defaults = {name: parameter.default for name, parameter in signature.items()}
        object.__setattr__(self, "defaults", defaults)

    @property
    def name(self) -> str:
        """The class with its loss."""
        return f"sklearn.linear_model.{self.estimator.__name__}(loss={self.loss!r})"

    def has_loss(self, loss: Any) -> bool:
        """Whether a loss is the one that is compared."""
        return isinstance(loss, str) and loss == self.loss


CLASSIFIER = Kind(
    estimator=SGDClassifier,
    loss="log_loss",
    words="log-loss (loss='log_loss')",
    head="sigmoid",
    head_words="sigmoid (two classes)",
    keras=(
        "BinaryCrossentropy()",
        "the log-loss of two classes; of more, of each against the rest",
    ),
    times=1,
    own_methods=("fit", "predict_proba", "decision_function"),
    fitted=("coef_", "classes_"),
    why_not={
        "modified_huber": "whose probabilities are its decision clipped to [0, 1] and no model of "
        "the labels",
        "": "which predicts no probabilities",
    },
)

_FLAT = "which is flat within epsilon: no optimum of it is unique, and none is certified"

REGRESSOR = Kind(
    estimator=SGDRegressor,
    loss="squared_error",
    words="squared error (loss='squared_error')",
    head="identity",
    head_words="none (the decision is the prediction)",
    keras=("MeanSquaredError()", "Keras's is twice the half squared error"),
    times=2,
    own_methods=("fit", "predict"),
    fitted=("coef_",),
    why_not={
        "huber": "whose objective is not modelled: no optimum of it is certified",
        "epsilon_insensitive": _FLAT,
        "squared_epsilon_insensitive": _FLAT,
        "": "which it does not have",
    },
)


def kind_of(estimator: Any) -> Kind:
    """Return which of the two an estimator is."""
    return CLASSIFIER if isinstance(estimator, SGDClassifier) else REGRESSOR
