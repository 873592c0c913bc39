"""An estimator that a mapping knows: its recipe as data, and its training made again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import EstimatorMapping
from pytest_modelparity.sides.training import Remedy, Verification

#: Seconds of one iteration beside its arithmetic, and of one value of X for one output, one BLAS
#: thread. Measured with scikit-learn 1.9 on breast_cancer, wine and digits: lbfgs, sag and saga
#: take 0.1 to 0.4 ms and 1 to 4 ns. Newton's methods take twenty times that an iteration, and
#: stop after a tenth of their 100.
SECONDS_AN_ITERATION = 2.5e-4
SECONDS_A_VALUE = 2e-9
#: Solvers whose iterations are compiled as a whole, and what they take for a value: 8 to 12 ns on
#: wine and breast_cancer, 4 on digits, and nothing beside it (measured, scikit-learn 1.9).
COMPILED_SOLVERS = ("sag", "saga")
COMPILED_SECONDS_A_VALUE = 1e-8
#: The same of stochastic gradient descent, and what it takes for a row beside its values: 4 to 5 ns
#: and 70 to 120 ns on breast_cancer, 5 ns on 2e4 x 100; twice that with L1 or averaged (measured).
STOCHASTIC_SOLVER = "sgd"
STOCHASTIC_SECONDS_A_ROW = 1e-7
#: Newton's method by a factor: what a multiplication of its matrix takes, and the steps it makes.
#: Measured on 1e6 x 100, 13.5 s, and on 2e4 x 100 x 10 classes, 12 to 14 s, which nothing can
#: interrupt: taken for passes over the rows they would be reckoned as 2 and 1 s.
FACTORING_SOLVER = "newton-cholesky"
SECONDS_A_MULTIPLICATION = 3e-10
FACTORED_STEPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatorRecipe:
    """An unfitted estimator as data: estimators themselves do not compare by value.

    Parameters
    ----------
    kind : type
        The estimator's class, at the top of a module, so that it pickles.
    parameters : mapping of str to object
        What its constructor is called with.
    """

    kind: type
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, estimator: Any) -> EstimatorRecipe:
        """Return an estimator, or one of a subclass, as data; it has ``get_params``."""
        return cls(kind=type(estimator), parameters=estimator.get_params(deep=False))

    def build(self) -> Any:
        """Return a new, unfitted estimator."""
        # One that is around another has that as data, too.
        return self.kind(**{name: built(value) for name, value in self.parameters.items()})

    def changed(self, **parameters: Any) -> EstimatorRecipe:
        """Return the recipe with some parameters changed."""
        return replace(self, parameters={**self.parameters, **parameters})


def built(subject: Any) -> Any:
    """Return an estimator itself; a new one where it came as data."""
    return subject.build() if isinstance(subject, EstimatorRecipe) else subject


def fit_side(mapping: EstimatorMapping, estimator: Any, data: Dataset, side: str) -> FittedModel:
    """Return what a mapping makes of a side, with how long it took where it came unfitted.

    What a check has trained itself was not trained elsewhere, whether its mapping says so or not.
    """
    came_fitted, began = is_fitted(estimator), time.perf_counter()
    fitted = mapping.fit(estimator, data, side=side)
    if came_fitted or fitted.seconds is not None:
        return fitted
    return replace(fitted, seconds=time.perf_counter() - began)


def is_fitted(estimator: Any) -> bool:
    """Whether an estimator has what a fit leaves, by the rule of scikit-learn's own check.

    ``sklearn.utils.validation.check_is_fitted``, 1.9: what it says itself, else whether it has a
    public attribute whose name ends in an underscore. One that is ``None`` counts for nothing: some
    constructors set it (GaussianNB of dask-ml 2025.1).
    """
    if hasattr(estimator, "__sklearn_is_fitted__"):
        return bool(estimator.__sklearn_is_fitted__())
    # A recipe has slots, and no state.
    held = getattr(estimator, "__dict__", {})
    return any(
        name.endswith("_") and not name.startswith("__") and value is not None
        for name, value in held.items()
    )


class EstimatorTraining:
    """Trains an estimator again as its mapping says: a `Retraining`.

    Parameters
    ----------
    mapping : EstimatorMapping
        Knows the estimator.
    estimator : object
        As its user configured it; never touched.
    data : Dataset
        What it is fitted on.
    fitted : FittedModel
        What ``mapping.fit`` made of it.
    side : str
        ``"reference"`` or ``"candidate"``.
    """

    def __init__(
        self,
        mapping: EstimatorMapping,
        estimator: Any,
        data: Dataset,
        fitted: FittedModel,
        side: str,
    ) -> None:
        self._mapping, self._estimator, self._data = mapping, estimator, data
        self._fitted, self._side = fitted, side
        # A check asks for a remedy's training again when it verifies it.
        self._trained: list[tuple[Remedy, FittedModel]] = []

    def remedies(self) -> tuple[Remedy, ...]:
        """Return what the mapping knows."""
        return self._mapping.remedies(
            self._estimator, self._data, fitted=self._fitted, side=self._side
        )

    def unchanged(self) -> None:
        """Return nothing: a second fit of an estimator ends where the first did."""

    def train(self, remedy: Remedy, seeds: range) -> tuple[FittedModel, ...]:
        """Fit a remedy's recipe, once: an estimator keeps its own ``random_state``."""
        # Recipes compare by value and need not be hashable: no dictionary.
        for known, fitted in self._trained:
            if known == remedy:
                return (fitted,)
        fitted = self._mapping.fit(remedy.recipe, self._data, side=self._side)
        self._trained.append((remedy, fitted))
        return (fitted,)

    def verify(self, remedy: Remedy, n_seeds: int, seconds: float) -> Verification:
        """Return what `train` returns, which is real."""
        return Verification(fitted=self.train(remedy, range(1)), by="fit")

    def cost(self, remedy: Remedy) -> float:
        """Return the seconds of as many iterations as the recipe allows; 0 where it has no limit.

        What was fitted already costs nothing more.
        """
        if any(known == remedy for known, _ in self._trained):
            return 0.0
        # The limit, not what will be needed: who cannot know the latter must not promise it.
        settings = self._mapping.read(remedy.recipe, self._data)
        training = settings.training
        limit = training.iterations or 0
        if training.solver == FACTORING_SOLVER:
            limit = min(limit, FACTORED_STEPS)
        return limit * seconds_an_iteration(self._data, training.solver)

    def verifying_cost(self, remedy: Remedy, n_seeds: int, seconds: float) -> float:
        """Return nothing: `train` is real."""
        return 0.0

    def source(self, remedy: Remedy) -> str:
        """Return a program that fits a remedy's recipe to ``X`` and ``y``."""
        return self._mapping.source(remedy.recipe, self._data, side=self._side)

    def without_shortcut(self) -> str:
        """Return nothing: there is no faster way than the estimator's own."""
        return ""

    def spread(self, n_seeds: int) -> None:
        """Return nothing: the seed of an estimator is a parameter of its own."""

    def spread_cost(self, n_seeds: int) -> float:
        """Return nothing, which nothing costs."""
        return 0.0

    def survey(self, seconds: float, remedy: Remedy | None) -> None:
        """Return nothing: an estimator has no learning rate to draw a map over."""

    def on_the_way(
        self, recipes: Sequence[Any], epochs: Sequence[int]
    ) -> Iterator[tuple[FittedModel, ...]]:
        """Return nothing, as there is no survey."""
        return iter(())

    @property
    def seconds(self) -> float | None:
        """Seconds of its own fit; ``None`` where it came fitted."""
        return self._fitted.seconds


