"""LogisticRegression read by meaning and fitted, on the scikit-learn that is installed.

What differs between versions is asked of the installed one: `NEW` says that ``l1_ratio`` and ``C``
decide the penalty (1.8), `MULTI_CLASS` that the parameter still exists (1.7).
"""

import math
import pickle
import re
import warnings
from functools import partial

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.frameworks.sklearn.logistic import remedies as remedies_module
from pytest_modelparity.frameworks.sklearn.logistic.mapping import LogisticRegressionMapping
from pytest_modelparity.frameworks.sklearn.logistic.parameters import DEFAULTS, model_text
from pytest_modelparity.frameworks.sklearn.logistic.settings import BALANCED_COUNTS_WEIGHTS
from pytest_modelparity.frameworks.sklearn.parameters import VERSION
from pytest_modelparity.report.codec import decode, encode
from pytest_modelparity.settings import OBJECTIVE_SETTINGS, TRAINING_SETTINGS, ModelSettings
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.mapping import EstimatorMapping
from pytest_modelparity.sides.protocols import problems
from pytest_modelparity.theory.objective import objective_from_settings
from pytest_modelparity.theory.one_vs_rest import objective_of

MAPPING = LogisticRegressionMapping()
STRANGER = ModelSettings(framework="other", model="another")
NEW = DEFAULTS.get("penalty", "deprecated") == "deprecated"
MULTI_CLASS = "multi_class" in DEFAULTS

#: Largest gradient element that tol=1e-9 leaves (sag and saga without penalty are the slowest); a
#: penalty, weight or intercept that is read wrong leaves more than 1e-3.
STATIONARY = 1e-5


def logistic(penalty="l2", **options):
    """Return a LogisticRegression with this penalty, spelled for the installed version."""
    if penalty == "none":
        spelling = {"C": math.inf} if NEW else {"penalty": None}
    elif penalty == "elasticnet":
        spelling = {"l1_ratio": 0.3} if NEW else {"penalty": "elasticnet", "l1_ratio": 0.3}
    elif penalty == "l1":
        spelling = {"l1_ratio": 1.0} if NEW else {"penalty": "l1"}
    else:
        spelling = {}
    return LogisticRegression(**(spelling | options))


def tumours(rows=150, features=4, **options):
    """Return overlapping rows of two classes, standardised."""
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X[:rows, :features])
    return read_dataset(X, y[:rows], **options)


def wines(**options):
    """Return rows of three classes of unequal size that overlap, standardised."""
    X, y = load_wine(return_X_y=True)
    return read_dataset(StandardScaler().fit_transform(X[:, :4]), y, **options)


def subgradient(objective, theta):
    """Return the smallest subgradient of the objective at ``theta``."""
    smooth, strength = objective.gradient(theta), objective.l1_weights
    at_zero = np.sign(smooth) * np.maximum(np.abs(smooth) - strength, 0)
    return np.where(theta != 0, smooth + strength * np.sign(theta), at_zero)


def remedies_of(estimator, data):
    """Return the remedies of an estimator as it is fitted."""
    return MAPPING.remedies(estimator, data, fitted=MAPPING.fit(estimator, data))


def train(remedy, data):
    """Fit what a remedy is."""
    return MAPPING.fit(remedy.recipe, data)


def limits(remedies):
    """Return the limit of iterations that each remedy has, where it changes it."""
    return [remedy.recipe.parameters["max_iter"] for remedy in remedies]


def error_of_optimality(estimator, data):
    """Return the largest element of the gradient where the estimator stopped."""
    fitted = MAPPING.fit(estimator, data)
    objective = objective_of(
        fitted.settings.objective, data.X, data.y, data.n_classes, data.sample_weight
    )
    theta = objective.pack(fitted.coef, fitted.intercept)
    return float(np.abs(subgradient(objective, theta)).max())


# --- every solver minimises the objective that is read of it ---

SOLVERS = {
    "lbfgs": ("l2", "none"),
    "liblinear": ("l2", "l1"),
    "newton-cg": ("l2", "none"),
    "newton-cholesky": ("l2", "none"),
    "sag": ("l2", "none"),
    "saga": ("l2", "l1", "elasticnet", "none"),
}
WEIGHTS = {
    "plain": (False, None),
    "sample_weight": (True, None),
    "balanced": (False, "balanced"),
    "balanced and sample_weight": (True, "balanced"),
    "dict": (False, "dict"),
}


@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "no intercept"])
@pytest.mark.parametrize("weighting", WEIGHTS)
@pytest.mark.parametrize(
    "solver,penalty", [(solver, kind) for solver, kinds in SOLVERS.items() for kind in kinds]
)
@pytest.mark.parametrize("make", [tumours, wines], ids=["binary", "multinomial"])
def test_each_solver_stops_where_the_gradient_of_its_objective_is_zero(
    make, solver, penalty, weighting, intercept
):
    given, class_weight = WEIGHTS[weighting]
    n = make().n_samples
    data = make(sample_weight=np.random.default_rng(3).uniform(0.2, 3, n) if given else None)
    if class_weight == "dict":
        class_weight = {int(label): 1.0 + 0.7 * label for label in data.classes}
    estimator = logistic(
        penalty,
        solver=solver,
        fit_intercept=intercept,
        class_weight=class_weight,
        tol=1e-9,
        max_iter=20000,
        random_state=0,
        **({"C": 0.7} if penalty != "none" else {}),
    )
    if data.n_classes > 2 and solver == "liblinear" and VERSION >= (1, 8):
        with pytest.raises(ModelParityError, match="one-vs-rest"):
            MAPPING.fit(estimator, data)
    else:
        assert error_of_optimality(estimator, data) < STATIONARY


