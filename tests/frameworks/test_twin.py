"""The twin as a scikit-learn estimator, and the stock Keras model that it leaves behind."""

from __future__ import annotations

import inspect
import pickle
import random
import subprocess
import sys
import warnings
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import KerasTwin, ModelParityError
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND

# Keras has imported it, or runs on another backend: `backends.py` names what is left out then.
tf: Any = sys.modules.get("tensorflow")

#: Keras 3.15 saves a variable by ``np.array(variable)``, which numpy 2 does not like.
SAVES = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


@pytest.fixture(scope="module")
def two_classes(bundled):
    """Return 150 standardised rows of four features that overlap."""
    X, y = bundled("breast_cancer")
    return StandardScaler().fit_transform(X[:150, :4]), y[:150]


@pytest.fixture(scope="module")
def three_classes(bundled):
    """Return iris, standardised."""
    return bundled("iris", standardised=True)


@pytest.fixture(scope="module")
def binary(two_classes):
    """Return a twin of two classes, fitted."""
    return KerasTwin(LogisticRegression()).fit(*two_classes)


@pytest.fixture(scope="module")
def multinomial(three_classes):
    """Return a twin of three classes, fitted."""
    return KerasTwin(LogisticRegression(C=0.5)).fit(*three_classes)


# -- conventions of scikit-learn ------------------------------------------------------------


def test_parameters_are_read_set_and_cloned():
    twin = KerasTwin(LogisticRegression(C=3.0), output="probability")
    assert twin.get_params()["estimator__C"] == 3.0
    copy = clone(twin).set_params(estimator__C=0.25, output="logits")
    assert (copy.estimator.C, copy.output) == (0.25, "logits")
    assert (twin.estimator.C, twin.output) == (3.0, "probability")


def test_clone_of_a_fitted_twin_is_unfitted(binary):
    with pytest.raises(NotFittedError):
        clone(binary).predict(np.zeros((1, 4)))


@pytest.mark.parametrize(
    "use",
    [
        lambda twin: twin.predict(np.zeros((1, 4))),
        lambda twin: twin.predict_proba(np.zeros((1, 4))),
        lambda twin: twin.decision_function(np.zeros((1, 4))),
        lambda twin: twin.score(np.zeros((1, 4)), [0]),
        lambda twin: twin.source(),
    ],
    ids=["predict", "predict_proba", "decision_function", "score", "source"],
)
def test_an_unfitted_twin_says_so(use):
    with pytest.raises(NotFittedError):
        use(KerasTwin(LogisticRegression()))


def test_fit_returns_the_twin_and_leaves_the_estimator_unfitted(two_classes):
    estimator = LogisticRegression()
    twin = KerasTwin(estimator)
    assert twin.fit(*two_classes) is twin
    assert is_classifier(twin)
    assert vars(estimator) == vars(LogisticRegression())


def test_attributes_of_two_classes(binary, two_classes):
    X, y = two_classes
    assert binary.coef_.shape == (1, 4)
    assert binary.intercept_.shape == (1,)
    assert binary.coef_.dtype == binary.intercept_.dtype == np.float64
    assert binary.classes_.tolist() == [0, 1]
    assert binary.n_iter_.shape == (1,)
    assert binary.n_iter_[0] > 0
    assert binary.n_features_in_ == 4
    assert binary.decision_function(X).shape == (len(y),)
    assert binary.predict_proba(X).shape == (len(y), 2)
    assert not hasattr(binary, "feature_names_in_")


def test_attributes_of_three_classes(multinomial, three_classes):
    X, y = three_classes
    assert multinomial.coef_.shape == (3, 4)
    assert multinomial.intercept_.shape == (3,)
    assert multinomial.decision_function(X).shape == (len(y), 3)
    probabilities = multinomial.predict_proba(X)
    assert probabilities.shape == (len(y), 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), multinomial.predict(X))


