"""What teaches the check an estimator: the protocol, and its search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset, Features, GivenRows
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.passed import PassedRows
from pytest_modelparity.sides.training import Remedy

#: What `MappingRow.status` may say.
MAPPING_STATUSES = ("exact", "approximate", "inert", "outside", "unsupported")


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
        trainer stops), ``"inert"`` (no effect on the optimum), ``"outside"`` (done before the
        model, by scikit-learn) or ``"unsupported"``.
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
        # Plugins write these too, and whoever looks for the unsupported ones compares the word.
        if self.status not in MAPPING_STATUSES:
            raise ModelParityError(
                f"the status of a mapping row must be one of {', '.join(MAPPING_STATUSES)}, "
                f"got {self.status!r} for {self.name}"
            )


def predicted_quantity(mapping: EstimatorMapping, estimator: Any) -> str:
    """Return ``"prediction"`` for a regressor, ``"probability"`` for a classifier.

    A mapping that says nothing is one of classifiers.
    """
    predicts = getattr(mapping, "predicts", "probability")
    # What a pipeline predicts its last step decides.
    return str(predicts(estimator) if callable(predicts) else predicts)


def predicts_numbers(mapping: EstimatorMapping, estimator: Any) -> bool:
    """Whether an estimator that a mapping knows is a regressor."""
    return predicted_quantity(mapping, estimator) == "prediction"


class EstimatorMapping(Protocol):
    """What a third party implements to teach the check an estimator.

    An optional attribute ``predicts`` names the quantity of its estimators: ``"probability"``, the
    default, or ``"prediction"`` for regressors, whose data then are numbers and have no classes;
    a method ``predicts`` says it of each estimator.

    ``name`` is the class that the mapping knows, as error messages list it. No method changes
    the estimator, the data or a random state. Where ``estimator`` is taken by `read`, `fit` and
    `source`, the recipe of a remedy may come instead.
    """

    name: str

    def knows(self, estimator: Any) -> bool:
        """Whether this mapping is the one for ``estimator``; must not raise."""

    def read(self, estimator: Any, data: Dataset) -> ModelSettings:
        """Return the settings by meaning.

        Raises `ModelParityError`, before anything is fitted, for a setting that is invalid, that
        hangs, or that trains something else than it says.
        """

    # A clone, since fitting changes an estimator, which is the user's.
    def fit(self, estimator: Any, data: Dataset, *, side: str = "reference") -> FittedModel:
        """Fit a clone as its user configured it, or take a fitted estimator as it is.

        ``side``, ``"reference"`` or ``"candidate"``, is whose warnings and errors these are.
        """

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel, side: str = "reference"
    ) -> tuple[Remedy, ...]:
        """Return changed trainings of the same objective that may come nearer to its optimum.

        The cheapest first. ``fitted`` is what `fit` returned. The recipe of each is a value that
        pickles and compares: an `EstimatorRecipe`, or one of the mapping's own.
        """

    def source(self, estimator: Any, data: Dataset, *, side: str = "reference") -> str:
        """Return a program that fits the estimator to ``X``, ``y`` and ``sample_weight``.

        It leaves the fitted estimator under the name that ``side`` gives.
        """

    # Of a refused setting as well: the table is where a user looks up why.
    def mapping_rows(self, estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
        """Return one row for each constructor parameter; never raises for a refused setting."""

    def inert_settings(self, estimator: Any, data: Dataset) -> tuple[str, ...]:
        """Return a sentence for each parameter that was changed and has no effect."""


def why_not(estimator: Any, mappings: tuple[EstimatorMapping, ...]) -> str:
    """Return why no mapping knows an estimator, of the first that can say; else nothing."""
    for mapping in mappings:
        # Beside the protocol: few mappings have something to say of what they do not know.
        ask = getattr(mapping, "why_not", None)
        reason: str = ask(estimator) if callable(ask) else ""
        if reason:
            return reason
    return ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LastStep:
    """The estimator at the end of a pipeline, and what is done to rows before it.

    Parameters
    ----------
    estimator : object
        It, fitted where the pipeline is.
    transform : callable
        Maps rows as the user gave them to those that it gets.
    """

    estimator: Any
    transform: Features


# An optional part: most estimators take the rows as they are, and their mappings need no stubs.
@runtime_checkable
class RowPreparation(Protocol):
    """What a mapping also implements whose estimators prepare rows before they fit a model."""

    def features(
        self, estimator: Any, X: GivenRows, y: Any, X_eval: GivenRows = None
    ) -> Features | None:
        """Return what maps rows to the features that the objective is one of.

        ``None``: they are the rows. Raises `ModelParityError` for steps that cannot be used.
        """

    def last_step(self, estimator: Any, X: GivenRows, y: Any, X_eval: GivenRows = None) -> LastStep:
        """Return the estimator behind the preparation, and the preparation."""


@runtime_checkable
class BlockPreparation(RowPreparation, Protocol):
    """What it also implements where rows that are passed over may be prepared block by block."""

    def why_whole(self, estimator: Any, X: PassedRows, y: Any, X_eval: GivenRows = None) -> str:
        """Return why an estimator's preparation takes all rows in memory; nothing: it does not.

        The sentence "... X must fit in memory" begins with it.
        """


def features_of(
    mapping: EstimatorMapping, estimator: Any, X: GivenRows, y: Any, X_eval: GivenRows = None
) -> Features | None:
    """Return what maps rows to the features of an estimator's objective; ``None``: nothing."""
    if not isinstance(mapping, RowPreparation):
        return None
    return mapping.features(estimator, X, y, X_eval)


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
        If none knows it; the message gives the reason that a mapping has (its ``why_not``, beside
        the protocol), or lists those that are known and the hook that adds one.
    """
    for mapping in mappings:
        if mapping.knows(estimator):
            return mapping
    if reason := why_not(estimator, mappings):
        raise ModelParityError(reason)
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
