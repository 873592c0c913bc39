"""The twin in scikit-learn's own tools: its estimator checks, searches, pipelines, calibration."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from pytest_modelparity import InvalidDataError, InvalidParameterError, KerasTwin

#: Keras 3.15 saves a variable by ``np.array(variable)``, which numpy 2 does not like.
SAVES = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)

#: From 1.8 on the penalty is said by C and l1_ratio.
NEW = inspect.signature(LogisticRegression).parameters.get("penalty") is None or (
    inspect.signature(LogisticRegression).parameters["penalty"].default == "deprecated"
)


# scikit-learn's checks whole: none is expected to fail.
@SAVES
@parametrize_with_checks([KerasTwin(LogisticRegression())])
def test_the_twin_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def rows():
    """Return 80 rows of two overlapping classes with names."""
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    return rng.normal(size=(80, 3)) + 0.8 * y[:, None], np.array(["no", "yes"])[y]


def test_a_search_over_the_estimators_parameters_chooses_what_it_chooses_for_scikit_learn(rows):
    strengths = [1e-4, 0.1, 10.0]
    twin = GridSearchCV(
        KerasTwin(LogisticRegression()), {"estimator__C": strengths}, scoring="neg_log_loss", cv=2
    ).fit(*rows)
    own = GridSearchCV(
        LogisticRegression(tol=1e-10), {"C": strengths}, scoring="neg_log_loss", cv=2
    ).fit(*rows)
    assert twin.best_params_ == {"estimator__C": own.best_params_["C"]}
    for score in ("mean_test_score", "std_test_score"):
        np.testing.assert_allclose(twin.cv_results_[score], own.cv_results_[score], atol=1e-6)
    np.testing.assert_allclose(twin.predict_proba(rows[0]), own.predict_proba(rows[0]), atol=1e-6)


def test_a_pipeline_hands_it_weights_and_labels(rows):
    X, y = rows
    weights = np.linspace(0.1, 2.0, len(y))
    twin = make_pipeline(StandardScaler(), KerasTwin(LogisticRegression()))
    own = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-10))
    twin.fit(X, y, kerastwin__sample_weight=weights)
    own.fit(X, y, logisticregression__sample_weight=weights)
    np.testing.assert_allclose(twin.predict_proba(X), own.predict_proba(X), atol=1e-6)
    np.testing.assert_array_equal(twin.predict(X), own.predict(X))


def test_cross_validation_scores_as_scikit_learns_estimator_does(rows):
    twin = cross_val_score(KerasTwin(LogisticRegression()), *rows, cv=3)
    np.testing.assert_array_equal(twin, cross_val_score(LogisticRegression(tol=1e-10), *rows, cv=3))


def test_weights_are_routed_where_that_is_asked_for(rows):
    X, y = rows
    weights = np.where(y == "yes", 5.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        twin = KerasTwin(LogisticRegression()).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        routed = make_pipeline(scaler, twin).fit(X, y, sample_weight=weights)
    given = KerasTwin(LogisticRegression()).fit(StandardScaler().fit_transform(X), y, weights)
    np.testing.assert_array_equal(routed[-1].coef_, given.coef_)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_it_is_calibrated_as_scikit_learns_estimator_is(method, rows):
    X, y = rows
    twin = CalibratedClassifierCV(KerasTwin(LogisticRegression()), method=method, cv=2).fit(X, y)
    own = CalibratedClassifierCV(LogisticRegression(tol=1e-10), method=method, cv=2).fit(X, y)
    np.testing.assert_allclose(twin.predict_proba(X), own.predict_proba(X), atol=1e-5)


@SAVES
def test_copies_predict_the_same(rows):
    X, y = rows
    twin = KerasTwin(LogisticRegression(C=0.3)).fit(X, y)
    for other in (copy.deepcopy(twin), pickle.loads(pickle.dumps(twin)), clone(twin).fit(X, y)):
        np.testing.assert_array_equal(other.predict_proba(X), twin.predict_proba(X))
        assert other.estimator.C == 0.3


def test_names_of_columns_are_those_of_fit(rows):
    X, y = rows
    twin = KerasTwin(LogisticRegression()).fit(pd.DataFrame(X, columns=list("abc")), y)
    with pytest.raises(InvalidDataError, match="feature names should match"):
        twin.predict(pd.DataFrame(X, columns=list("cba")))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        twin.predict(X)
    # Numbers are no names to scikit-learn.
    assert not hasattr(twin.fit(pd.DataFrame(X), y), "feature_names_in_")


def test_its_tags_are_those_of_its_estimator():
    assert get_tags(KerasTwin(LogisticRegression())).input_tags.sparse
    for solver in ("lbfgs", "liblinear"):
        estimator = LogisticRegression(solver=solver)
        tags = get_tags(KerasTwin(estimator)).classifier_tags
        assert tags.multi_class == get_tags(estimator).classifier_tags.multi_class
    # Whatever is given: `fit` says what is wrong with it.
    for wrong in ("lr", LogisticRegression, None):
        assert get_tags(KerasTwin(wrong)).classifier_tags.multi_class


WARNED = {
    "penalty=None ignores C": ({"penalty": None, "C": 0.5}, "penalty=None will ignore the C"),
    "an ignored share": ({"penalty": "l2", "l1_ratio": 0.5}, "l1_ratio parameter is only used"),
    **(
        {
            "penalty": ({"penalty": "l2"}, "'penalty' was deprecated"),
            "l1_ratio=None": ({"l1_ratio": None}, "'l1_ratio=None' was deprecated"),
            "n_jobs": ({"n_jobs": 2}, "'n_jobs' has no effect"),
        }
        if NEW
        else {"multi_class": ({"multi_class": "auto"}, "'multi_class' was deprecated")}
    ),
}


@pytest.mark.parametrize("case", WARNED)
def test_it_warns_of_parameters_as_scikit_learn_does(case, rows):
    X, y = rows
    options, expected = WARNED[case]
    with warnings.catch_warnings(record=True) as own:
        warnings.simplefilter("always")
        LogisticRegression(**options).fit(X, y)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        KerasTwin(LogisticRegression(**options)).fit(X, y)
    assert any(expected in str(each.message) for each in caught)
    assert [(each.category, str(each.message)) for each in caught] == [
        (each.category, str(each.message)) for each in own
    ]
    # At the line of whoever called `fit`.
    assert {each.filename for each in caught} == {__file__}


def test_a_limit_on_the_steps_of_scikit_learn_is_no_warning_of_the_twin(rows):
    KerasTwin(LogisticRegression(max_iter=1, solver="saga")).fit(*rows)


def test_a_column_of_labels_is_warned_of(rows):
    X, y = rows
    with pytest.warns(DataConversionWarning, match=r"for example using ravel\(\)"):
        KerasTwin(LogisticRegression()).fit(X, y.reshape(-1, 1))


def test_asking_for_warnings_leaves_the_estimator_and_numpys_random_state(rows):
    estimator = LogisticRegression(solver="sag", random_state=np.random.RandomState(3))
    before, own = np.random.get_state()[1].copy(), estimator.random_state.get_state()[1].copy()
    KerasTwin(estimator).fit(*rows)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.testing.assert_array_equal(estimator.random_state.get_state()[1], own)


@pytest.mark.parametrize(
    "twin",
    [KerasTwin(LogisticRegression(C=-1)), KerasTwin(LogisticRegression(), output="odds")],
    ids=["the estimator's", "its own"],
)
def test_a_wrong_parameter_is_a_value_error(twin, rows):
    with pytest.raises(ValueError, match="must be") as caught:
        twin.fit(*rows)
    assert isinstance(caught.value, InvalidParameterError)