@pytest.mark.parametrize("penalty", ["l2", "l1"])
@pytest.mark.parametrize("scale", [0.2, 1, 5])
def test_liblinear_penalises_the_intercept_by_its_scaling(penalty, scale):
    data = tumours()
    estimator = logistic(
        penalty, solver="liblinear", intercept_scaling=scale, C=0.3, tol=1e-10, max_iter=100000
    )
    assert error_of_optimality(estimator, data) < STATIONARY
    objective = MAPPING.read(estimator, data).objective
    strength = 1 / (0.3 * data.n_samples)
    if penalty == "l2":
        assert objective.intercept_l2_strength == pytest.approx(strength / scale**2)
        assert objective.intercept_l1_strength == 0
    else:
        assert objective.intercept_l1_strength == pytest.approx(strength / scale)
        assert objective.intercept_l2_strength == 0


def test_the_intercept_is_free_without_liblinear_and_absent_without_an_intercept():
    data = tumours()
    assert MAPPING.read(logistic(), data).objective.intercept_l2_strength == 0
    absent = MAPPING.read(logistic(solver="liblinear", fit_intercept=False), data).objective
    assert (absent.fit_intercept, absent.intercept_l2_strength) == (False, 0)
    assert MAPPING.fit(logistic(fit_intercept=False), data).intercept.tolist() == [0.0]


def test_two_classes_have_a_sigmoid_and_three_a_softmax():
    assert MAPPING.read(logistic(), tumours()).objective.output_head == "sigmoid"
    assert MAPPING.read(logistic(), wines()).objective.output_head == "softmax"
    assert MAPPING.fit(logistic(), tumours()).coef.shape == (1, 4)
    assert MAPPING.fit(logistic(), wines()).coef.shape == (3, 4)


def test_two_classes_fitted_as_multinomial_are_a_softmax_where_that_still_exists():
    data = tumours()
    if not MULTI_CLASS:
        with pytest.raises(TypeError):
            LogisticRegression(multi_class="multinomial")
        return
    estimator = logistic(multi_class="multinomial", tol=1e-9, max_iter=10000, C=0.7)
    fitted = MAPPING.fit(estimator, data)
    assert fitted.settings.objective.output_head == "softmax"
    assert fitted.coef.shape == (2, 4)
    assert error_of_optimality(estimator, data) < STATIONARY
    halves = MAPPING.fit(logistic(C=1.4, tol=1e-9, max_iter=10000), data).coef / 2
    np.testing.assert_allclose(fitted.coef, np.vstack([-halves[0], halves[0]]), atol=1e-5)


# --- parameters by meaning ---


def test_balanced_weights_follow_the_installed_version():
    weights = np.linspace(0.5, 2, 150)
    data = tumours(sample_weight=weights)
    counts = np.bincount(data.y, weights if BALANCED_COUNTS_WEIGHTS else None)
    expected = counts.sum() / (2 * counts)
    read = MAPPING.read(logistic(class_weight="balanced"), data).objective
    assert read.class_weight == pytest.approx(tuple(expected))
    assert (VERSION >= (1, 7)) == BALANCED_COUNTS_WEIGHTS


def test_class_weights_come_in_the_order_of_the_classes():
    data = read_dataset([[0.0], [1.0], [2.0], [3.0]], ["b", "a", "b", "a"])
    read = MAPPING.read(logistic(class_weight={"b": 5, "a": 2}), data).objective
    assert read.class_weight == (2.0, 5.0)


def test_an_infinite_c_is_no_penalty():
    read = MAPPING.read(logistic(C=math.inf), tumours())
    assert (read.objective.l2_strength, read.objective.l1_strength) == (0.0, 0.0)
    assert read.written["penalty"] == "none (C=inf)"
    assert read.written["C"] == "C=inf"


def test_penalty_none_is_no_penalty_whatever_c():
    estimator = LogisticRegression(penalty=None, C=5)
    read = MAPPING.read(estimator, tumours())
    assert read.objective.strength == 0
    assert read.written["C"] == "C=5 (ignored: penalty=None)"
    assert MAPPING.inert_settings(estimator, tumours()) == (
        "C=5 has no effect: penalty=None switches the penalty off",
    )


def test_an_l1_ratio_without_penalty_means_what_the_installed_version_fits():
    """The same call is L1 since 1.8 and L2 before."""
    estimator = LogisticRegression(l1_ratio=1, solver="saga", tol=1e-9, max_iter=20000)
    data = tumours()
    objective = MAPPING.read(estimator, data).objective
    assert (objective.l1_strength > 0) == NEW
    assert (objective.l2_strength > 0) == (not NEW)
    assert error_of_optimality(estimator, data) < STATIONARY
    assert any("l1_ratio=1" in text for text in MAPPING.inert_settings(estimator, data)) == (
        not NEW
    )


