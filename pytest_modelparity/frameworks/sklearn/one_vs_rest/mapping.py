"""What the check knows of scikit-learn's OneVsRestClassifier."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from inspect import getattr_static
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.linear_model import SGDClassifier
from sklearn.multiclass import OneVsRestClassifier

from pytest_modelparity.errors import InvalidDataError, InvalidParameterError, ModelParityError
from pytest_modelparity.frameworks.sklearn.binary import problems_of
from pytest_modelparity.frameworks.sklearn.fit import EstimatorFit, fit_clone, predictor
from pytest_modelparity.frameworks.sklearn.one_vs_rest.parts import joined_fit, joined_settings
from pytest_modelparity.frameworks.sklearn.one_vs_rest.rows import own_rows, with_prefix
from pytest_modelparity.frameworks.sklearn.one_vs_rest.source import around
from pytest_modelparity.frameworks.sklearn.sgd.by_solver import BySolver, solved
from pytest_modelparity.frameworks.sklearn.sgd.rounding import rounding_findings
from pytest_modelparity.settings import ModelSettings
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.estimator import EstimatorRecipe, built
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import EstimatorMapping, MappingRow, why_not
from pytest_modelparity.sides.recording import as_records
from pytest_modelparity.sides.training import Remedy

#: What an unfitted or fitted OneVsRestClassifier, or its recipe, is asked as.
Subject = Any


class OneVsRestMapping:
    """Knows `sklearn.multiclass.OneVsRestClassifier` around an estimator that is known.

    An `EstimatorMapping`. What its estimator does of two classes, the estimator's own mapping says
    of the labels 0 (the rest) and 1 (the class). The recipes of its remedies are an
    `EstimatorRecipe`.

    Parameters
    ----------
    mappings : tuple of EstimatorMapping
        Of the classifiers that may be in it.
    """

    name = "sklearn.multiclass.OneVsRestClassifier around one of these"

    def __init__(self, mappings: tuple[EstimatorMapping, ...]) -> None:
        self._mappings = mappings

    def knows(self, estimator: Any) -> bool:
        """Whether ``estimator`` is one, or a subclass that trains and predicts as it does."""
        return _is_one_vs_rest(estimator) and self._find(estimator.estimator) is not None

    def why_not(self, estimator: Any) -> str:
        """Return why one around another estimator is not known; empty where nothing is."""
        if not _is_one_vs_rest(estimator) or self.knows(estimator):
            return ""
        inner = estimator.estimator
        known = ", ".join(mapping.name for mapping in self._mappings)
        reason = why_not(inner, self._mappings)
        reason = reason or f"no mapping knows {type(inner).__name__} (known: {known})"
        return f"{type(estimator).__name__} is around what cannot be compared: {reason}"

    def read(self, estimator: Subject, data: Dataset) -> ModelSettings:
        """Return the settings by meaning; refuses before anything is fitted."""
        model = built(estimator)
        _refuse_weights(model, data)
        inner, problems = self._inner(model), problems_of(data)
        with _of_a_problem():
            each = [inner.read(model.estimator, problem) for problem in problems]
        return joined_settings(each, data, _model_text(model, each[0]))

    def fit(self, estimator: Subject, data: Dataset, *, side: str = "reference") -> FittedModel:
        """Fit a clone as its user configured it, or take a fitted estimator as it is."""
        model = built(estimator)
        self.read(model, data)
        if hasattr(model, "estimators_"):
            _refuse_other_data(model, data)
            return self._as_fitted(EstimatorFit(estimator=model), data, side)
        made = fit_clone(model, data, side=side)
        fitted = self._as_fitted(made, data, side)
        # Of its user's own training; what a remedy leaves is judged by what it leaves.
        if model is not estimator or not isinstance(model.estimator, SGDClassifier):
            return fitted
        run = fitted.settings.training.iterations_run
        findings = rounding_findings(made.estimator, data, epochs=run, side=side)
        return replace(fitted, findings=findings)

    def _as_fitted(self, made: EstimatorFit, data: Dataset, side: str) -> FittedModel:
        """Return a fitted estimator free of scikit-learn."""
        model = made.estimator
        inner, both = self._inner(model), zip(model.estimators_, problems_of(data), strict=True)
        with _of_a_problem():
            each = [inner.fit(one, problem, side=side) for one, problem in both]
        settings = joined_settings(
            [one.settings for one in each], data, _model_text(model, each[0].settings)
        )
        if made.seconds is not None:
            # Whatever warm_start says, it fits clones.
            settings = replace(
                settings,
                training=replace(settings.training, initialization="zeros"),
                written={**settings.written, "initialization": "zeros"},
            )
        return replace(
            joined_fit(each, settings, predictor(model)),
            warnings=as_records(made.raised, side),
            raised=made.raised,
            seconds=made.seconds,
        )

    def remedies(
        self, estimator: Any, data: Dataset, *, fitted: FittedModel, side: str = "reference"
    ) -> tuple[Remedy, ...]:
        """Return those of its estimator that change parameters of it, in each problem alike."""
        inner, first = self._inner(estimator), problems_of(data)[0]
        found = inner.remedies(estimator.estimator, first, fitted=fitted, side=side)
        whole = EstimatorRecipe.of(estimator)
        made = [(one, _estimator_recipe(one.recipe, first)) for one in found]
        return tuple(
            replace(one, recipe=whole.changed(estimator=own))
            for one, own in made
            if own is not None
        )

    def source(self, estimator: Subject, data: Dataset, *, side: str = "reference") -> str:
        """Return a program that fits an estimator, or a recipe."""
        model = built(estimator)
        inner = self._inner(model)
        program = inner.source(model.estimator, problems_of(data)[0], side=side)
        return around(program, type(model), side, _own_parameters(model))

    def mapping_rows(self, estimator: Any, data: Dataset | None = None) -> tuple[MappingRow, ...]:
        """Return one row for each parameter of it, and of its estimator."""
        inner = self._find(estimator.estimator)
        if inner is None:
            return tuple(own_rows(estimator, self.why_not(estimator), data))
        problem = None if data is None else problems_of(data)[0]
        rows = inner.mapping_rows(estimator.estimator, problem)
        refused = next((row.reason for row in rows if row.status == "unsupported"), "")
        objective = None
        if data is not None and not refused:
            objective = self.read(estimator, data).objective
        return (
            *own_rows(estimator, refused, data),
            *with_prefix(rows, objective, data),
        )

    def inert_settings(self, estimator: Any, data: Dataset) -> tuple[str, ...]:
        """Return a sentence for each parameter of its estimator that has no effect."""
        inner = self._inner(estimator)
        return inner.inert_settings(estimator.estimator, problems_of(data)[0])

    def _find(self, inner: Any) -> EstimatorMapping | None:
        """Return the mapping that knows an estimator."""
        return next((one for one in self._mappings if one.knows(inner)), None)

    def _inner(self, model: OneVsRestClassifier) -> EstimatorMapping:
        """Return the mapping that knows its estimator."""
        found = self._find(model.estimator)
        if found is None:
            raise ModelParityError(self.why_not(model))
        return found


def _estimator_recipe(recipe: Any, problem: Dataset) -> EstimatorRecipe | None:
    """Return a recipe of its estimator as one that fits any class; ``None``: it is none."""
    if isinstance(recipe, BySolver):
        return EstimatorRecipe.of(solved(recipe, problem))
    # Others prepare rows, which is no part of an estimator.
    return recipe if isinstance(recipe, EstimatorRecipe) else None


def _is_one_vs_rest(estimator: Any) -> bool:
    """Whether it is a OneVsRestClassifier, or a subclass that trains and predicts as it does."""
    # By their own definitions: `available_if` makes new methods for whoever asks.
    return isinstance(estimator, OneVsRestClassifier) and all(
        getattr_static(estimator, name) is getattr_static(OneVsRestClassifier, name)
        for name in ("fit", "predict_proba", "decision_function")
    )


@contextmanager
def _of_a_problem() -> Iterator[None]:
    """Say of what is refused that it is a binary problem."""
    try:
        yield
    except (InvalidParameterError, InvalidDataError) as error:
        raise type(error)(
            f"in a OneVsRestClassifier, whose estimators have the labels 0 (the rest) and 1 (the "
            f"class): {error}"
        ) from error


def _refuse_weights(model: OneVsRestClassifier, data: Dataset) -> None:
    """Refuse weights of rows that do not get to its estimators."""
    if data.sample_weight is None:
        return
    # scikit-learn 1.9 (multiclass.py): `fit` takes other arguments by metadata routing alone.
    asked = False
    if get_config().get("enable_metadata_routing"):
        asked = model.get_metadata_routing().consumes("fit", {"sample_weight"}) != set()
    if not asked:
        raise InvalidDataError(
            "OneVsRestClassifier hands sample_weight to its estimators only with "
            "sklearn.set_config(enable_metadata_routing=True) and "
            "estimator.set_fit_request(sample_weight=True); do that, or leave the weights out"
        )


def _refuse_other_data(model: OneVsRestClassifier, data: Dataset) -> None:
    """Refuse one that was fitted on other classes, or on several labels a row."""
    if model.multilabel_:
        raise ModelParityError(
            "a OneVsRestClassifier fitted on several labels a row (multilabel) is several models, "
            "not one of classes; compare each of its estimators_ on its own column of y"
        )
    known, given = np.asarray(model.classes_).tolist(), data.classes.tolist()
    if known != given:
        raise InvalidDataError(
            f"a fitted estimator must have been fitted on the classes of y, got one with "
            f"classes {known} and y with {given}; pass the same labels, or an unfitted estimator"
        )


def _own_parameters(model: OneVsRestClassifier) -> str:
    """Return the parameters beside its estimator that are not at their defaults, as code."""
    given = {"n_jobs": model.n_jobs, "verbose": model.verbose}
    defaults = {"n_jobs": None, "verbose": 0}
    return "".join(
        f", {name}={value!r}" for name, value in given.items() if value != defaults[name]
    )


def _model_text(model: OneVsRestClassifier, inner: ModelSettings) -> str:
    """Return it as its user would write it."""
    return f"{type(model).__name__}({inner.model}{_own_parameters(model)})"