def test_intercept_is_zero_without_one(two_classes):
    twin = KerasTwin(LogisticRegression(fit_intercept=False)).fit(*two_classes)
    assert twin.intercept_.tolist() == [0.0]
    assert len(twin.model_.weights) == 1


def test_twin_predicts_as_a_converged_reference(multinomial, three_classes):
    X, y = three_classes
    reference = LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000).fit(X, y)
    np.testing.assert_allclose(
        multinomial.predict_proba(X), reference.predict_proba(X), rtol=0, atol=1e-6
    )
    assert multinomial.score(X, y) == reference.score(X, y)


@pytest.mark.parametrize(
    "labels",
    [np.array(["no", "yes"]), np.array([False, True]), np.array([-1.0, 1.0]), np.array([7, 9])],
    ids=["strings", "bools", "floats", "integers"],
)
def test_labels_come_back_as_given(labels, two_classes, binary):
    X, y = two_classes
    twin = KerasTwin(LogisticRegression()).fit(X, labels[y])
    np.testing.assert_array_equal(twin.classes_, labels)
    np.testing.assert_array_equal(twin.predict(X), labels[binary.predict(X)])
    assert twin.predict(X).dtype == labels.dtype
    assert twin.score(X, labels[y]) == binary.score(X, y)


@pytest.mark.parametrize(
    "convert",
    [pd.DataFrame, scipy.sparse.csr_matrix, scipy.sparse.coo_array, np.ndarray.tolist],
    ids=["DataFrame", "csr_matrix", "coo_array", "list"],
)
def test_containers_of_rows_make_no_difference(convert, two_classes, binary):
    X, y = two_classes
    twin = KerasTwin(LogisticRegression()).fit(convert(X), y)
    np.testing.assert_allclose(twin.coef_, binary.coef_, rtol=0, atol=1e-7)
    np.testing.assert_allclose(
        twin.predict_proba(convert(X)), binary.predict_proba(X), rtol=0, atol=1e-7
    )


def test_float32_rows_are_trained_in_float64(two_classes, binary):
    X, y = two_classes
    twin = KerasTwin(LogisticRegression()).fit(X.astype(np.float32), y)
    assert twin.certificate_.probability <= 1e-6
    np.testing.assert_allclose(twin.coef_, binary.coef_, rtol=0, atol=1e-5)


def test_column_names_are_kept_and_forgotten_again(two_classes):
    X, y = two_classes
    twin = KerasTwin(LogisticRegression()).fit(pd.DataFrame(X, columns=list("abcd")), y)
    assert twin.feature_names_in_.tolist() == list("abcd")
    assert not hasattr(twin.fit(X, y), "feature_names_in_")


def test_another_number_of_features_is_refused(binary):
    with pytest.raises(ModelParityError, match="X has 3 features, but KerasTwin is expecting 4"):
        binary.predict(np.zeros((2, 3)))


def test_weight_two_equals_a_repeated_row(two_classes):
    X, y = two_classes
    weights = np.where(np.arange(len(y)) % 3 == 0, 2.0, 1.0)
    rows = np.repeat(np.arange(len(y)), weights.astype(int))
    # C is divided by nothing: the penalty is the same beside twice the loss.
    weighted = KerasTwin(LogisticRegression()).fit(X, y, sample_weight=weights)
    repeated = KerasTwin(LogisticRegression()).fit(X[rows], y[rows])
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=0, atol=1e-7)


def test_twin_works_in_pipelines_and_cross_validation(two_classes):
    X, y = two_classes
    pipeline = make_pipeline(StandardScaler(), KerasTwin(LogisticRegression()))
    assert cross_val_score(pipeline, X, y, cv=2).min() > 0.7