@pytest.mark.parametrize("given", ["l2", "l1"])
def test_a_penalty_that_is_given_decides_over_the_l1_ratio(given):
    estimator = LogisticRegression(penalty=given, solver="saga", tol=1e-9, max_iter=20000)
    data = tumours()
    objective = MAPPING.read(estimator, data).objective
    assert (objective.l1_strength > 0) == (given == "l1")
    assert error_of_optimality(estimator, data) < STATIONARY


# --- settings in words ---


def test_every_setting_has_a_text():
    written = MAPPING.fit(logistic(), tumours()).settings.written
    assert set(written) == {*OBJECTIVE_SETTINGS, *TRAINING_SETTINGS}
    assert all(written.values())


def test_the_words_are_those_of_scikit_learn():
    data = tumours()
    written = MAPPING.fit(
        logistic(C=0.5, max_iter=3, solver="liblinear", class_weight="balanced"), data
    ).settings.written
    expected = {
        "penalty": "l2 (the default)",
        "C": "C=0.5",
        "intercept_penalty": "liblinear penalises the intercept (intercept_scaling=1)",
        "class_weight": "balanced",
        "sample_weight": "none",
        "iterations": "max_iter=3 (stopped at 3)",
        "solver": "liblinear",
        "tol": "tol=0.0001",
        "dtype": "float64",
    }
    assert {name: written[name] for name in expected} == expected


def test_what_only_a_fit_tells_is_left_open_before_it():
    data = tumours()
    before = MAPPING.read(logistic(), data)
    assert before.training.iterations_run is None
    assert before.written["iterations"] == "max_iter=100"
    after = MAPPING.fit(logistic(), data).settings
    assert after.training.iterations_run > 0
    assert after.written["iterations"] == f"max_iter=100 ({after.training.iterations_run} run)"
    assert before.objective == after.objective


@pytest.mark.parametrize(
    "options,text",
    [
        ({}, "LogisticRegression()"),
        ({"C": 1.0, "tol": 1e-4}, "LogisticRegression()"),
        ({"C": np.float64(0.1)}, "LogisticRegression(C=0.1)"),
        ({"C": math.inf}, "LogisticRegression(C=float('inf'))"),
        ({"class_weight": {np.int64(0): 2.0}}, "LogisticRegression(class_weight={0: 2.0})"),
        ({"fit_intercept": np.False_}, "LogisticRegression(fit_intercept=False)"),
    ],
)
def test_the_model_is_written_with_what_differs_from_the_defaults(options, text):
    estimator = LogisticRegression(**options)
    assert model_text(estimator) == text
    again = eval(text, {"LogisticRegression": LogisticRegression})
    assert again.get_params() == {**estimator.get_params(), **again.get_params()}
    assert model_text(again) == text


def test_the_settings_survive_the_way_through_builtin_types():
    settings = MAPPING.fit(logistic(class_weight="balanced"), tumours()).settings
    assert decode(type(settings), encode(settings)) == settings


# --- fitting ---


def test_the_probabilities_are_those_of_scikit_learn():
    for data in (tumours(), wines()):
        expected = logistic().fit(data.X, data.y_given).predict_proba(data.X)
        found = MAPPING.fit(logistic(), data).predict(data.X_eval_given)
        np.testing.assert_array_equal(found, expected)


def test_sample_weights_reach_the_fit():
    weights = np.random.default_rng(0).uniform(0.1, 2, 150)
    data = tumours(sample_weight=weights)
    expected = logistic().fit(data.X, data.y_given, sample_weight=weights).coef_
    fitted = MAPPING.fit(logistic(), data)
    np.testing.assert_array_equal(fitted.coef, expected)
    assert fitted.sample_weight is data.sample_weight
    assert fitted.settings.objective.sample_weight


