"""What the check knows of searches: LogisticRegressionCV, GridSearchCV and their like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.sklearn.fit import EstimatorFit, fit_clone
from pytest_modelparity.frameworks.sklearn.search.choice import (
    Choice,
    choice_of,
    is_fitted_search,
    is_search,
    own_search,
    refuse_without_refit,
    searched,
    searches_steps,
    weights_argument,
)
from pytest_modelparity.frameworks.sklearn.search.logistic_cv import refuse_own_strengths
from pytest_modelparity.frameworks.sklearn.search.rows import search_rows
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset, Features, GivenRows
from pytest_modelparity.sides.estimator import EstimatorRecipe, built
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import (
    EstimatorMapping,
    LastStep,
    MappingRow,
    RowPreparation,
    features_of,
    predicted_quantity,
    why_not,
)
from pytest_modelparity.sides.recording import as_records
from pytest_modelparity.sides.training import Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class OfChosen:
    """The recipe of a remedy of what a search chose: the search is not made again.

    Parameters
    ----------
    mapping : str
        Name of the mapping whose recipe it is.
    recipe : object
        That recipe.
    """

    mapping: str
    recipe: Any


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Made:
    """A search that was fitted here: of which side, on what, and what it chose."""

    search: Any
    data: Dataset
    side: str
    choice: Choice
    made: EstimatorFit


class SearchMapping:
    """Knows searches by cross-validation over an estimator that another mapping knows.

    What is compared is the estimator that the search refitted on all rows, and its settings say
    what was chosen. They are known once the search was fitted, so `read` leaves the objective of
    an unfitted one open until `fit` has made it.

    Parameters
    ----------
    mappings : tuple of EstimatorMapping
        Those that may know what is searched.
    """

    name = "a search (LogisticRegressionCV, GridSearchCV, ...) over one of these"

    def __init__(self, mappings: tuple[EstimatorMapping, ...]) -> None:
        self._mappings = mappings
        # A search is fitted once a check and side: with an open random_state, or on a machine with
        # other rounding, a second one could choose otherwise.
        self._made: list[_Made] = []

    def knows(self, estimator: Any) -> bool:
        """Whether ``estimator`` is a search over an estimator that is known."""
        return is_search(estimator) and self._inner(searched(estimator)) is not None

    def why_not(self, estimator: Any) -> str:
        """Return why a search is not known; empty for what is none."""
        if not is_search(estimator):
            return ""
        inner = searched(estimator)
        known = ", ".join(mapping.name for mapping in self._mappings)
        reason = why_not(inner, self._mappings)
        reason = reason or f"no mapping knows {type(inner).__name__} (known: {known})"
        return f"{type(estimator).__name__} searches over what cannot be compared: {reason}"

    def predicts(self, estimator: Any) -> str:
        """Return what it searches over predicts."""
        subject = searched(estimator)
        inner = self._inner(subject)
        return "probability" if inner is None else predicted_quantity(inner, subject)

    def features(
        self, estimator: Any, X: GivenRows, y: Any, X_eval: GivenRows = None
    ) -> Features | None:
        """Return what the pipeline that is searched, or was chosen, makes of rows; else ``None``.

        An unfitted search refits its pipeline on all rows: unless it chooses among steps, these
        are the features.

        Raises
        ------
        ModelParityError
            If it chooses among steps that make features, and was not fitted.
        """
        subject = searched(estimator)
        inner = self._inner(subject)
        found = None if inner is None else features_of(inner, subject, X, y, X_eval)
        if found is not None and not is_fitted_search(estimator) and searches_steps(estimator):
            raise _to_be_fitted(estimator)
        return found

    def last_step(self, estimator: Any, X: GivenRows, y: Any, X_eval: GivenRows = None) -> LastStep:
        """Return that of the pipeline that was chosen; refuses a search that has chosen none."""
        subject = searched(estimator)
        inner = self._inner(subject)
        if not is_fitted_search(estimator) or not isinstance(inner, RowPreparation):
            lacks = "has chosen none; fit it first"
            if not isinstance(inner, RowPreparation):
                lacks = f"searches over {type(subject).__name__}; leave candidate_rows out"
            raise ModelParityError(
                f"candidate_rows='transformed' needs the last step of a pipeline, got "
                f"{type(estimator).__name__}, which {lacks}"
            )
        return inner.last_step(subject, X, y, X_eval)

    def read(self, estimator: Any, data: Dataset) -> ModelSettings:
        """Return the settings of what was chosen; without an objective before that is known."""
        if not is_search(estimator):
            inner, recipe = self._of_chosen(estimator)
            return inner.read(recipe, data)
        choice = self._known_choice(estimator, data)
        if choice is None:
            refuse_without_refit(estimator)
            self._read_candidate(estimator, data)
            text = f"{type(estimator).__name__}(...)"
            return ModelSettings(framework="scikit-learn", model=text)
        settings = self._knowing(choice).read(choice.estimator, data)
        refuse_own_strengths(estimator, settings)
        return choice.told(settings)

    def _read_candidate(self, search: Any, data: Dataset) -> None:
        """Refuse what the search would only fail on, as far as that is known before it."""
        # All but what is chosen holds for each of its fits; a grid may replace anything.
        if own_search(search) is not None:
            candidate = searched(search)
            inner = self._inner(candidate)
            assert inner is not None
            refuse_own_strengths(search, inner.read(candidate, data))

    def fit(self, estimator: Any, data: Dataset, *, side: str = "reference") -> FittedModel:
        """Fit a clone of a search, or take a fitted one as it is; return what it chose.

        Raises
        ------
        ModelParityError
            If it has ``refit=False``, fails, or chooses what no mapping knows.
        """
        if not is_search(estimator):
            inner, recipe = self._of_chosen(estimator)
            return inner.fit(recipe, data, side=side)
        refuse_without_refit(estimator)
        if is_fitted_search(estimator):
            choice, made = choice_of(estimator), EstimatorFit(estimator=estimator)
        else:
            self._read_candidate(estimator, data)
            made = fit_clone(estimator, data, side=side, weights=weights_argument(estimator))
            choice = choice_of(made.estimator)
            self._refuse_new_features(estimator, choice, data)
            self._made.append(
                _Made(search=estimator, data=data, side=side, choice=choice, made=made)
            )
        fitted = self._knowing(choice).fit(choice.estimator, data, side=side)
        return replace(
            fitted,
            settings=choice.told(fitted.settings),
            warnings=as_records(made.raised, side),
            raised=made.raised,
            seconds=made.seconds,
        )

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel, side: str = "reference"
    ) -> tuple[Remedy, ...]:
        """Return changed trainings of what was chosen."""
        choice = self._choice(estimator, data, side)
        inner = self._knowing(choice)
        return tuple(
            replace(remedy, recipe=_named(inner, remedy.recipe))
            for remedy in inner.remedies(choice.estimator, data, fitted=fitted, side=side)
        )

    def source(self, estimator: Any, data: Dataset, *, side: str = "reference") -> str:
        """Return a program that fits what was chosen, or a recipe."""
        if not is_search(estimator):
            inner, recipe = self._of_chosen(estimator)
            return inner.source(recipe, data, side=side)
        choice = self._choice(estimator, data, side)
        return self._knowing(choice).source(choice.estimator, data, side=side)

    def mapping_rows(self, estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
        """Return one row for each parameter of the search, and of what it chose or may choose."""
        choice = None if data is None else self._known_choice(estimator, data)
        subject = searched(estimator) if choice is None else choice.estimator
        inner = self._inner(subject)
        rows = () if inner is None else inner.mapping_rows(subject, data if choice else None)
        return tuple(
            search_rows(estimator, {row.name: row for row in rows}, known=choice is not None)
        )

    def inert_settings(self, estimator: Any, data: Dataset) -> tuple[str, ...]:
        """Return a sentence for each parameter of what was chosen that has no effect."""
        choice = self._known_choice(estimator, data)
        if choice is None:
            return ()
        return self._knowing(choice).inert_settings(choice.estimator, data)

    def _refuse_new_features(self, search: Any, choice: Choice, data: Dataset) -> None:
        """Refuse a choice of steps that make other features than the search had at its start."""
        inner = self._knowing(choice)
        best, X, y = choice.estimator, data.X_given, data.y_given
        if data.features is None and features_of(inner, best, X, y) is not None:
            raise _to_be_fitted(search)

    def _known_choice(self, search: Any, data: Dataset, side: str | None = None) -> Choice | None:
        """Return what a search chose; ``None`` where it was not fitted yet."""
        if is_fitted_search(search):
            refuse_without_refit(search)
            return choice_of(search)
        for one in reversed(self._made):
            if one.search is search and one.data is data and side in (None, one.side):
                return one.choice
        return None

    def _choice(self, search: Any, data: Dataset, side: str) -> Choice:
        """Return what a search chose, fitting it where that was not done yet."""
        known = self._known_choice(search, data, side)
        if known is None:
            self.fit(search, data, side=side)
            known = self._made[-1].choice
        return known

    def _inner(self, estimator: Any) -> EstimatorMapping | None:
        """Return the mapping that knows an estimator."""
        return next((one for one in self._mappings if one.knows(estimator)), None)

    def _knowing(self, choice: Choice) -> EstimatorMapping:
        """Return the mapping that knows what was chosen, or refuse it."""
        inner = self._inner(choice.estimator)
        if inner is None:
            reason = why_not(choice.estimator, self._mappings)
            what = type(choice.estimator).__name__
            raise ModelParityError(
                f"{choice.by} chose what cannot be compared: "
                + (reason or f"no mapping knows {what}")
            )
        return inner

    def _of_chosen(self, subject: Any) -> tuple[EstimatorMapping, Any]:
        """Return who knows what is no search, a recipe or an estimator of the kind chosen."""
        if isinstance(subject, OfChosen):
            found = next(one for one in self._mappings if one.name == subject.mapping)
            return found, subject.recipe
        estimator = built(subject)
        inner = self._inner(estimator)
        assert inner is not None
        return inner, subject


def _named(inner: EstimatorMapping, recipe: Any) -> Any:
    """Return a recipe that says whose it is; an estimator as data says so itself."""
    if isinstance(recipe, EstimatorRecipe):
        return recipe
    return OfChosen(mapping=inner.name, recipe=recipe)


def _to_be_fitted(search: Any) -> ModelParityError:
    """Return what is said of a search that decides which features there are."""
    kind = type(search).__name__
    return ModelParityError(
        f"a {kind} over steps of a pipeline chooses which features there are; pass it fitted, as "
        f"{kind}(...).fit(X, y), which is taken as it is"
    )