@SAVES
def test_a_pickled_twin_predicts_the_same_without_its_data(binary, two_classes):
    X, _ = two_classes
    copy = pickle.loads(pickle.dumps(binary))
    np.testing.assert_array_equal(copy.predict_proba(X), binary.predict_proba(X))
    np.testing.assert_array_equal(*(BACKEND.array(twin.model_(X)) for twin in (copy, binary)))
    assert copy.certificate_ == binary.certificate_
    with pytest.raises(ModelParityError, match="a pickled twin does not carry"):
        copy.source()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output": "probabilities"}, "output must be one of 'logits', 'probability'"),
        ({"estimator__C": -1.0}, "C"),
        ({"estimator": "lr"}, "str"),
    ],
    ids=["output", "C", "estimator"],
)
def test_a_refused_fit_leaves_the_twin_as_it_was(change, message, two_classes):
    X, y = two_classes
    twin = KerasTwin(LogisticRegression()).fit(X, y)
    before = dict(vars(twin))
    with pytest.raises(ModelParityError, match=message):
        twin.set_params(**change).fit(X[:, :2], y)
    kept = ("coef_", "intercept_", "model_", "mapping_", "certificate_", "n_features_in_")
    assert all(getattr(twin, name) is before[name] for name in kept)


def test_bad_data_are_refused_before_anything_is_trained(two_classes):
    X, y = two_classes
    twin = KerasTwin(LogisticRegression())
    with pytest.raises(ModelParityError, match="X must be finite"):
        twin.fit(np.where(X > 3, np.nan, X), y)
    with pytest.raises(ModelParityError, match="at least two classes"):
        twin.fit(X, np.zeros(len(y)))
    assert not hasattr(twin, "model_")


# -- mapping --------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_search_has_the_twin_of_what_it_chose(two_classes):
    X, y = two_classes
    search = LogisticRegressionCV(Cs=[0.05, 2.0], cv=3, scoring="neg_log_loss")
    twin = KerasTwin(search).fit(X, y)
    chosen = clone(search).fit(X, y)
    exact = LogisticRegression(C=float(np.ravel(chosen.C_)[0]), tol=1e-10, max_iter=10000)
    np.testing.assert_allclose(twin.predict_proba(X), exact.fit(X, y).predict_proba(X), atol=1e-6)
    assert not hasattr(search, "coef_")
    assert {row.name for row in twin.mapping_} >= {"Cs", "best_estimator_.C"}


def test_stochastic_gradient_descent_has_the_twin_of_its_optimum(two_classes):
    X, y = two_classes
    twin = KerasTwin(SGDClassifier(loss="log_loss", alpha=0.01)).fit(X, y)
    assert twin.certificate_.probability < 1e-6
    exact = LogisticRegression(C=1 / (0.01 * len(y)), tol=1e-10, max_iter=10000).fit(X, y)
    np.testing.assert_allclose(twin.predict_proba(X), exact.predict_proba(X), atol=1e-6)


def test_mapping_has_one_row_for_every_parameter(binary):
    names = [row.name for row in binary.mapping_]
    parameters = list(inspect.signature(LogisticRegression.__init__).parameters)[1:]
    assert sorted(names) == sorted(parameters)
    assert all(row.reason and row.keras for row in binary.mapping_)
    assert "exact" in {row.status for row in binary.mapping_ if row.name == "C"}


# -- the stock model ------------------------------------------------------------------------

LOADED = """
import sys
import keras
import numpy as np

folder = sys.argv[1]
X, y, expected = (np.load(f"{folder}/{name}.npy") for name in ("X", "y", "expected"))
for output in ("logits", "probability"):
    model = keras.saving.load_model(f"{folder}/{output}.keras")
    outputs = keras.ops.convert_to_numpy(model(X.astype("float32"))).astype(np.float64)
    assert outputs.shape == (len(X), 1), outputs.shape
    found = 1 / (1 + np.exp(-outputs[:, 0])) if output == "logits" else outputs[:, 0]
    assert abs(found - expected).max() < 1e-6, abs(found - expected).max()
    before = model.evaluate(X, y, verbose=0)
    model.fit(X, y, epochs=2, verbose=0)
    assert model.optimizer.iterations == 2 * 5
    assert abs(model.evaluate(X, y, verbose=0) - before) < 0.01
assert not [name for name in sys.modules if "modelparity" in name]
print("stock")
"""