@pytest.mark.parametrize("solver", SOLVERS)
def test_fitting_touches_neither_the_estimator_nor_the_global_random_state(solver):
    estimator = logistic(solver=solver)
    params, state = estimator.get_params(), np.random.get_state()
    MAPPING.fit(estimator, tumours())
    assert estimator.get_params() == params
    assert not hasattr(estimator, "coef_")
    for before, after in zip(state, np.random.get_state(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_random_state_object_is_not_advanced():
    source = np.random.RandomState(0)
    before = source.get_state()[1].copy()
    MAPPING.fit(logistic(solver="sag", random_state=source), tumours())
    np.testing.assert_array_equal(source.get_state()[1], before)


def test_warnings_are_recorded_and_not_filtered():
    with warnings.catch_warnings(record=True) as escaped:
        warnings.simplefilter("error")
        fitted = MAPPING.fit(logistic(max_iter=1), tumours())
    assert not escaped
    assert [warning.side for warning in fitted.warnings] == ["reference"] * len(fitted.warnings)
    (convergence,) = [w for w in fitted.warnings if w.category == "ConvergenceWarning"]
    assert "failed to converge" in convergence.message
    assert str(convergence.message) in [str(item) for item in fitted.raised]
    assert fitted.converged is False


def test_the_warning_filters_are_as_before():
    before = list(warnings.filters)
    MAPPING.fit(logistic(max_iter=1), tumours()).predict(tumours().X)
    assert list(warnings.filters) == before


def test_a_search_that_stopped_by_itself_counts_as_converged():
    assert MAPPING.fit(logistic(), tumours()).converged is True


def test_a_fitted_estimator_is_taken_as_it_is():
    data = tumours()
    estimator = logistic(max_iter=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(data.X, data.y_given)
    estimator.coef_[0, 0] = 42.0
    fitted = MAPPING.fit(estimator, data)
    assert fitted.coef[0, 0] == 42.0
    assert fitted.warnings == ()
    assert fitted.converged is False
    assert fitted.settings.training.initialization == "zeros"
    fitted.coef[0, 0] = 0.0
    assert estimator.coef_[0, 0] == 42.0


def test_a_restarted_estimator_says_so():
    data = tumours()
    estimator = logistic(warm_start=True).fit(data.X, data.y_given)
    assert MAPPING.fit(estimator, data).settings.training.initialization == "warm start"
    assert MAPPING.fit(clone(estimator), data).settings.training.initialization == "zeros"


def test_coefficients_made_sparse_are_read():
    data = tumours()
    estimator = logistic().fit(data.X, data.y_given)
    expected = estimator.coef_.copy()
    np.testing.assert_array_equal(MAPPING.fit(estimator.sparsify(), data).coef, expected)


def test_the_candidate_is_fitted_the_same_and_warns_on_its_side():
    data = tumours()
    found = MAPPING.fit(logistic(max_iter=1), data, side="candidate")
    np.testing.assert_array_equal(found.coef, MAPPING.fit(logistic(max_iter=1), data).coef)
    assert {warning.side for warning in found.warnings} == {"candidate"}


# --- kinds of data ---


def test_a_dataframe_is_fitted_with_its_names_and_predicts_arrays_quietly():
    pandas = pytest.importorskip("pandas")
    plain = tumours()
    frame = pandas.DataFrame(plain.X, columns=list("abcd"))
    data = read_dataset(frame, pandas.Series(plain.y_given))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = MAPPING.fit(logistic(), data)
        from_array = fitted.predict(plain.X)
    np.testing.assert_array_equal(from_array, MAPPING.fit(logistic(), plain).predict(plain.X))


def test_sparse_rows_are_fitted_as_given():
    plain = tumours()
    data = read_dataset(scipy.sparse.csr_matrix(plain.X), plain.y_given)
    exact = {"tol": 1e-9, "max_iter": 10000}
    found = MAPPING.fit(logistic(**exact), data)
    np.testing.assert_allclose(found.coef, MAPPING.fit(logistic(**exact), plain).coef, atol=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
def test_single_precision_is_reported_as_the_version_has_it(solver):
    plain = tumours()
    data = read_dataset(plain.X.astype(np.float32), plain.y_given)
    kept = solver != "liblinear" and (solver != "lbfgs" or VERSION >= (1, 9))
    fitted = MAPPING.fit(logistic(solver=solver), data)
    assert fitted.settings.training.dtype == ("float32" if kept else "float64")
    assert fitted.coef.dtype == np.float64
    assert fitted.predict(data.X_given).dtype == np.float64
    assert MAPPING.read(logistic(solver=solver), data).training.dtype in (None, "float64")


@pytest.mark.parametrize(
    "labels",
    [np.array(["good", "bad"]), np.array(["good", "bad"], object), np.array([True, False])],
    ids=["str", "object", "bool"],
)
def test_labels_of_any_type_give_the_same_model(labels):
    plain = tumours()
    data = read_dataset(plain.X, labels[plain.y].reshape(-1, 1))
    found = MAPPING.fit(logistic(class_weight="balanced"), data)
    ordered = plain.y if labels[0] < labels[1] else 1 - plain.y
    expected = MAPPING.fit(logistic(class_weight="balanced"), read_dataset(plain.X, ordered))
    np.testing.assert_allclose(found.coef, expected.coef, rtol=1e-6)
    assert found.warnings == expected.warnings


# --- refusals ---

OLD_ONLY = {
    "multinomial liblinear": (
        {"multi_class": "multinomial", "solver": "liblinear"},
        ["multi_class='multinomial'", "use solver='lbfgs'"],
    ),
    "unknown multi_class": (
        {"multi_class": "both"},
        ["one of 'auto', 'ovr', 'multinomial'", "multi_class='both'"],
    ),
}
NEW_ONLY = {
    "saga without ratio": (
        {"solver": "saga", "C": math.inf, "l1_ratio": None},
        ["l1_ratio from 0 to 1", "got l1_ratio=None", "write l1_ratio=0"],
    ),
}
REFUSALS = {
    "negative C": ({"C": -1}, ["C must be a number > 0", "got C=-1", "a small C is a strong"]),
    "zero C": ({"C": 0}, ["a number > 0", "got C=0;"]),
    "NaN C": ({"C": math.nan}, ["a number > 0", "got C=float('nan')"]),
    "text C": ({"C": "1"}, ["a number > 0", "got C='1'"]),
    "negative max_iter": ({"max_iter": -1}, ["an integer >= 0", "max_iter=-1", "100 is usual"]),
    "float max_iter": ({"max_iter": 10.5}, ["an integer >= 0", "max_iter=10.5"]),
    "negative tol": ({"tol": -1e-3}, ["a finite number >= 0", "tol=-0.001", "1e-4 is usual"]),
    "NaN tol": ({"tol": math.nan}, ["a finite number >= 0", "tol=float('nan')"]),
    "l1_ratio above 1": ({"l1_ratio": 1.5}, ["from 0 to 1", "l1_ratio=1.5", "0 is a pure L2"]),
    "unknown solver": ({"solver": "adam"}, ["one of 'lbfgs'", "solver='adam'", "is usual"]),
    "unknown penalty": ({"penalty": "none"}, ["'elasticnet', None", "penalty='none'"]),
    "intercept_scaling": (
        {"intercept_scaling": -1, "solver": "liblinear"},
        ["a finite number > 0", "intercept_scaling=-1", "1 is usual"],
    ),
    "fit_intercept": ({"fit_intercept": "yes"}, ["True or False", "fit_intercept='yes'"]),
    "solver refuses l1": (
        {"penalty": "l1"},
        ["'lbfgs' fits the penalties l2, none", "got l1", "'liblinear' or 'saga'"],
    ),
    "solver refuses none": (
        {"penalty": None, "solver": "liblinear"},
        ["fits the penalties l2, l1", "none (penalty=None)", "use solver='lbfgs'"],
    ),
    "liblinear hangs": (
        {"C": math.inf, "solver": "liblinear"},
        ["'liblinear'", "inf", "use solver='lbfgs'"],
    ),
    "liblinear hangs before infinity": (
        {"C": 1e200, "solver": "liblinear"},
        ["C <= 1e+30", "got C=1e+200", "use solver='lbfgs' with C=float('inf')"],
    ),
    "dual": (
        {"dual": True},
        ["solver='liblinear' with an l2 penalty only", "solver='lbfgs'", "write dual=False"],
    ),
    "dual l1": (
        {"dual": True, "solver": "liblinear", "penalty": "l1"},
        ["with an l2 penalty only", "with l1", "write dual=False"],
    ),
    "class_weight text": (
        {"class_weight": "even"},
        ["None, 'balanced' or a dict", "class_weight='even'"],
    ),
    "class_weight of a stranger": (
        {"class_weight": {1: 2.0, 7: 1.0}},
        ["without 0, and 7 that no label has", "leave the others out, which weigh 1"],
    ),
    "negative class_weight": (
        {"class_weight": {0: -1.0, 1: 1.0}},
        ["finite numbers >= 0", "got -1.0 for class 0", "leaves the rows of a class out"],
    ),
    "infinite class_weight": (
        {"class_weight": {0: math.inf}},
        ["finite numbers >= 0", "got float('inf') for class 0"],
    ),
    "no class with a weight": (
        {"class_weight": {0: 0, 1: 0.0}},
        ["one class of y a weight above 0", "got {0: 0, 1: 0.0}"],
    ),
    "elastic net without ratio": (
        {"penalty": "elasticnet", "solver": "saga", "l1_ratio": None},
        ["l1_ratio from 0 to 1", "got l1_ratio=None", "l1_ratio=0.5"],
    ),
    "random_state": ({"random_state": -1}, ["None, an integer from 0", "got random_state=-1"]),
    "verbose": ({"verbose": -1}, ["an integer >= 0 or a boolean", "got verbose=-1"]),
    "n_jobs": ({"n_jobs": 1.5}, ["None or an integer", "got n_jobs=1.5"]),
    **(NEW_ONLY if NEW else OLD_ONLY),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_is_invalid_hangs_or_lies_is_refused_before_fitting(case, monkeypatch):
    options, expected = REFUSALS[case]
    estimator, data = LogisticRegression(**options), tumours()
    params = dict(vars(estimator))
    monkeypatch.setattr(LogisticRegression, "fit", lambda *_: pytest.fail("it was fitted"))
    messages = set()
    as_candidate = partial(MAPPING.fit, side="candidate")
    # What the fit of another one left: remedies refuse by the parameters.
    remedies = partial(MAPPING.remedies, fitted=FittedModel(settings=STRANGER, predict=len))
    for refuse in (MAPPING.read, MAPPING.fit, as_candidate, remedies):
        with pytest.raises(ModelParityError) as caught:
            refuse(estimator, data)
        messages.add(str(caught.value))
        # As scikit-learn's own error of a parameter is.
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, TypeError)
    (message,) = messages
    for part in expected:
        assert part in message
    assert vars(estimator) == params
    assert MAPPING.knows(estimator)


@pytest.mark.parametrize(
    ("given", "labels", "expected"),
    [
        ({1: 2.0}, [0, 1], (1.0, 2.0)),
        ({0: 0}, [0, 1], (0.0, 1.0)),
        ({True: 3}, [False, True], (1.0, 3.0)),
        ({1: 3}, [False, True], (1.0, 3.0)),
        ({"yes": 3}, ["no", "yes"], (1.0, 3.0)),
        ({np.int64(1): np.float32(0.5)}, [0, 1], (1.0, 0.5)),
    ],
)
def test_class_weights_of_some_classes_mean_what_scikit_learn_makes_of_them(
    given, labels, expected
):
    rows, labels = tumours(), np.array(labels)
    y = labels[rows.y]
    read = MAPPING.read(logistic(class_weight=given), read_dataset(rows.X, y))
    assert read.objective.class_weight == expected
    own = compute_class_weight(given, classes=labels, y=y)
    assert read.objective.class_weight == tuple(own)


def test_rows_of_which_none_has_a_weight_are_refused():
    rows = tumours()
    data = read_dataset(rows.X, rows.y_given, sample_weight=rows.y.astype(float))
    with pytest.raises(InvalidDataError, match="one row at least must have a weight > 0"):
        MAPPING.read(logistic(class_weight={1: 0}), data)


@pytest.mark.skipif(not BALANCED_COUNTS_WEIGHTS, reason="balanced counts rows before 1.7")
def test_a_class_without_weight_cannot_be_balanced():
    rows = tumours()
    data = read_dataset(rows.X, rows.y_given, sample_weight=rows.y.astype(float))
    with pytest.raises(InvalidDataError, match="needs a row with sample_weight > 0 of every class"):
        MAPPING.read(logistic(class_weight="balanced"), data)


@pytest.mark.parametrize("ratio", [0, 0.0, 1, np.float64(0.0)])
def test_an_elastic_net_of_one_part_is_that_penalty(ratio):
    named = LogisticRegression(penalty="elasticnet", solver="saga", l1_ratio=ratio)
    alone = LogisticRegression(penalty="l1" if ratio else "l2", solver="saga")
    read, expected = (MAPPING.read(each, tumours()).objective for each in (named, alone))
    assert read == expected


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refused_estimator_still_has_its_rows(case):
    rows = MAPPING.mapping_rows(LogisticRegression(**REFUSALS[case][0]), tumours())
    assert [row.name for row in rows] == list(DEFAULTS)
    assert "unsupported" in {row.status for row in rows}


def test_labels_that_read_as_integers_are_keys_as_integers():
    data = read_dataset(tumours().X, np.array(["1", "2"])[tumours().y])
    read = MAPPING.read(logistic(class_weight={1: 1.0, 2: 3.0}), data)
    assert read.objective.class_weight == (1.0, 3.0)
    with pytest.raises(ModelParityError, match=r"looks labels such as '1' up as integers"):
        MAPPING.read(logistic(class_weight={"1": 1.0, "2": 3.0}), data)


@pytest.mark.skipif(not MULTI_CLASS, reason="scikit-learn 1.8 and later fit no such model")
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 0.5, 1: 2.0, 2: 3.0}])
@pytest.mark.parametrize("options", [{"solver": "liblinear"}, {"multi_class": "ovr"}])
def test_one_vs_rest_of_an_older_scikit_learn_has_an_objective_a_class(options, class_weight):
    model = LogisticRegression(tol=1e-9, max_iter=20000, class_weight=class_weight, **options)
    assert MAPPING.read(model, wines()).objective.output_head == "one_vs_rest"
    assert error_of_optimality(model, wines()) < STATIONARY


@pytest.mark.skipif(MULTI_CLASS, reason="older ones fit a one-vs-rest model")
def test_liblinear_over_three_classes_is_refused():
    with pytest.raises(ModelParityError, match=r"with 3 classes.*one-vs-rest.*use solver="):
        MAPPING.fit(LogisticRegression(solver="liblinear"), wines())


def test_a_search_over_c_is_not_taken_for_a_plain_model():
    # A subclass with a fit of its own: test_search.py.
    assert not MAPPING.knows(LogisticRegressionCV(Cs=[1.0]))


def test_a_fit_that_fails_says_why_and_keeps_the_cause(monkeypatch):
    def fail(*_, **__):
        raise FloatingPointError("overflow")

    monkeypatch.setattr(LogisticRegression, "fit", fail)
    expected = "the reference could not be fitted: FloatingPointError: overflow"
    with pytest.raises(ModelParityError, match=expected) as caught:
        MAPPING.fit(logistic(), tumours())
    assert isinstance(caught.value.__cause__, FloatingPointError)


def test_a_fitted_estimator_of_other_features_is_refused():
    data = tumours()
    estimator = logistic().fit(data.X[:, :3], data.y_given)
    with pytest.raises(ModelParityError, match="fitted on 3 features and X with 4; pass the same"):
        MAPPING.fit(estimator, data)


def test_a_fitted_estimator_of_other_classes_is_refused():
    data = tumours()
    estimator = logistic().fit(data.X, data.y_given + 1)
    expected = re.escape("classes [1, 2] and y with [0, 1]; pass the same labels")
    with pytest.raises(ModelParityError, match=expected):
        MAPPING.fit(estimator, data)


def test_rows_that_cannot_be_predicted_are_named_as_such():
    fitted = MAPPING.fit(logistic(), tumours())
    with pytest.raises(ModelParityError, match="could not predict these rows"):
        fitted.predict(np.ones((2, 9)))


# --- which estimators are known ---


class Renamed(LogisticRegression):
    """A subclass that trains as its parent."""


class Trained(LogisticRegression):
    """A subclass that trains otherwise."""

    def fit(self, X, y, sample_weight=None):
        """Do nothing."""
        return self


def test_subclasses_are_known_while_they_train_and_predict_alike():
    assert MAPPING.knows(LogisticRegression())
    assert MAPPING.knows(Renamed())
    assert not MAPPING.knows(Trained())
    assert not MAPPING.knows(BaseEstimator())
    assert not MAPPING.knows(LogisticRegression)
    assert MAPPING.read(Renamed(C=2), tumours()).model == "Renamed(C=2)"


def test_it_satisfies_the_protocol():
    assert problems(MAPPING, EstimatorMapping) == []


# --- remedies ---


def raw_tumours():
    """Return breast_cancer as it comes, on which lbfgs stops at 100."""
    return read_dataset(*load_breast_cancer(return_X_y=True))


def test_a_search_cut_short_gets_more_iterations_first():
    data = raw_tumours()
    estimator = LogisticRegression()
    found = remedies_of(estimator, data)
    texts = [remedy.changes[0].text for remedy in found]
    assert texts == [
        "max_iter=1000",
        "max_iter=10000",
        "max_iter=100000",
        "solver='newton-cholesky'",
    ]
    assert limits(found) == [1000, 10000, 100000, 100]
    assert {remedy.changes[0].side for remedy in found} == {"reference"}
    assert [remedy.settings for remedy in found] == [("iterations",)] * 3 + [("solver",)]


def test_a_search_that_stopped_by_itself_gets_a_smaller_tol_first():
    found = remedies_of(logistic(), tumours())
    assert [remedy.changes[0].setting for remedy in found] == ["tol", "tol", "solver"]


def test_more_iterations_stay_affordable(monkeypatch):
    data, estimator = tumours(), logistic(solver="sag", max_iter=2)
    monkeypatch.setattr(remedies_module, "REMEDY_WORK", 50.0 * data.X.size)
    found = remedies_of(estimator, data)
    assert limits(r for r in found if r.settings == ("iterations",)) == [20, 50]
    assert {r.settings for r in found} == {("iterations",), ("solver",)}


def test_without_another_solver_the_last_resort_is_tol_with_more_iterations():
    found = remedies_of(logistic("l1", solver="saga", max_iter=2), tumours())
    last = found[-1]
    assert (last.settings, limits([last])) == (("tol",), [10_000])
    assert last.changes[0].text == "tol=1e-10, max_iter=10000"


@pytest.mark.parametrize("make", [tumours, wines], ids=["binary", "multinomial"])
@pytest.mark.parametrize(
    "solver,penalty", [(solver, kind) for solver, kinds in SOLVERS.items() for kind in kinds]
)
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "no intercept"])
def test_remedies_keep_the_objective_and_the_estimator(make, solver, penalty, intercept):
    data = make()
    estimator = logistic(penalty, solver=solver, fit_intercept=intercept, random_state=0)
    if data.n_classes > 2 and (solver == "liblinear" or VERSION < (1, 6)):
        return
    params = estimator.get_params()
    fitted = MAPPING.fit(estimator, data)
    for remedy in MAPPING.remedies(estimator, data, fitted=fitted):
        if "max_iter" in remedy.changes[0].text and limits([remedy])[0] > 20000:
            continue
        trained = train(remedy, data)
        assert trained.settings.objective == fitted.settings.objective
        assert trained.settings.training != fitted.settings.training
    assert estimator.get_params() == params
    assert not hasattr(estimator, "coef_")


