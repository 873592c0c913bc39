"""The whole check on real models: verdict, causes, findings, and what it leaves untouched."""

from __future__ import annotations

import functools
import random
import sys
import warnings
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from pytest_modelparity import (
    ModelParityError,
    ModelsDivergeError,
    ParityReport,
    Tolerance,
    assert_models_equivalent,
    compare_models,
    train_to_optimum,
)

# Keras has imported it, or runs on another backend: `backends.py` names what is left out then.
tf: Any = sys.modules.get("tensorflow")


def slugs(report: ParityReport) -> list[str]:
    return [finding.slug for finding in report.findings]


def exact(**settings: Any) -> LogisticRegression:
    return LogisticRegression(solver="newton-cholesky", tol=1e-10, **settings)


def keras_optimum(
    X: np.ndarray, y: np.ndarray, C: float = 1.0, sample_weight: Any = None
) -> keras.Model:
    """Return a stock Keras model at the optimum of LogisticRegression's objective."""
    units = 1 if len(np.unique(y)) == 2 else len(np.unique(y))
    model = keras.Sequential(
        [
            keras.Input((X.shape[1],)),
            keras.layers.Dense(
                units,
                activation="sigmoid" if units == 1 else "softmax",
                kernel_regularizer=keras.regularizers.L2(1 / (2 * C * len(y))),
            ),
        ]
    )
    loss = "binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"
    model.compile("sgd", loss)
    return train_to_optimum(model, X, y, sample_weight).model


class Predictor:
    """The least that a candidate needs."""

    def __init__(self, probabilities: Any, classes: Any = None) -> None:
        self._probabilities = np.asarray(probabilities)
        if classes is not None:
            self.classes_ = np.asarray(classes)

    def predict_proba(self, X: Any) -> np.ndarray:
        return self._probabilities