class EstimatorCandidate:
    """An estimator that a mapping can read, given as the candidate.

    Parameters
    ----------
    mapping : EstimatorMapping
        Knows the estimator.
    estimator : object
        Unfitted: a clone is fitted. Fitted: taken as it is.
    data : Dataset
        What it is trained and compared on.
    """

    #: Its parameters are settings of its own program, which no repair rewrites.
    objective = None

    def __init__(self, mapping: EstimatorMapping, estimator: Any, data: Dataset) -> None:
        self._mapping, self._estimator, self._data = mapping, estimator, data
        self._training: EstimatorTraining | None = None
        self._fitted: FittedModel | None = None

    def train(self) -> FittedModel:
        """Fit a clone of it, or take it as it is; once."""
        # Fitted once: without a random_state a second fit could be another model.
        if self._fitted is None:
            self._fitted = fit_side(self._mapping, self._estimator, self._data, "candidate")
        return self._fitted

    def inject(self, coef: Any, intercept: Any) -> None:
        """Return nothing: an estimator is trained, not filled."""

    @property
    def training(self) -> EstimatorTraining:
        """Its training, which the mapping can repeat with other parameters."""
        if self._training is None:
            self._training = EstimatorTraining(
                self._mapping, self._estimator, self._data, self.train(), "candidate"
            )
        return self._training


def seconds_an_iteration(data: Dataset, solver: str | None = None) -> float:
    """Return the reckoned seconds of one iteration, on an idle machine of two cores."""
    stored = int(data.X.nnz) if hasattr(data.X, "nnz") else int(data.X.size)
    n_outputs = data.n_classes if data.n_classes > 2 else 1
    values = stored * n_outputs
    if solver == FACTORING_SOLVER:
        # A block for each pair of outputs, and the factor of them all.
        blocks = n_outputs * (n_outputs + 1) / 2 * stored * data.n_features / 2
        factor = (n_outputs * data.n_features) ** 3 / 3
        return SECONDS_AN_ITERATION + SECONDS_A_MULTIPLICATION * (blocks + factor)
    if solver == STOCHASTIC_SOLVER:
        rows = STOCHASTIC_SECONDS_A_ROW * data.n_samples * n_outputs
        return COMPILED_SECONDS_A_VALUE * values + rows
    if solver in COMPILED_SOLVERS:
        return COMPILED_SECONDS_A_VALUE * values
    return SECONDS_AN_ITERATION + SECONDS_A_VALUE * values