def test_the_solver_remedy_reaches_the_optimum_that_lbfgs_missed():
    data = raw_tumours()
    (solver,) = [r for r in remedies_of(LogisticRegression(), data) if r.settings == ("solver",)]
    trained = train(solver, data)
    objective = objective_from_settings(trained.settings.objective, data.X, data.y, 2)
    gradient = objective.gradient(objective.pack(trained.coef, trained.intercept))
    assert np.abs(gradient).max() < 1e-6
    assert trained.converged


@pytest.mark.parametrize("intercept", [True, False])
def test_without_a_penalty_scaled_features_lead_to_the_same_optimum(intercept):
    # Rows that overlap, on scales far apart: lbfgs is slow on them as they come.
    generator = np.random.default_rng(0)
    X = generator.normal(size=(200, 3)) * [1.0, 100.0, 0.01] + [0.0, 300.0, 0.1]
    y = (generator.random(200) < 0.5).astype(int)
    data = read_dataset(X, y)
    estimator = logistic("none", fit_intercept=intercept, tol=1e-10)
    (scaled,) = [r for r in remedies_of(estimator, data) if r.settings == ("feature_scaling",)]
    trained = train(scaled, data)
    objective = objective_from_settings(trained.settings.objective, data.X, data.y, 2)
    hessian = objective.hessian(objective.pack(trained.coef, trained.intercept))
    gradient = objective.gradient(objective.pack(trained.coef, trained.intercept))
    assert gradient @ np.linalg.solve(hessian, gradient) < 1e-12
    expected = trained.predict(X)[:, 1]
    assert np.allclose(1 / (1 + np.exp(-(X @ trained.coef[0] + trained.intercept))), expected)
    names = {"X": X, "y": y}
    exec(MAPPING.source(scaled.recipe, data), names)
    assert np.allclose(names["reference"].predict_proba(X)[:, 1], expected, atol=1e-6)


