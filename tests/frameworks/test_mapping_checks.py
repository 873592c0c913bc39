"""Checks of a mapping: LogisticRegression's keeps the rules, and what breaks one is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity.check_settings import CheckSettings
from pytest_modelparity.context import CURRENT, CheckContext
from pytest_modelparity.extend import LogisticRegressionMapping, check_mapping
from pytest_modelparity.mapping_checks.suite import RULES

#: A mixed penalty, which is to be asked for by name before scikit-learn 1.8.
BY_NAME = {"penalty": "elasticnet"} if LogisticRegression().penalty == "l2" else {}
ESTIMATORS = [
    LogisticRegression(C=0.5),
    LogisticRegression(C=0.2, solver="liblinear", intercept_scaling=2.0, class_weight="balanced"),
    LogisticRegression(
        C=0.3, solver="saga", l1_ratio=0.4, random_state=0, max_iter=1000, **BY_NAME
    ),
]


@pytest.mark.parametrize("check", check_mapping(LogisticRegressionMapping(), ESTIMATORS))
def test_the_mapping_of_logistic_regression(check):
    check()


class ByTheMean(LogisticRegressionMapping):
    """Takes C for a strength beside the mean loss, as if there were one row only."""

    def read(self, estimator, data):
        return self.lie(super().read(estimator, data), data)

    def fit(self, estimator, data, *, side="reference"):
        fitted = super().fit(estimator, data, side=side)
        return replace(fitted, settings=self.lie(fitted.settings, data))

    def lie(self, settings, data):
        objective = settings.objective
        strength = data.n_samples * objective.l2_strength
        return replace(settings, objective=replace(objective, l2_strength=strength))


class HalfThePenalty(ByTheMean):
    """Reads half the strength, as if Keras's L2 had a half."""

    def lie(self, settings, data):
        objective = settings.objective
        return replace(
            settings, objective=replace(objective, l2_strength=objective.l2_strength / 2)
        )


class FitsWhatItIsGiven(LogisticRegressionMapping):
    """Fits the estimator itself."""

    def fit(self, estimator, data, *, side="reference"):
        if hasattr(estimator, "fit"):
            estimator.fit(data.X, data.y_given)
        return super().fit(estimator, data, side=side)


class Seeds(LogisticRegressionMapping):
    """Sets the global random state."""

    def read(self, estimator, data):
        np.random.seed(0)
        return super().read(estimator, data)


class Centres(LogisticRegressionMapping):
    """Works on the rows themselves."""

    def inert_settings(self, estimator, data):
        data.X[:] -= data.X.mean(axis=0)
        return super().inert_settings(estimator, data)


class ForgetsWeights(LogisticRegressionMapping):
    """Fits without the weights of the rows, which it says it has read."""

    def fit(self, estimator, data, *, side="reference"):
        fitted = super().fit(estimator, replace(data, sample_weight=None), side=side)
        objective = replace(fitted.settings.objective, sample_weight=data.sample_weight is not None)
        return replace(
            fitted,
            settings=replace(fitted.settings, objective=objective),
            sample_weight=data.sample_weight,
        )


class IgnoresWeights(LogisticRegressionMapping):
    """Passes the weights of the rows over."""

    def read(self, estimator, data):
        return super().read(estimator, replace(data, sample_weight=None))

    def fit(self, estimator, data, *, side="reference"):
        return super().fit(estimator, replace(data, sample_weight=None), side=side)


class CallsCInert(LogisticRegressionMapping):
    """Says that C does nothing."""

    def mapping_rows(self, estimator, data=None):
        rows = super().mapping_rows(estimator, data)
        return tuple(replace(row, status="inert") if row.name == "C" else row for row in rows)


class ForgetsTol(LogisticRegressionMapping):
    """Reads everything but tol."""

    def read(self, estimator, data):
        settings = super().read(estimator, data)
        words = {name: text for name, text in settings.written.items() if name != "tol"}
        return replace(settings, training=replace(settings.training, tol=None), written=words)


class LacksARow(LogisticRegressionMapping):
    """Has no row of the solver."""

    def mapping_rows(self, estimator, data=None):
        return tuple(r for r in super().mapping_rows(estimator, data) if r.name != "solver")


class StrangeWords(LogisticRegressionMapping):
    """Names a setting by its parameter."""

    def read(self, estimator, data):
        settings = super().read(estimator, data)
        return replace(settings, written={**settings.written, "max_iter": "100"})


class NoWords(LogisticRegressionMapping):
    """Writes nothing down, so that nobody sees what differs."""

    def read(self, estimator, data):
        return replace(super().read(estimator, data), written={})


class EstimatorsAsRecipes(LogisticRegressionMapping):
    """Hands out estimators, which do not compare."""

    def remedies(self, estimator, data, *, fitted, side="reference"):
        remedies = super().remedies(estimator, data, fitted=fitted, side=side)
        return tuple(replace(one, recipe=one.recipe.build()) for one in remedies)


class OtherSide(LogisticRegressionMapping):
    """Always speaks of the reference."""

    def remedies(self, estimator, data, *, fitted, side="reference"):
        return super().remedies(estimator, data, fitted=fitted)


class OtherObjective(LogisticRegressionMapping):
    """Takes a weaker penalty for a remedy."""

    def remedies(self, estimator, data, *, fitted, side="reference"):
        remedies = super().remedies(estimator, data, fitted=fitted, side=side)
        return tuple(replace(one, recipe=one.recipe.changed(C=100.0)) for one in remedies)