# One test: both outputs share an interpreter.
@SAVES
def test_model_saves_loads_and_trains_without_this_package(two_classes, tmp_path):
    X, y = two_classes
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    for output in ("logits", "probability"):
        twin = KerasTwin(LogisticRegression(C=0.3), output=output).fit(X, y)
        twin.model_.save(tmp_path / f"{output}.keras")
    np.save(tmp_path / "expected.npy", twin.predict_proba(X)[:, 1])
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "stock", done.stderr


@pytest.mark.parametrize("output", ["logits", "probability"])
def test_stock_model_agrees_to_float32(output, three_classes):
    X, y = three_classes
    twin = KerasTwin(LogisticRegression(), output=output).fit(X, y)
    outputs = BACKEND.array(twin.model_(X.astype(np.float32))).astype(np.float64)
    if output == "logits":
        np.testing.assert_allclose(outputs, twin.decision_function(X), rtol=0, atol=1e-5)
        outputs = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(outputs, twin.predict_proba(X), rtol=0, atol=1e-6)


def test_stock_model_has_only_parts_of_keras(multinomial):
    model = multinomial.model_
    dense = model.layers[-1]
    parts = (model, *model.layers, dense.kernel_regularizer, model.loss, model.optimizer)
    assert all(type(part).__module__.startswith("keras.") for part in parts)
    assert type(model) is keras.Sequential
    assert model.compiled
    assert dense.kernel.dtype == "float32"


def test_stock_model_stays_where_it_is_under_its_own_training(two_classes):
    X, y = two_classes
    twin = KerasTwin(LogisticRegression(C=0.1)).fit(X, y)
    twin.model_.compile(optimizer=keras.optimizers.SGD(0.1), loss=twin.model_.loss)
    twin.model_.fit(X, y, batch_size=len(y), epochs=20, verbose=0)
    coef = np.asarray(twin.model_.layers[-1].kernel).T
    np.testing.assert_allclose(coef, twin.coef_, rtol=0, atol=1e-5)


def test_liblinear_penalises_the_bias_of_the_model(two_classes):
    X, y = two_classes
    twin = KerasTwin(LogisticRegression(solver="liblinear", C=0.5, intercept_scaling=2.0))
    bias = twin.fit(X, y).model_.layers[-1].bias_regularizer
    assert bias.l2 == pytest.approx(1 / (2 * 0.5 * len(y) * 2.0**2), rel=1e-6)


# -- what it leaves alone -------------------------------------------------------------------


def test_global_state_is_left_alone(two_classes):
    X, y = two_classes
    given, labels = X.copy(), y.copy()
    tf.random.set_seed(11)
    random.seed(1)
    np.random.seed(2)
    before = (random.getstate(), np.random.get_state()[1].tolist(), list(warnings.filters))
    settings = (keras.config.floatx(), keras.config.dtype_policy().name, keras.config.backend())
    try:
        first = tf.random.uniform([]).numpy()
        tf.random.set_seed(11)
        KerasTwin(LogisticRegression()).fit(X, y).predict_proba(X)
        assert tf.random.uniform([]).numpy() == first
        after = (random.getstate(), np.random.get_state()[1].tolist(), list(warnings.filters))
    finally:
        tf.random.set_seed(None)
    assert after == before
    assert settings == (
        keras.config.floatx(),
        keras.config.dtype_policy().name,
        keras.config.backend(),
    )
    np.testing.assert_array_equal(X, given)
    np.testing.assert_array_equal(y, labels)


@pytest.mark.parametrize("policy", ["float64", "mixed_bfloat16"])
def test_twin_stands_under_another_dtype_policy(policy, two_classes, binary):
    X, y = two_classes
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        twin = KerasTwin(LogisticRegression()).fit(X, y)
    finally:
        keras.config.set_dtype_policy(before)
    np.testing.assert_allclose(twin.coef_, binary.coef_, rtol=0, atol=1e-7)
    assert twin.model_.layers[-1].compute_dtype == "float32"