def test_a_remedy_comes_with_a_program_that_fits_it():
    data = raw_tumours()
    (solver,) = [r for r in remedies_of(LogisticRegression(), data) if r.settings == ("solver",)]
    names = {"X": data.X, "y": data.y}
    exec(MAPPING.source(solver.recipe, data), names)
    assert np.allclose(names["reference"].coef_, train(solver, data).coef, rtol=1e-6)


@pytest.mark.parametrize("estimator", [logistic(class_weight={0: 1, 1: 2}), logistic("none")])
def test_remedies_are_data(estimator):
    data = raw_tumours()
    fitted = MAPPING.fit(estimator, data)
    once, again = (MAPPING.remedies(estimator, data, fitted=fitted) for _ in range(2))
    assert len(once) > 2
    assert once == again == pickle.loads(pickle.dumps(once))
    assert len({pickle.dumps(remedy.recipe) for remedy in once}) == len(once)
    for remedy in once[-2:]:
        later = pickle.loads(pickle.dumps(remedy))
        np.testing.assert_array_equal(train(later, data).coef, train(remedy, data).coef)


def test_a_larger_limit_than_usual_first_gets_the_tolerance_alone():
    texts = [r.changes[0].text for r in remedies_of(logistic(max_iter=20_000), tumours())]
    assert texts == ["tol=1e-10", "tol=1e-10, max_iter=2000000", "solver='newton-cholesky'"]


