"""Searches by cross-validation: what they chose is what is compared, and the choice is told.

No Keras model is trained here; the twin of a search is in test_twin.py.
"""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import (
    ElasticNetCV,
    LassoCV,
    LogisticRegression,
    LogisticRegressionCV,
    RidgeCV,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler
from sklearn.svm import LinearSVC

from pytest_modelparity import compare_models
from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.sklearn.logistic.parameters import L1_RATIO_DECIDES
from pytest_modelparity.frameworks.sklearn.mappings import mappings
from pytest_modelparity.frameworks.sklearn.search.mapping import OfChosen, SearchMapping
from pytest_modelparity.parity.side import TRAINING, Side
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.mapping import find_mapping
from pytest_modelparity.sides.regression import read_numbers

pytestmark = [
    # LogisticRegressionCV warns of three defaults that will change.
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

#: The new names of what a LogisticRegressionCV leaves, where there are such (1.8).
NEW_NAMES = {"use_legacy_attributes": False} if L1_RATIO_DECIDES else {}
ELASTIC = {} if L1_RATIO_DECIDES else {"penalty": "elasticnet"}
GRID = {"C": [0.02, 0.3, 2.0]}


def mapping():
    """Return the mapping of searches, as a check gets it."""
    (search,) = (one for one in mappings() if isinstance(one, SearchMapping))
    return search


def tumours(**options):
    """Return overlapping rows of two classes, standardised."""
    X, y = load_breast_cancer(return_X_y=True)
    return read_dataset(StandardScaler().fit_transform(X[:150, :4]), y[:150], **options)


def wines(**options):
    """Return overlapping rows of three classes, standardised."""
    X, y = load_wine(return_X_y=True)
    return read_dataset(StandardScaler().fit_transform(X[:, :4]), y, **options)


def left_by(fitted, data):
    """Return how far from the optimum of its objective a model is."""
    side = Side(name="reference", data=data, fitted=fitted)
    return float(np.abs(side.predictions(TRAINING) - side.optimum.predictions).max())


def grid(estimator=None, **options):
    """Return a search over C."""
    estimator = LogisticRegression(tol=1e-8) if estimator is None else estimator
    return GridSearchCV(estimator, GRID, scoring="neg_log_loss", cv=3, **options)


# --- LogisticRegressionCV is the LogisticRegression that it chose ---

WEIGHTS = np.linspace(0.5, 2, 150)
SEARCHES = {
    "two classes": (tumours, {}),
    "three classes, new names": (wines, NEW_NAMES),
    "elastic net": (tumours, {"solver": "saga", "l1_ratios": (0.2, 0.7), **ELASTIC}),
    "balanced and weighted": (lambda: tumours(sample_weight=WEIGHTS), {"class_weight": "balanced"}),
    # Its last fit takes an intercept_scaling of 1 whatever was given.
    "liblinear": (tumours, {"solver": "liblinear", "intercept_scaling": 7.0}),
    "no intercept": (
        tumours,
        {"fit_intercept": False, "l1_ratios": (0,) * L1_RATIO_DECIDES or None},
    ),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_what_a_logistic_search_refits_is_at_the_optimum_of_what_is_read(name):
    subject, options = SEARCHES[name]
    data = subject()
    search = LogisticRegressionCV(
        Cs=[0.02, 0.3], cv=3, scoring="neg_log_loss", tol=1e-9, max_iter=20000, **options
    )
    fitted = mapping().fit(search, data)
    # A strength, a share or a weight that is read wrong leaves more than 1e-3.
    assert left_by(fitted, data) < 1e-5
    written = fitted.settings.written
    assert written["C"].endswith(", chosen by 3-fold cross-validation")
    assert ("chosen" in written["l1_ratio"]) == (name == "elastic net")
    assert fitted.settings.model.endswith(", chosen by LogisticRegressionCV")


def test_the_coefficients_are_those_that_the_search_left():
    data = tumours()
    search = LogisticRegressionCV(Cs=[0.02, 0.3], cv=3, scoring="neg_log_loss")
    search.fit(data.X, data.y_given)
    fitted = mapping().fit(search, data)
    np.testing.assert_array_equal(fitted.coef, search.coef_)
    np.testing.assert_array_equal(fitted.predict(data.X), search.predict_proba(data.X))
    assert fitted.seconds is None
    assert fitted.settings.training.initialization == "the mean of the folds' coefficients"


# --- RidgeCV, LassoCV and ElasticNetCV likewise ---

LINEAR_SEARCHES = {
    "leave one out": (RidgeCV([0.1, 30.0]), "leave-one-out cross-validation"),
    "ridge by folds": (RidgeCV([0.1, 30.0], cv=3, fit_intercept=False), "cross-validation"),
    "lasso": (LassoCV(cv=3, tol=1e-10), "3-fold cross-validation"),
    "elastic net": (
        ElasticNetCV(cv=3, tol=1e-10, l1_ratio=[0.3, 0.8]),
        "3-fold cross-validation",
    ),
}


@pytest.mark.parametrize("name", LINEAR_SEARCHES)
def test_what_a_linear_search_refits_is_at_the_optimum_of_what_is_read(name):
    X, y = load_diabetes(return_X_y=True)
    # No alpha is 1, which an unfitted search stands for.
    data = read_numbers(StandardScaler().fit_transform(X), y, sample_weight=np.linspace(1, 3, 442))
    search, way = LINEAR_SEARCHES[name]
    fitted = mapping().fit(search, data)
    assert left_by(fitted, data) < 1e-6 * y.std()
    written = fitted.settings.written
    assert written["C"].endswith(f", chosen by {way}")
    assert ("chosen" in written["l1_ratio"]) == (name == "elastic net")
    # One that is fitted is taken as it is.
    own = clone(search).fit(data.X, data.y, sample_weight=data.sample_weight)
    np.testing.assert_array_equal(mapping().fit(own, data).coef[0], own.coef_)


# --- searches over any estimator that is known ---

OVER = {
    "grid": grid(),
    "random": RandomizedSearchCV(
        LogisticRegression(tol=1e-8), GRID, n_iter=2, cv=3, scoring="neg_log_loss", random_state=0
    ),
    "halving": HalvingGridSearchCV(
        LogisticRegression(tol=1e-8), GRID, cv=3, scoring="neg_log_loss", random_state=0
    ),
    "several scores": grid(refit="accuracy").set_params(scoring=["accuracy", "neg_log_loss"]),
}


@pytest.mark.parametrize("name", OVER)
def test_a_search_is_fitted_and_its_best_estimator_is_compared(name):
    data = tumours()
    subject = mapping()
    assert subject.knows(OVER[name])
    fitted = subject.fit(OVER[name], data)
    assert left_by(fitted, data) < 1e-5
    chosen = subject.read(OVER[name], data)
    assert chosen == fitted.settings
    best = 1 / (chosen.objective.l2_strength * data.n_samples)
    value, _, by = chosen.written["C"].partition(", ")
    assert float(value.removeprefix("C=")) == pytest.approx(best)
    assert by == "chosen by 3-fold cross-validation"
    # The user's own object stays as it was.
    assert not hasattr(OVER[name], "best_estimator_")


def test_a_search_over_sgd_says_which_alpha_it_chose():
    data = tumours()
    sgd = SGDClassifier(loss="log_loss", random_state=0, tol=None, max_iter=2000)
    search = GridSearchCV(sgd, {"alpha": [0.01, 3.0]}, cv=3, scoring="neg_log_loss")
    fitted = mapping().fit(search, data)
    assert fitted.settings.written["C"].startswith("alpha=0.01 (C=")
    assert fitted.settings.written["C"].endswith(", chosen by 3-fold cross-validation")
    assert left_by(fitted, data) < 1e-3


def test_weights_of_rows_reach_every_fit_of_a_search():
    data = tumours(sample_weight=WEIGHTS**3)
    expected = grid().fit(data.X, data.y_given, sample_weight=data.sample_weight).best_estimator_
    fitted = mapping().fit(grid(), data)
    np.testing.assert_array_equal(fitted.coef, expected.coef_)
    assert fitted.settings.objective.sample_weight


def test_the_objective_of_an_unfitted_search_is_open_until_it_is_fitted():
    data, search = tumours(), grid()
    subject = mapping()
    assert subject.read(search, data).objective is None
    assert subject.inert_settings(search, data) == ()
    fitted = subject.fit(search, data)
    assert subject.read(search, data).objective == fitted.settings.objective
    # Another check knows nothing of it.
    assert mapping().read(search, data).objective is None


def test_a_search_that_draws_is_fitted_once_a_check(monkeypatch):
    data, fits = tumours(), []
    real = RandomizedSearchCV.fit

    def counted(self, *args, **kwargs):
        fits.append(self)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(RandomizedSearchCV, "fit", counted)
    search = RandomizedSearchCV(LogisticRegression(), GRID, n_iter=2, cv=3)
    report = compare_models(
        search, data.X, data.y_given, candidate=LogisticRegression(C=50.0, max_iter=2)
    )
    assert report.causes
    assert len(fits) == 1


# --- remedies are of what was chosen ---


def test_a_remedy_does_not_search_again():
    data, search = tumours(), grid(LogisticRegression(max_iter=2))
    subject = mapping()
    fitted = subject.fit(search, data)
    remedies = subject.remedies(search, data, fitted=fitted)
    assert pickle.loads(pickle.dumps(remedies)) == remedies
    assert not any("CV" in repr(one.recipe) for one in remedies)
    before = left_by(fitted, data)
    trained = subject.fit(remedies[0].recipe, data)
    assert left_by(trained, data) < 0.1 * before
    assert trained.settings.objective == fitted.settings.objective
    assert subject.read(remedies[0].recipe, data).training.iterations == 20
    program = subject.source(remedies[0].recipe, data)
    assert "CV" not in program
    names = {"X": data.X, "y": data.y_given}
    exec(compile(program, "<source>", "exec"), names)
    np.testing.assert_allclose(names["reference"].coef_, trained.coef)


def test_the_program_of_a_search_fits_what_it_chose():
    data, search = tumours(), grid()
    subject = mapping()
    names = {"X": data.X, "y": data.y_given}
    exec(compile(subject.source(search, data), "<source>", "exec"), names)
    np.testing.assert_allclose(names["reference"].coef_, subject.fit(search, data).coef, atol=1e-6)


def test_a_recipe_that_is_no_estimator_is_still_that_of_what_was_chosen():
    data = tumours()
    sgd = SGDClassifier(loss="log_loss", random_state=0)
    search = GridSearchCV(sgd, {"alpha": [0.02]}, cv=3)
    subject = mapping()
    fitted = subject.fit(search, data)
    *_, by_solver = subject.remedies(search, data, fitted=fitted)
    assert isinstance(by_solver.recipe, OfChosen)
    assert pickle.loads(pickle.dumps(by_solver)) == by_solver
    assert left_by(subject.fit(by_solver.recipe, data), data) < 1e-6
    assert "LogisticRegression(" in subject.source(by_solver.recipe, data)


# --- searches and pipelines ---


def scaled(*steps, **options):
    """Return a search over C behind a scaler and further steps."""
    pipeline = make_pipeline(StandardScaler(), *steps, LogisticRegression(tol=1e-8))
    return GridSearchCV(
        pipeline,
        {"logisticregression__C": [0.02, 2.0]},
        scoring="neg_log_loss",
        cv=3,
        **options,
    )


def raw_tumours():
    """Return rows of two classes in their own units."""
    X, y = load_breast_cancer(return_X_y=True)
    return X[:150, :4], y[:150]


def test_a_search_over_pipelines_compares_the_best_with_its_scaling():
    X, y = raw_tumours()
    candidate = make_pipeline(StandardScaler(), LogisticRegression(C=2.0, tol=1e-8))
    report = compare_models(scaled(), X, y, candidate=candidate)
    assert report.equivalent
    assert "chosen by 3-fold" in report.settings["reference"].word("C")
    assert report.settings["reference"].objective.feature_scale is not None
    forgotten = compare_models(
        scaled(), X, y, candidate=LogisticRegression(C=2.0, tol=1e-8, max_iter=10**5)
    )
    assert {one.setting for one in forgotten.causes if one.role == "must"} == {"feature_scaling"}


def test_weights_of_rows_reach_the_last_step_of_a_searched_pipeline_alone():
    X, y = raw_tumours()
    weights = WEIGHTS**3
    data = read_dataset(X, y, sample_weight=weights)
    fitted = mapping().fit(scaled(), data)
    best = scaled().fit(X, y, logisticregression__sample_weight=weights).best_estimator_
    np.testing.assert_allclose(fitted.predict(X), best.predict_proba(X), atol=1e-9)
    # The scaler counts every row once.
    np.testing.assert_allclose(fitted.settings.objective.feature_shift, X.mean(axis=0))


def test_a_search_that_chooses_among_features_is_to_be_fitted_first():
    X, y = raw_tumours()
    steps = (PolynomialFeatures(2), LogisticRegression(tol=1e-8))
    search = GridSearchCV(
        make_pipeline(StandardScaler(), *steps), {"polynomialfeatures__degree": [1, 2]}, cv=3
    )
    with pytest.raises(ModelParityError, match=r"pass it fitted, as GridSearchCV\(\.\.\.\)\.fit"):
        compare_models(search, X, y, candidate=LogisticRegression())
    # The same features whatever it chooses.
    of_c = GridSearchCV(
        make_pipeline(StandardScaler(), *steps), {"logisticregression__C": [2.0]}, cv=3
    )
    behind = {"candidate": LogisticRegression(C=2.0, tol=1e-8), "candidate_rows": "transformed"}
    assert compare_models(clone(of_c).fit(X, y), X, y, **behind).equivalent
    with pytest.raises(ModelParityError, match=r"which has chosen none; fit it first"):
        compare_models(of_c, X, y, **behind)
    with pytest.raises(ModelParityError, match=r"searches over LogisticRegression; leave"):
        compare_models(grid(), X, y, **behind)
    fitted = mapping().features(of_c, X, y)
    assert fitted is not None
    assert np.shape(fitted(X[:3])) == (3, 15)


def test_a_search_that_chooses_other_features_is_refused():
    X, y = raw_tumours()
    search = GridSearchCV(
        make_pipeline(MinMaxScaler(), LogisticRegression()), {"minmaxscaler__clip": [True]}, cv=3
    )
    # Without clipping there are no other features to see beforehand.
    assert mapping().features(search, X, y) is None
    with pytest.raises(ModelParityError, match="chooses which features there are"):
        mapping().fit(search, read_dataset(X, y))


def test_a_pipeline_that_ends_in_a_search_is_repaired_without_it():
    X, y = raw_tumours()
    search = LogisticRegressionCV(Cs=[5.0], cv=2, max_iter=1)
    exact = make_pipeline(StandardScaler(), LogisticRegression(C=5.0, tol=1e-9))
    report = compare_models(make_pipeline(StandardScaler(), search), X, y, candidate=exact)
    assert report.causes
    assert all(one.kind == "reference" for one in report.causes)


# --- the mapping table ---


def test_every_parameter_of_a_search_has_a_row_and_so_has_what_it_chose():
    data, search = tumours(), grid()
    subject = mapping()
    before = {row.name: row for row in subject.mapping_rows(search)}
    assert set(before) == set(search.get_params(deep=False))
    assert before["param_grid"].status == "exact"
    assert before["n_jobs"].status == "inert"
    subject.fit(search, data)
    after = {row.name: row for row in subject.mapping_rows(search, data)}
    assert after["best_estimator_.C"].keras.startswith("kernel_regularizer=L2(")
    refused = {row.name: row.status for row in subject.mapping_rows(grid(refit=False), data)}
    assert refused["refit"] == "unsupported"
    search = LogisticRegressionCV(solver="liblinear", intercept_scaling=7.0)
    rows = {row.name: row for row in subject.mapping_rows(search)}
    assert set(rows) == set(search.get_params())
    assert rows["intercept_scaling"].reason.endswith("the last fit takes 1")


# --- in a check ---


@pytest.mark.parametrize("subject", [tumours, wines])
@pytest.mark.parametrize(
    ("planted", "cause"), [({"C": 20.0}, "C"), ({"fit_intercept": False}, "fit_intercept")]
)
def test_a_planted_difference_from_what_was_chosen_is_a_must(subject, planted, cause):
    data = subject()
    chosen = GridSearchCV(LogisticRegression(tol=1e-8), {"C": [0.1]}, cv=3)
    candidate = LogisticRegression(**{"C": 0.1, "tol": 1e-8} | planted)
    report = compare_models(chosen, data.X, data.y_given, candidate=candidate)
    assert {one.setting for one in report.causes if one.role == "must"} == {cause}
    (row,) = (one for one in report.compared if one.setting == "C")
    assert "C=0.1, chosen by 3-fold cross-validation" in row.reference


def test_a_search_that_stopped_early_is_told_as_the_reference():
    data = wines()
    search = GridSearchCV(LogisticRegression(max_iter=2), {"C": [5.0]}, cv=3)
    exact = LogisticRegression(C=5.0, tol=1e-9, max_iter=1000)
    report = compare_models(search, data.X, data.y_given, candidate=exact)
    assert {one.setting for one in report.causes} <= {"iterations", "solver"}
    assert all(one.kind == "reference" for one in report.causes)
    assert report.causes


def test_a_search_as_the_candidate_is_read_too():
    data = tumours()
    report = compare_models(
        LogisticRegression(C=0.3, tol=1e-8), data.X, data.y_given, candidate=grid()
    )
    assert report.settings["candidate"].objective is not None
    assert "chosen by" in report.settings["candidate"].word("C")


# --- what is refused ---


@pytest.mark.parametrize(
    ("search", "left"),
    [
        (LogisticRegressionCV(Cs=[0.3], cv=2, refit=False), "the mean of the folds' coefficients"),
        (grid(refit=False), "no estimator at all"),
    ],
)
@pytest.mark.parametrize("fitted", [False, True])
def test_a_search_without_a_refit_is_refused(search, left, fitted):
    data = tumours()
    if fitted:
        search = type(search)(**search.get_params(deep=False)).fit(data.X, data.y_given)
    with pytest.raises(ModelParityError, match=rf"got \w+\(refit=False\), which keeps {left}"):
        compare_models(search, data.X, data.y_given, candidate=LogisticRegression())


def test_a_search_over_what_is_not_known_is_refused_with_the_reason():
    for estimator, reason in (
        (GridSearchCV(LinearSVC(), GRID), "cannot be compared: LinearSVC has a hinge loss"),
        (GridSearchCV(SGDClassifier(), {}), "loss='hinge'"),
    ):
        with pytest.raises(ModelParityError, match=reason):
            find_mapping(estimator, mappings())


def test_a_search_that_chooses_what_is_not_known_is_refused_with_the_reason():
    data = tumours()
    search = GridSearchCV(SGDClassifier(loss="log_loss"), {"loss": ["hinge"]}, cv=3)
    with pytest.raises(ModelParityError, match=r"GridSearchCV chose what.*loss='hinge'"):
        mapping().fit(search, data)


def test_a_setting_that_a_logistic_search_cannot_have_is_refused_before_it_starts():
    with pytest.raises(ModelParityError, match="solver must be one of"):
        mapping().read(LogisticRegressionCV(solver="newton"), tumours())
    with pytest.raises(ModelParityError, match="one-vs-rest"):
        mapping().read(LogisticRegressionCV(solver="liblinear"), wines())


def test_a_search_fitted_on_other_columns_is_refused():
    data = tumours()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = grid().fit(data.X[:, :3], data.y_given)
    with pytest.raises(ModelParityError, match="fitted on 3 features and X with 4"):
        mapping().fit(search, data)


def test_without_labels_an_unfitted_search_is_to_be_fitted_first():
    data = tumours()
    fitted = LogisticRegression().fit(data.X, data.y_given)
    with pytest.raises(ModelParityError, match="got an unfitted GridSearchCV; pass candidate="):
        compare_models(fitted, data.X, candidate=grid())
