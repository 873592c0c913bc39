"""What teaches the check an estimator: the protocol, its search, and how Keras is spelled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.settings import LogisticSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel, Remedy

#: What `MappingRow.status` may say.
MAPPING_STATUSES = ("exact", "approximate", "inert", "unsupported")


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRow:
    """One constructor parameter of an estimator, and what stands for it in Keras.

    Parameters
    ----------
    name : str
        The parameter.
    value : str
        Its value, as its user would write it.
    keras : str
        The Keras counterpart as code or in words; ``"-"`` where there is none.
    status : str
        ``"exact"`` (the same optimum), ``"approximate"`` (decides only how near the optimum a
        trainer stops), ``"inert"`` (no effect on the optimum) or ``"unsupported"``.
    reason : str
        Why, in one sentence.

    Raises
    ------
    ModelParityError
        If the status is another one.
    """

    name: str
    value: str
    keras: str
    status: str
    reason: str

    def __post_init__(self) -> None:
        """Refuse another status."""
        if self.status not in MAPPING_STATUSES:
            raise ModelParityError(
                f"the status of a mapping row must be one of {', '.join(MAPPING_STATUSES)}, "
                f"got {self.status!r} for {self.name}"
            )


@runtime_checkable
class EstimatorMapping(Protocol):
    """What a third party implements to teach the check an estimator.

    ``name`` is the class that the mapping knows, as error messages list it.
    """

    name: str

    def knows(self, estimator: Any) -> bool:
        """Whether this mapping is the one for ``estimator``; must not raise."""

    def read(self, estimator: Any, data: Dataset) -> LogisticSettings:
        """Return the settings by meaning.

        Raises `ModelParityError`, before anything is fitted, for a setting that is invalid, that
        hangs, or that trains something else than it says.
        """

    def fit(self, estimator: Any, data: Dataset) -> FittedModel:
        """Fit a clone as its user configured it, or take a fitted estimator as it is."""

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel | None = None
    ) -> tuple[Remedy, ...]:
        """Return changed trainings of the same objective that may come nearer to its optimum.

        The cheapest first. ``fitted`` is what `fit` returned, and saves fitting again.
        """

    def mapping_rows(self, estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
        """Return one row for each constructor parameter; never raises for a refused setting."""


def find_mapping(estimator: Any, mappings: tuple[EstimatorMapping, ...]) -> EstimatorMapping:
    """Return the first mapping that knows ``estimator``.

    Parameters
    ----------
    estimator : object
        The reference.
    mappings : tuple of EstimatorMapping
        Contributed ones first, then the built-in ones: the first that answers wins.

    Raises
    ------
    ModelParityError
        If none knows it; the message lists those that are known and the hook that adds one.
    """
    for mapping in mappings:
        if mapping.knows(estimator):
            return mapping
    known = ", ".join(mapping.name for mapping in mappings) or "none"
    if isinstance(estimator, type):
        raise ModelParityError(
            f"the reference must be an estimator object, got the class {estimator.__name__}; "
            f"write {estimator.__name__}() (known: {known})"
        )
    kind = type(estimator)
    raise ModelParityError(
        f"no mapping knows the estimator {kind.__module__}.{kind.__qualname__} (known: {known}); "
        f"pass one of these, or add a mapping with the hook pytest_modelparity_mappings"
    )


def number_text(value: float, *, digits: int | None = 3) -> str:
    """Return a number in some digits, or in all of them: ``8.79e-4``, ``0.25``."""
    if digits is None or value == 0 or not math.isfinite(value):
        return repr(float(value))
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}"


def kernel_regularizer_text(
    l2_strength: float, l1_strength: float, *, digits: int | None = 3
) -> str:
    """Return the Keras regularizer that adds ``l2_strength/2 ‖W‖² + l1_strength ‖W‖₁``.

    Parameters
    ----------
    l2_strength, l1_strength : float
        λ2 and λ1 of the canonical objective.
    digits : int, optional
        Of the numbers; ``None``: all, for code.

    Returns
    -------
    str
        ``"L2(8.79e-4)"``, ``"L1(..)"``, ``"L1L2(l1=.., l2=..)"`` or ``"None"``.

    Notes
    -----
    Keras's ``L2(l)`` adds ``l ‖W‖²``, without ½ (keras 3.15, src/regularizers), hence
    ``l = l2_strength / 2``.
    """
    l2, l1 = number_text(l2_strength / 2, digits=digits), number_text(l1_strength, digits=digits)
    if l2_strength and l1_strength:
        return f"L1L2(l1={l1}, l2={l2})"
    if l2_strength:
        return f"L2({l2})"
    return f"L1({l1})" if l1_strength else "None"