def test_a_program_is_written_for_the_side_and_for_weights():
    data = tumours(sample_weight=np.linspace(0.5, 2, 150))
    names = {"X": data.X, "y": data.y_given, "sample_weight": data.sample_weight}
    exec(MAPPING.source(logistic(C=0.2), data, side="candidate"), names)
    np.testing.assert_array_equal(names["candidate"].coef_, MAPPING.fit(logistic(C=0.2), data).coef)


def test_liblinear_with_an_intercept_has_no_other_solver():
    settings = [r.settings for r in remedies_of(logistic(solver="liblinear"), tumours())]
    assert ("solver",) not in settings
    free = remedies_of(logistic(solver="liblinear", dual=True, fit_intercept=False), tumours())
    texts = [r.changes[0].text for r in free if r.settings == ("solver",)]
    assert texts == ["solver='newton-cholesky', dual=False"]


# --- what has no effect, and the Keras counterparts ---


@pytest.mark.parametrize(
    "options,named",
    [
        ({}, []),
        ({"C": 0.1, "max_iter": 500, "tol": 1e-6}, []),
        ({"intercept_scaling": 3}, ["intercept_scaling=3"]),
        ({"intercept_scaling": 3, "solver": "liblinear"}, []),
        ({"random_state": 0}, ["random_state=0"]),
        ({"random_state": 0, "solver": "saga"}, []),
        ({"random_state": 0, "solver": "liblinear"}, ["random_state=0"]),
        ({"random_state": 0, "solver": "liblinear", "dual": True}, []),
        ({"warm_start": True}, ["warm_start=True"]),
        ({"n_jobs": 2}, ["n_jobs=2"]),
        ({"class_weight": {0: 1.0, 1: 2.0, 5: 3.0}}, ["class_weight={0: 1.0, 1: 2.0, 5: 3.0}"]),
    ],
)
def test_a_setting_without_effect_is_named_once_its_user_changed_it(options, named):
    found = MAPPING.inert_settings(LogisticRegression(**options), tumours())
    assert [text.split(" has no effect: ")[0] for text in found] == named