class Module:
    """Takes anything and computes with it, as a torch.nn.Module does."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("it was called")


# -- the reference's own error ----------------------------------------------------------------


@pytest.fixture(scope="module")
def raw_breast_cancer_report(breast_cancer: Any) -> ParityReport:
    with pytest.warns(ConvergenceWarning):
        return compare_models(LogisticRegression(), *breast_cancer)


def test_default_on_raw_breast_cancer_diverges_by_the_reference(
    raw_breast_cancer_report: ParityReport,
) -> None:
    report = raw_breast_cancer_report
    assert report.verdict == "diverged"
    assert {cause.kind for cause in report.causes} == {"reference"}
    assert report.causes[0].setting == "iterations"
    assert report.causes[0].reference == "max_iter=100 (stopped at 100)"
    assert report.repair is not None
    assert report.repair.verified
    assert report.repair.changes[0].side == "reference"


def test_the_warning_is_recorded_and_quoted(raw_breast_cancer_report: ParityReport) -> None:
    (warning,) = raw_breast_cancer_report.warnings
    assert (warning.side, warning.category) == ("reference", "ConvergenceWarning")
    assert "lbfgs failed to converge" in str(raw_breast_cancer_report)


def test_unconverged_reference_is_a_finding(raw_breast_cancer_report: ParityReport) -> None:
    assert slugs(raw_breast_cancer_report) == ["reference-not-converged", "ill-conditioned"]


def test_the_twin_is_certified(raw_breast_cancer_report: ParityReport) -> None:
    certificate = raw_breast_cancer_report.certificates["candidate"]
    assert certificate.probability is not None
    assert certificate.probability < 1e-6
    assert certificate.finite_optimum is True


def test_exact_solver_on_raw_breast_cancer_is_equivalent(breast_cancer: Any) -> None:
    report = assert_models_equivalent(LogisticRegression(solver="newton-cholesky"), *breast_cancer)
    assert report.equivalent
    assert report.divergences["probability"].value < 1e-6


def test_quiet_solver_is_not_a_converged_one(breast_cancer: Any) -> None:
    # CASES C16: newton-cg stops after 44 of 100 iterations, raises nothing, and is 0.05 away.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = compare_models(LogisticRegression(solver="newton-cg"), *breast_cancer)
    assert report.verdict == "diverged"
    assert report.warnings == ()
    assert "reference-not-converged" in slugs(report)
    assert {cause.setting for cause in report.causes} <= {"tol", "solver"}


# -- what is compared -------------------------------------------------------------------------


def test_right_keras_model_is_equivalent_and_structure_agrees(bundled: Any) -> None:
    X, y = bundled("wine", standardised=True)
    report = compare_models(exact(), X, y, candidate=keras_optimum(X, y))
    assert report.equivalent
    assert report.structure.agrees is True
    assert report.divergences["coef"].value < 1e-4


@pytest.mark.parametrize("name", ["coef", "intercept", "decision_function", "log_loss"])
def test_every_tolerance_that_is_set_decides(bundled: Any, name: str) -> None:
    X, y = bundled("wine", standardised=True)
    candidate = exact(C=0.5).fit(X, y)
    allowed = Tolerance(probability=1.0, **{name: 10.0})
    assert compare_models(exact(), X, y, candidate=candidate, tolerance=allowed).equivalent
    strict = Tolerance(probability=1.0, **{name: 1e-6})
    report = compare_models(exact(), X, y, candidate=candidate, tolerance=strict, explain=False)
    assert report.verdict == "diverged"
    assert [key for key, item in report.divergences.items() if not item.within] == [name]


def test_sample_weight_goes_to_both_sides(bundled: Any) -> None:
    X, y = bundled("iris", standardised=True)
    weights = np.random.default_rng(0).uniform(0.1, 5.0, len(y))
    candidate = keras_optimum(X, y, sample_weight=weights)
    assert compare_models(exact(), X, y, candidate=candidate, sample_weight=weights).equivalent
    unweighted = compare_models(exact(), X, y, candidate=candidate, tolerance=1e-3, explain=False)
    assert not unweighted.equivalent


@pytest.mark.parametrize(
    "labels",
    [np.array(["no", "yes"]), np.array([False, True]), np.array([-1, 1]), np.array([3.0, 7.0])],
    ids=["strings", "booleans", "minus one", "floats"],
)
def test_labels_of_any_kind_are_compared(bundled: Any, labels: np.ndarray) -> None:
    X, y = bundled("breast_cancer", standardised=True)
    candidate = keras_optimum(X, y)
    report = compare_models(exact(), X, labels[y], candidate=candidate)
    assert report.equivalent
    assert report.data.classes == tuple(str(label) for label in labels.tolist())


def test_data_frame_names_the_worst_feature(iris: Any) -> None:
    X, y = iris
    frame = pd.DataFrame(X, columns=["sepal l", "sepal w", "petal l", "petal w"])
    report = compare_models(exact(), frame, y, candidate=exact(C=0.1).fit(frame, y))
    assert report.divergences["coef"].place.startswith("feature 'petal")


def test_sparse_rows_give_the_same_as_dense_ones(bundled: Any) -> None:
    X, y = bundled("breast_cancer", standardised=True)
    sparse = scipy.sparse.csr_array(np.where(np.abs(X) > 0.5, X, 0.0))
    reference = LogisticRegression(solver="newton-cg", tol=1e-10)
    found = compare_models(reference, sparse, y)
    assert found.equivalent
    dense = compare_models(reference, sparse.toarray(), y)
    np.testing.assert_allclose(
        found.coefficients.candidate, dense.coefficients.candidate, atol=1e-7
    )


def test_predictions_are_compared_on_the_evaluation_rows(bundled: Any) -> None:
    X, y = bundled("breast_cancer", standardised=True)
    candidate = keras_optimum(X[:400], y[:400], C=0.01)
    report = compare_models(
        exact(), X[:400], y[:400], candidate=candidate, X_eval=X[400:], y_eval=y[400:]
    )
    assert report.data.n_eval == 169
    assert report.causes[0].setting == "C"
    assert sum(part.share for part in _parts(report)) == pytest.approx(1.0)
    # Both sides are at their optima, on these rows as on the others.
    assert report.split.reference_error.largest < 1e-6
    assert report.split.candidate_error.largest < 1e-5


def _parts(report: ParityReport) -> list[Any]:
    assert report.split is not None
    return [
        report.split.reference_error,
        report.split.objective_gap,
        report.split.candidate_error,
    ]


def test_column_labels_are_accepted_and_said(iris: Any) -> None:
    X, y = iris
    report = compare_models(exact(), X, y.reshape(-1, 1))
    assert report.equivalent
    assert "target-shape" in slugs(report)


def test_weight_decay_of_sgd_is_told_as_the_penalty_it_is(bundled: Any) -> None:
    X, y = bundled("iris", standardised=True)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.5, weight_decay=0.1), "sparse_categorical_crossentropy"
    )
    candidate = train_to_optimum(model, X, y).model
    # (1 - momentum) * weight_decay is the L2 strength of C = 1 / (0.05 n), on the bias too.
    report = compare_models(exact(C=1 / (0.05 * len(y))), X, y, candidate=candidate)
    assert [(cause.setting, cause.role) for cause in report.causes] == [
        ("intercept_penalty", "must")
    ]
    assert report.causes[0].candidate == "SGD's weight_decay acts as L2(0.025)"
    assert report.repair is not None
    assert report.repair.verified
    assert [change.text for change in report.repair.changes][:2] == [
        "weight_decay=None",
        "kernel_regularizer=L2(0.025)",
    ]


# -- candidates that only predict ------------------------------------------------------------------


def test_nan_prediction_is_never_equivalent(iris: Any) -> None:
    X, y = iris
    probabilities = exact().fit(X, y).predict_proba(X)
    probabilities[7] = np.nan
    with pytest.raises(ModelsDivergeError, match=r"probability is NaN.*row 7"):
        assert_models_equivalent(
            exact(), X, y, candidate=Predictor(probabilities), tolerance=Tolerance(probability=1e9)
        )


def test_columns_are_taken_in_the_order_of_classes(iris: Any) -> None:
    X, y = iris
    probabilities = exact().fit(X, y).predict_proba(X)[:, [2, 0, 1]]
    assert compare_models(exact(), X, y, candidate=Predictor(probabilities, [2, 0, 1])).equivalent


def test_swapped_classes_are_found(breast_cancer: Any) -> None:
    X, y = breast_cancer
    probabilities = exact().fit(X, y).predict_proba(X)[:, ::-1]
    report = compare_models(exact(), X, y, candidate=Predictor(probabilities))
    assert "class-order" in slugs(report)


def test_settings_of_a_scikit_learn_candidate_are_compared(bundled: Any) -> None:
    X, y = bundled("wine", standardised=True)
    report = compare_models(exact(), X, y, candidate=exact(C=0.1))
    assert [(cause.setting, cause.role) for cause in report.causes] == [("C", "must")]


@pytest.mark.parametrize(
    "candidate, words",
    [
        pytest.param(Predictor(np.ones((5, 3))), r"shape \(150, 3\).*got \(5, 3\)", id="shape"),
        pytest.param(
            Predictor(np.ones((150, 3)), [0, 1, 9]), r"classes of y.*\[0, 1, 9\]", id="classes"
        ),
        pytest.param(LogisticRegression, "predict_proba|estimator", id="class"),
        pytest.param(lambda rows: rows, r"shape \(150, 3\), .*, got \(150, 4\)", id="predicts"),
        pytest.param(Module(), r"keras.Model; .*with predict_proba; .* got Module", id="module"),
        pytest.param(keras.Sequential, r"; got the class Sequential \(write Seq", id="keras class"),
        pytest.param(Predictor, r"; got the class Predictor \(write Predictor\(", id="own class"),
        pytest.param(
            DecisionTreeClassifier(),
            r"got an unfitted Decision.*candidate=model.fit",
            id="unfitted",
        ),
        pytest.param(42, r"keras.Model; .*with predict_proba; .*; a function .* got int", id="int"),
    ],
)
def test_unusable_candidate_is_refused(iris: Any, candidate: Any, words: str) -> None:
    with pytest.raises(ModelParityError, match=words):
        compare_models(exact(), *iris, candidate=candidate)


def test_a_function_is_called_however_it_was_bound(bundled: Any) -> None:
    X, y = bundled("wine", standardised=True)
    model = keras_optimum(X, y)

    class Maker:
        def make(self) -> keras.Model:
            return model

        def __call__(self) -> keras.Model:
            return model

    bound = functools.partial(lambda made: made, model)
    for candidate in (Maker().make, Maker(), bound, functools.cache(lambda: model)):
        assert compare_models(exact(), X, y, candidate=candidate).equivalent


def test_unknown_estimator_lists_the_known_ones_and_the_hook(iris: Any) -> None:
    with pytest.raises(ModelParityError, match=r"LogisticRegression.*pytest_modelparity_mappings"):
        compare_models(Predictor([]), *iris)


def test_a_tolerance_for_regressors_is_refused_for_classifiers(iris: Any) -> None:
    with pytest.raises(ModelParityError, match=r"prediction=0.1 .* write Tolerance\(probability"):
        compare_models(LogisticRegression(), *iris, tolerance=Tolerance(prediction=0.1))


def test_fit_without_keras_is_refused(iris: Any) -> None:
    with pytest.raises(ModelParityError, match=r"keras\.Model\.fit"):
        compare_models(exact(), *iris, candidate=Predictor([]), fit={"epochs": 1})
    with pytest.raises(ModelParityError, match="without a candidate"):
        compare_models(exact(), *iris, fit={"epochs": 1})


# -- findings --------------------------------------------------------------------------------------


def test_same_labels_with_other_probabilities_are_a_trap(bundled: Any) -> None:
    X, y = bundled("wine", standardised=True)
    report = compare_models(exact(), X, y, candidate=keras_optimum(X, y, C=10.0))
    assert report.scores["accuracy"][0] == report.scores["accuracy"][1]
    assert "same-score-different-model" in slugs(report)


def test_separable_unpenalised_side_has_no_finite_optimum(bundled: Any) -> None:
    X, y = bundled("wine", standardised=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        candidate = LogisticRegression(C=np.inf).fit(X, y)
        report = compare_models(exact(), X, y, candidate=candidate)
    assert report.certificates["candidate"].finite_optimum is False
    assert not {"coef", "intercept", "decision_function"} & set(report.divergences)
    assert "no-finite-optimum" in slugs(report)
    assert report.causes[0].setting == "penalty"


def test_liblinear_penalises_the_intercept(breast_cancer: Any) -> None:
    report = compare_models(
        exact(), *breast_cancer, candidate=LogisticRegression(solver="liblinear")
    )
    assert "intercept-penalised" in slugs(report)
    assert report.causes[0].setting == "intercept_penalty"


def test_setting_without_effect_is_said(iris: Any) -> None:
    report = compare_models(exact(intercept_scaling=3.0), *iris)
    assert "inert-setting" in slugs(report)


def test_weights_divided_by_their_sum_are_said(bundled: Any) -> None:
    X, y = bundled("breast_cancer", standardised=True)
    model = keras.Sequential(
        [
            keras.Input((30,)),
            keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.02)),
        ]
    )
    loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction="mean_with_sample_weight")
    model.compile("sgd", loss)
    weights = np.where(y == 0, 5.0, 1.0)
    report = compare_models(
        exact(C=1 / (0.04 * len(y))),
        X,
        y,
        candidate=train_to_optimum(model, X, y, weights).model,
        sample_weight=weights,
    )
    assert "weights-normalised" in slugs(report)
    assert [(cause.setting, cause.role) for cause in report.causes] == [("loss", "must")]
    assert report.repair is not None
    assert report.repair.verified


def test_rounding_that_hides_the_tolerance_is_said() -> None:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(60, 2)) + 3e4
    y = (X[:, 0] + generator.normal(size=60) > 3e4).astype(int)
    with warnings.catch_warnings():
        # On such features the solver itself has a word to say.
        warnings.simplefilter("ignore")
        report = compare_models(LogisticRegression(), X, y, explain=False)
    assert "precision-limited" in slugs(report)


def test_weights_that_never_move_are_saturated() -> None:
    # Every output lies far outside of what the loss clips to [epsilon, 1 - epsilon].
    X = np.array([[200.0, 100.0], [320.0, 90.0], [150.0, 60.0], [170.0, 20.0]])
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("adam", "binary_crossentropy")
    report = compare_models(
        exact(), X, [1, 1, 0, 0], candidate=model, fit={"epochs": 2}, explain=False
    )
    assert "saturated" in slugs(report)
    moving = compare_models(
        exact(), X / 1000, [1, 1, 0, 0], candidate=model, fit={"epochs": 2}, explain=False
    )
    assert "saturated" not in slugs(moving)


class Subclass(keras.Model):
    """A model as tutorials write it: Keras cannot rebuild it from its configuration."""

    def __init__(self, power: int = 1) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1, kernel_initializer="zeros")
        self.power = power

    def call(self, rows: Any) -> Any:
        return keras.ops.sigmoid(self.dense(rows)) ** self.power


def subclass(power: int = 1) -> keras.Model:
    model = Subclass(power)
    model.compile(keras.optimizers.SGD(1.0), "binary_crossentropy")
    return model


def test_a_subclass_is_trained_where_a_function_makes_it() -> None:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(60, 2))
    y = (X[:, 0] + generator.normal(size=60) > 0).astype(int)
    fit = {"epochs": 60, "batch_size": 60}
    assert_models_equivalent(exact(C=np.inf), X, y, candidate=subclass, fit=fit)
    report = compare_models(exact(C=0.1), X, y, candidate=subclass, fit=fit)
    assert [cause.setting for cause in report.causes] == ["penalty"]
    assert report.repair is not None
    assert report.repair.verified
    # What its call does beside its layers is seen by its loss.
    squared = compare_models(
        exact(C=0.1), X, y, candidate=lambda: subclass(2), fit=fit, explain=False
    )
    assert squared.settings["candidate"].unmodelled
    # Of an argument Keras has the default in its configuration, whatever was given.
    with pytest.raises(ModelParityError, match="pass a function that returns the model"):
        compare_models(exact(C=0.1), X, y, candidate=subclass(2), fit=fit)


def test_a_rate_of_nothing_is_told_from_a_flat_loss() -> None:
    X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid")])
    said = "its learning rate is 0 or its layer is frozen"
    for rate, expected in ((0.0, [True]), (0.1, [])):
        model.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
        report = compare_models(exact(), X, y, candidate=model, fit={"epochs": 1}, explain=False)
        texts = [finding.text for finding in report.findings if finding.slug == "saturated"]
        assert [said in text for text in texts] == expected


@pytest.mark.parametrize(
    "fit, found",
    [
        pytest.param({"batch_size": 32}, True, id="short last batch"),
        pytest.param({"batch_size": 50}, False, id="divides"),
        pytest.param({"batch_size": 200}, False, id="one batch"),
        pytest.param({"batch_size": 32, "shuffle": False}, False, id="not shuffled"),
    ],
)
def test_global_seed_makes_a_short_last_batch_weigh_more(
    bundled: Any, fit: dict[str, Any], found: bool
) -> None:
    X, y = bundled("iris", standardised=True)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")

    def check() -> ParityReport:
        return compare_models(
            exact(), X, y, candidate=model, fit={"epochs": 1} | fit, explain=False
        )

    assert "seeded-shuffle" not in slugs(check())
    tf.random.set_seed(3)
    try:
        assert ("seeded-shuffle" in slugs(check())) is found
    finally:
        tf.random.set_seed(None)


# -- what stays as it was -----------------------------------------------------------------------


def test_a_check_leaves_the_process_as_it_was(bundled: Any) -> None:
    X, y = bundled("iris", standardised=True)
    model = keras_optimum(X, y, C=5.0)
    weights = [np.asarray(variable).copy() for variable in model.weights]
    reference = LogisticRegression(solver="saga", max_iter=3)
    state = (random.getstate(), str(np.random.get_state()), keras.config.floatx())
    policy, seed = keras.config.dtype_policy().name, tf.random.get_global_generator()
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        filters = list(warnings.filters)
        compare_models(reference, X, y, candidate=model, fit={"epochs": 2})
        assert warnings.filters == filters
    assert ConvergenceWarning in [item.category for item in raised]
    assert state == (random.getstate(), str(np.random.get_state()), keras.config.floatx())
    assert keras.config.dtype_policy().name == policy
    assert tf.random.get_global_generator() is seed
    assert not hasattr(reference, "coef_")
    for before, after in zip(weights, model.weights, strict=True):
        np.testing.assert_array_equal(before, np.asarray(after))


def test_the_same_seed_gives_the_same_report(bundled: Any) -> None:
    X, y = bundled("iris", standardised=True)

    def build() -> keras.Model:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    def run(seed: int) -> float:
        report = compare_models(
            exact(), X, y, candidate=build, fit={"epochs": 3}, seed=seed, explain=False
        )
        assert report.causes == ()
        return report.divergences["probability"].value

    assert run(0) == run(0)
    assert run(0) != run(1)


def test_report_survives_its_dictionary(raw_breast_cancer_report: ParityReport) -> None:
    report = raw_breast_cancer_report
    assert ParityReport.from_dict(report.to_dict()) == report


def test_a_check_leaves_the_numbers_of_keras_names_alone() -> None:
    X, y = np.eye(4), np.array([0, 1, 0, 1])

    def port() -> keras.Model:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    def number() -> int:
        return int(keras.layers.Dense(1, name=None).name.removeprefix("dense_"))

    keras.layers.Dense(1)
    before = number()
    compare_models(LogisticRegression(), X, y, candidate=port, fit={"epochs": 1})
    # TensorFlow keeps something of every new name for ever.
    assert number() == before + 1