class ProgramFails(LogisticRegressionMapping):
    """Writes a program that needs what is not there."""

    def source(self, estimator, data, *, side="reference"):
        return super().source(estimator, data, side=side).replace("(X,", "(train_X,")


class ProgramOfAnother(LogisticRegressionMapping):
    """Writes the default estimator, whatever it is given."""

    def source(self, estimator, data, *, side="reference"):
        return super().source(LogisticRegression(C=1e-3), data, side=side)


class ProgramOfTheReference(LogisticRegressionMapping):
    """Always leaves the reference."""

    def source(self, estimator, data, *, side="reference"):
        return super().source(estimator, data)


class KnowsAll(LogisticRegressionMapping):
    """Says yes to everything."""

    def knows(self, estimator):
        return True


class Incomplete(LogisticRegressionMapping):
    """Lacks a method."""

    inert_settings = None


class CoefOfOneRow(LogisticRegressionMapping):
    """Returns coefficients without the dimension of the outputs."""

    def fit(self, estimator, data, *, side="reference"):
        fitted = super().fit(estimator, data, side=side)
        return replace(fitted, coef=fitted.coef[0])


class PredictsOtherwise(LogisticRegressionMapping):
    """Its predictions are not those of its parameters."""

    def fit(self, estimator, data, *, side="reference"):
        fitted = super().fit(estimator, data, side=side)
        return replace(fitted, intercept=fitted.intercept + 1)


#: By mapping: the rule that must fail, and what it says.
BROKEN = {
    ByTheMean: ("long_training_reaches_the_optimum", "away from the optimum of the objective"),
    HalfThePenalty: ("the_gradient_is_zero_there", r"the gradient of the objective .* is 0\.0\d+"),
    FitsWhatItIsGiven: ("nothing_is_changed", "fit changes the estimator"),
    Seeds: ("nothing_is_changed", "read changes numpy's random state"),
    Centres: ("nothing_is_changed", "inert_settings changes X"),
    ForgetsWeights: ("a_weight_of_2_equals_a_repeated_row", "weights of 2 the estimator ends"),
    IgnoresWeights: (
        "a_weight_of_2_equals_a_repeated_row",
        "neither refused nor among the settings",
    ),
    CallsCInert: ("what_is_inert_changes_nothing", r"C is called inert, but C=1\.0 moves"),
    ForgetsTol: ("each_parameter_is_used_inert_or_refused", r"tol=0\.0002 is neither read, nor"),
    LacksARow: ("words_make_sense", "one row for each of"),
    StrangeWords: ("words_make_sense", "'max_iter', which is no setting; settings are"),
    NoWords: ("a_planted_change_is_named", r"C=1\.0 on one side, .*written otherwise are none"),
    EstimatorsAsRecipes: ("remedies_are_data", "two calls of remedies return"),
    OtherSide: ("remedies_are_data", "must name its side 'candidate'"),
    OtherObjective: ("remedies_are_data", "changes the objective to"),
    ProgramFails: ("the_source_trains_the_same", "fails: NameError: name 'train_X'"),
    ProgramOfAnother: ("the_source_trains_the_same", "predicts up to .* away"),
    ProgramOfTheReference: ("the_source_trains_the_same", "leaves nothing under .* 'candidate'"),
    KnowsAll: ("it_is_complete", "knows says yes to <object"),
    Incomplete: ("it_is_complete", r"it lacks inert_settings\(\)"),
    CoefOfOneRow: ("fit_returns_what_it_promises", r"the shape \(1, 3\), got \(3,\)"),
    PredictsOtherwise: ("fit_returns_what_it_promises", "away from what|from what coef and"),
}


@pytest.mark.parametrize("mapping", BROKEN, ids=lambda kind: kind.__name__)
def test_a_broken_mapping_fails_the_check_that_names_it(mapping):
    rule, said = BROKEN[mapping]
    (check,) = [
        check
        for check in check_mapping(mapping(), [LogisticRegression(C=0.5)])
        if check.rule == rule
    ]
    with pytest.raises(AssertionError, match=said):
        check()


def test_every_rule_is_broken_by_some_mapping():
    assert {rule for rule, _ in BROKEN.values()} == set(RULES)


def test_checks_have_names_that_do_not_change():
    checks = check_mapping(LogisticRegressionMapping(), ESTIMATORS[:2])
    names = [check.__name__ for check in checks]
    assert names[0] == "LogisticRegression-1-it_is_complete"
    assert names[-1] == "LogisticRegression-2-a_planted_change_is_named"
    assert len(set(names)) == 2 * len(RULES)


def test_an_estimator_that_is_refused_on_all_data_says_why():
    check = check_mapping(LogisticRegressionMapping(), [LogisticRegression(C=-1)])[2]
    with pytest.raises(AssertionError, match=r"on all data: C must be a number > 0, got C=-1"):
        check()


def test_data_of_ones_own_are_used():
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2
    seen = []

    class Sees(LogisticRegressionMapping):
        def read(self, estimator, data):
            seen.append(data.n_features)
            return super().read(estimator, data)

    for check in check_mapping(Sees(), [LogisticRegression()], data=[(X, y)]):
        check()
    assert set(seen) == {2}


def test_the_planted_check_is_in_no_report():
    recorded = []
    context = CheckContext(
        record=lambda *check: recorded.append(check),
        refuse=recorded.append,
        marker=CheckSettings,
        ini=CheckSettings(),
    )
    token = CURRENT.set(context)
    try:
        check_mapping(LogisticRegressionMapping(), [LogisticRegression()])[-1]()
        assert CURRENT.get() is context
    finally:
        CURRENT.reset(token)
    assert recorded == []