def test_a_setting_called_inert_really_changes_nothing():
    data = tumours()
    plain = MAPPING.fit(logistic(), data).coef
    for options in ({"intercept_scaling": 3}, {"random_state": 7}, {"warm_start": True}):
        np.testing.assert_array_equal(MAPPING.fit(logistic(**options), data).coef, plain)


@pytest.mark.parametrize("data", [None, tumours()], ids=["no data", "data"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_there_is_one_row_for_each_parameter_of_the_installed_version(solver, data):
    rows = MAPPING.mapping_rows(logistic(solver=solver), data)
    assert [row.name for row in rows] == list(LogisticRegression().get_params()) or (
        sorted(row.name for row in rows) == sorted(LogisticRegression().get_params())
    )
    assert all(row.keras and row.reason and row.value for row in rows)
    assert "unsupported" not in {row.status for row in rows}


def test_the_rows_name_the_keras_counterparts():
    data = tumours()
    estimator = logistic(solver="liblinear", C=0.5, class_weight={0: 1.0, 1: 3.0})
    rows = {row.name: (row.keras, row.status) for row in MAPPING.mapping_rows(estimator, data)}
    strength = f"L2({1 / (2 * 0.5 * data.n_samples):.3g})"
    expected = {
        "C": (f"kernel_regularizer={strength}", "exact"),
        "solver": (f"bias_regularizer={strength}", "exact"),
        "intercept_scaling": (f"bias_regularizer={strength}", "exact"),
        "fit_intercept": ("use_bias=True", "exact"),
        "class_weight": ("class_weight={0: 1, 1: 3}", "exact"),
        "max_iter": ("trained to the optimum", "approximate"),
        "tol": ("trained to the optimum", "approximate"),
        "random_state": ("-", "inert"),
    }
    assert {name: rows[name] for name in expected} == expected


def test_without_data_the_rows_hold_formulas():
    rows = {row.name: row.keras for row in MAPPING.mapping_rows(logistic(solver="liblinear"))}
    assert rows["C"] == "kernel_regularizer=L2(1/(2 C n))"
    assert rows["solver"] == "bias_regularizer=L2(1/(2 C n intercept_scaling**2))"
