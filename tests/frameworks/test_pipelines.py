"""Pipelines: their steps, the rows that a candidate takes, and what a scaling explains."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC

from pytest_modelparity import KerasTwin, ModelParityError, compare_models
from pytest_modelparity.frameworks.sklearn.pipeline.affine import scaling_of
from pytest_modelparity.report.report import ParityReport

X, Y = load_breast_cancer(return_X_y=True)
X = X[:, :8]

Rows = Any


def exact(**parameters: Any) -> LogisticRegression:
    """Return an estimator that ends at its optimum."""
    return LogisticRegression(solver="newton-cholesky", tol=1e-10, max_iter=1000, **parameters)


def scaled(*steps: Any, **parameters: Any) -> Pipeline:
    """Return a pipeline."""
    return make_pipeline(*(steps or (StandardScaler(),)), exact(**parameters))


def function(model: Any) -> Callable[[Rows], Any]:
    """Return a trained model as a function of X in float32, of which nothing else is known."""
    return lambda rows: model.predict_proba(rows).astype(np.float32)


def causes(report: ParityReport) -> list[tuple[str, str]]:
    """Return the settings that are to blame, with their roles."""
    return [(cause.setting, cause.role) for cause in report.causes]


# --- which steps are a map of features one by one


@pytest.mark.parametrize(
    "step",
    [
        StandardScaler(),
        StandardScaler(with_mean=False),
        MinMaxScaler((-1, 3)),
        MaxAbsScaler(),
        RobustScaler(),
        SimpleImputer(),
        FunctionTransformer(lambda rows: rows / 10),
        make_pipeline(MinMaxScaler(), StandardScaler()),
        make_column_transformer((StandardScaler(), [0, 1, 2, 3]), (MaxAbsScaler(), [4, 5, 6, 7])),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_step_that_scales_features_is_told_by_what_it_does(step: Any) -> None:
    step.fit(X)
    found = scaling_of(step.transform, X)
    assert found is not None
    elsewhere = 5 * X[::-1] - 2
    expected = step.transform(elsewhere)
    left = np.abs((elsewhere - found.shift) / found.scale - expected)
    assert (left <= 1e-12 * (np.abs(expected) + np.abs(found.shift / found.scale))).all()


@pytest.mark.parametrize(
    "step",
    [
        # On its own rows it cannot be told from an affine map.
        MinMaxScaler(clip=True),
        PolynomialFeatures(2),
        Normalizer(),
        PCA(8),
        SelectKBest(k=3),
        FunctionTransformer(np.log1p),
        FunctionTransformer(lambda rows: rows[:, ::-1]),
        # Keras's Normalization knows no negative scale.
        FunctionTransformer(lambda rows: -rows),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_step_that_does_anything_else_is_no_scaling(step: Any) -> None:
    step.fit(X, Y)
    assert scaling_of(step.transform, X) is None


def test_a_step_of_sparse_rows_is_told_without_filling_them() -> None:
    texts = [f"a{i % 7} b{i % 5} c{i % 3} d" for i in range(60)]
    counts = TfidfVectorizer(norm=None).fit_transform(texts)
    step = MaxAbsScaler().fit(counts)
    found = scaling_of(step.transform, counts)
    assert found is not None
    np.testing.assert_allclose(found.scale, step.scale_, rtol=1e-12)
    assert scaling_of(Normalizer().fit(counts).transform, counts) is None


# --- the objective


def test_a_scaler_is_a_setting_and_the_certificate_holds_behind_it() -> None:
    loose = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-2))
    report = compare_models(loose, X, Y, candidate=function(scaled().fit(X, Y)))
    assert report.settings["reference"].word("feature_scaling") == "StandardScaler()"
    proven = report.certificates["reference"].distance
    assert proven is not None
    # What the optimum predicts is known: it is what the exact pipeline does.
    apart = np.abs(
        clone(loose).fit(X, Y).predict_proba(X) - scaled().fit(X, Y).predict_proba(X)
    ).max()
    assert apart <= proven <= 1.5 * apart


def test_weights_go_to_the_last_step_and_never_to_the_scaler() -> None:
    weights = np.random.default_rng(0).uniform(0, 3, len(Y))
    fitted = scaled().fit(X, Y, logisticregression__sample_weight=weights)
    report = compare_models(
        scaled(), X, Y, sample_weight=weights, candidate=fitted, tolerance=1e-12
    )
    assert report.equivalent


def test_weights_reach_a_scaler_where_metadata_routing_says_so() -> None:
    weights = np.random.default_rng(0).uniform(0, 3, len(Y)) ** 4
    with config_context(enable_metadata_routing=True):
        weighing = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=True),
            exact(C=0.01).set_fit_request(sample_weight=True),
        )
        fitted = clone(weighing).fit(X, Y, sample_weight=weights)
        report = compare_models(
            weighing, X, Y, sample_weight=weights, candidate=fitted, tolerance=1e-12
        )
    assert report.equivalent
    unweighted = scaled(C=0.01).fit(X, Y, logisticregression__sample_weight=weights)
    assert np.abs(unweighted.predict_proba(X) - fitted.predict_proba(X)).max() > 1e-4


def test_a_fitted_pipeline_is_taken_as_it_is() -> None:
    part = scaled().fit(X[:100], Y[:100])
    report = compare_models(part, X, Y, candidate=function(part), tolerance=1e-6)
    assert report.equivalent
    # Of the optimum on all rows it says what is so: this one was fitted on a part of them.
    apart = np.abs(part.predict_proba(X) - scaled().fit(X, Y).predict_proba(X)).max()
    proven = report.certificates["reference"].distance
    assert proven is not None
    assert proven >= 0.5 * apart > 0.01


def test_what_a_step_warns_of_is_in_the_report() -> None:
    class Speaking(TransformerMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, rows: Rows, y: Any = None) -> Any:
            warnings.warn("a step has something to say", UserWarning, stacklevel=1)
            self.fitted_ = True
            return self

        def transform(self, rows: Rows) -> Rows:
            return rows

    with pytest.warns(UserWarning, match="a step has something to say"):
        report = compare_models(scaled(Speaking()), X, Y, candidate=function(exact().fit(X, Y)))
    assert [item.message for item in report.warnings] == ["a step has something to say"]


def test_a_reference_that_stopped_early_is_repaired_within_its_pipeline() -> None:
    early = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2))
    with pytest.warns(UserWarning, match="lbfgs failed to converge"):
        report = compare_models(early, X, Y, candidate=scaled())
    assert "iterations" in {cause.setting for cause in report.causes}
    assert report.repair is not None
    assert report.repair.verified
    names: dict[str, Any] = {"X": X, "y": Y}
    exec(report.repair.source, names)
    assert isinstance(names["reference"], Pipeline)
    apart = np.abs(names["reference"].predict_proba(X) - scaled().fit(X, Y).predict_proba(X))
    assert apart.max() <= 0.01


# --- causes


def test_a_port_without_the_scaler_is_told_feature_scaling() -> None:
    report = compare_models(scaled(), X, Y, candidate=function(exact().fit(X, Y)))
    assert causes(report) == [("feature_scaling", "must")]


def test_preprocessing_that_is_lost_at_prediction_is_told_feature_scaling() -> None:
    last = scaled().fit(X, Y)[-1]
    report = compare_models(scaled(), X, Y, candidate=function(last))
    assert [(cause.setting, cause.kind) for cause in report.causes] == [
        ("feature_scaling", "structure")
    ]
    assert report.causes[0].candidate == "scaler-forgotten: standard deviation"


def test_another_scaler_of_a_pipeline_is_told_feature_scaling_and_another_c_is_told_c() -> None:
    report = compare_models(scaled(), X, Y, candidate=scaled(MinMaxScaler()))
    assert causes(report) == [("feature_scaling", "must")]
    report = compare_models(scaled(), X, Y, candidate=scaled(C=0.05))
    assert causes(report) == [("C", "must")]


def test_columns_in_another_order_are_told_behind_a_scaler() -> None:
    fitted = scaled().fit(X, Y)
    report = compare_models(
        scaled(), X, Y, candidate=lambda rows: fitted.predict_proba(rows[:, ::-1])
    )
    assert causes(report) == [("columns-reversed", "must")]


# --- steps that stay outside


def test_an_objective_behind_an_encoder_is_inferred_from_a_function_of_the_table() -> None:
    kind = np.where(X[:, 2] > 90, "large", "small")
    table = pd.DataFrame({"radius": X[:, 0], "texture": X[:, 1], "kind": kind})

    def piped(**parameters: Any) -> Pipeline:
        return scaled(
            make_column_transformer(
                (StandardScaler(), ["radius", "texture"]), (OneHotEncoder(drop="first"), ["kind"])
            ),
            **parameters,
        )

    other = function(piped(C=0.1).fit(table, Y))
    report = compare_models(piped(), table, Y, candidate=other)
    assert causes(report) == [("C", "must")]
    assert compare_models(piped(), table, Y, candidate=function(piped().fit(table, Y))).equivalent
    with pytest.raises(ModelParityError, match="X must hold numbers"):
        compare_models(exact(), table, Y, candidate=other)


def test_text_stays_sparse_and_its_objective_is_inferred() -> None:
    rng = np.random.default_rng(0)
    words = ["good", "bad", "plot", "film", "dull", "great"]
    texts = [" ".join(rng.choice(words, 6)) for _ in range(300)]
    labels = np.array(["good" in text or rng.random() < 0.2 for text in texts])
    piped = make_pipeline(TfidfVectorizer(), LogisticRegression(tol=1e-10))
    other = clone(piped).set_params(logisticregression__C=10.0).fit(texts, labels)
    report = compare_models(piped, texts, labels, candidate=function(other))
    assert causes(report) == [("C", "must")]


def test_a_search_over_a_pipeline_and_a_pipeline_that_ends_in_one_are_references() -> None:
    piped = make_pipeline(TfidfVectorizer(), LogisticRegression(tol=1e-10))
    texts = [f"{'good' if i % 3 else 'bad'} w{i % 7} v{i % 5}" for i in range(90)]
    labels = np.array([i % 4 > 1 for i in range(90)])
    search = GridSearchCV(piped, {"logisticregression__C": [0.5, 2.0]}, cv=3)
    chosen = clone(search).fit(texts, labels)
    strength = chosen.best_params_["logisticregression__C"]
    right = function(chosen.best_estimator_)
    for reference in (search, chosen):
        report = compare_models(reference, texts, labels, candidate=right)
        assert report.equivalent
        assert f"C={strength}, chosen by" in report.settings["reference"].word("C")
        assert report.certificates["reference"].distance < 1e-4
    counts = chosen.best_estimator_[0].transform(texts)
    transformed = compare_models(
        chosen,
        texts,
        labels,
        candidate=lambda rows: right(texts) if rows.shape == counts.shape else None,
        candidate_rows="transformed",
    )
    assert transformed.equivalent
    with pytest.raises(ModelParityError, match="which has chosen none; fit it first"):
        compare_models(search, texts, labels, candidate=right, candidate_rows="transformed")
    ends = make_pipeline(
        StandardScaler(), GridSearchCV(LogisticRegression(tol=1e-10), {"C": [0.1, 1.0]}, cv=3)
    )
    report = compare_models(ends, X, Y, candidate=scaled(C=1e-3))
    assert causes(report) == [("C", "must")]


def test_missing_values_are_filled_outside() -> None:
    rows = X.copy()
    rows[::7, 3] = np.nan
    piped = scaled(SimpleImputer(), StandardScaler())
    report = compare_models(piped, rows, Y, candidate=function(clone(piped).fit(rows, Y)))
    assert report.equivalent
    words = report.settings["reference"].word("feature_scaling")
    assert words == "StandardScaler() (behind SimpleImputer())"


def test_two_pipelines_of_other_features_are_compared_by_what_they_predict() -> None:
    report = compare_models(scaled(PCA(3)), X, Y, candidate=scaled(PCA(2)))
    assert not report.equivalent
    assert report.settings["candidate"].unmodelled == (
        "its steps make other features than those compared",
    )
    same = compare_models(scaled(PCA(3)), X, Y, candidate=scaled(PCA(3), C=0.1))
    assert causes(same) == [("C", "must")]


def test_a_pipeline_may_end_in_a_regressor() -> None:
    rows, target = load_diabetes(return_X_y=True)
    rows = rows[:, :6] * [1, 10, 100, 1, 1, 1]

    def piped(*steps: Any, alpha: float = 10.0) -> Pipeline:
        return make_pipeline(*(steps or (StandardScaler(),)), Ridge(alpha))

    assert compare_models(piped(), rows, target, candidate=piped()).equivalent
    report = compare_models(piped(), rows, target, candidate=piped(alpha=200.0))
    assert (report.quantity.name, causes(report)) == ("prediction", [("C", "must")])
    report = compare_models(piped(), rows, target, candidate=Ridge(10.0))
    assert causes(report) == [("feature_scaling", "must")]
    outside = piped(PolynomialFeatures(2), StandardScaler())
    fitted = clone(outside).fit(rows, target)
    assert compare_models(outside, rows, target, candidate=fitted.predict).equivalent
    with pytest.raises(ModelParityError, match="must hold numbers for a regressor"):
        compare_models(piped(), rows, np.where(target > 100, "high", "low"), candidate=piped())


# --- which rows the candidate takes


def test_a_candidate_may_take_the_rows_of_the_last_step() -> None:
    fitted = scaled(StandardScaler(), PCA(3)).fit(X, Y)
    last = function(fitted[-1])
    right = compare_models(fitted, X, Y, candidate=last, candidate_rows="transformed")
    assert right.equivalent
    unfitted = clone(fitted)
    right = compare_models(unfitted, X, Y, candidate=last, candidate_rows="transformed")
    assert right.equivalent


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"candidate_rows": "raw"}, "must be 'pipeline' or 'transformed', got"),
        ({"candidate_rows": "transformed"}, "is for a reference that transforms rows"),
    ],
)
def test_other_words_and_other_references_are_refused(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelParityError, match=message):
        compare_models(exact(), X, Y, candidate=function(exact()), **arguments)


# --- bad pipelines


class Noisy(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Maps the same rows to others each time."""

    def fit(self, rows: Rows, y: Any = None) -> Noisy:
        """Learn nothing."""
        self.fitted_ = True
        return self

    def transform(self, rows: Rows) -> Rows:
        """Return rows with noise."""
        return rows + np.random.default_rng().normal(size=rows.shape)


class Dropping(Noisy):
    """Drops rows."""

    def transform(self, rows: Rows) -> Rows:
        """Return the first rows."""
        return rows[:-3]


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        (make_pipeline(StandardScaler(), SVC()), "got step 'svc', which is SVC"),
        (Pipeline([("scale", StandardScaler()), ("end", "passthrough")]), "'end', which is passth"),
        (make_pipeline(Noisy(), exact()), "step 'noisy' of the pipeline .* is random at transform"),
        (make_pipeline(Dropping(), exact()), "'dropping' .* must keep the rows, got 566 of 569"),
        (make_pipeline(PCA(99), exact()), r"\(pca\) could not be fitted: ValueError"),
    ],
)
def test_a_pipeline_that_cannot_be_compared_is_refused_by_its_step(
    pipeline: Pipeline, message: str
) -> None:
    with pytest.raises(ModelParityError, match=message):
        compare_models(pipeline, X, Y, candidate=function(exact()))


# --- Keras

# TensorFlow 2.21 copies variables in a way that NumPy 2 deprecates.
SAVES = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


@SAVES
def test_the_twin_of_a_pipeline_takes_its_rows() -> None:
    import keras

    twin = KerasTwin(scaled(MinMaxScaler())).fit(X, Y)
    expected = scaled(MinMaxScaler()).fit(X, Y).predict_proba(X)
    assert np.abs(twin.predict_proba(X) - expected).max() <= 1e-6
    assert isinstance(twin.model_.layers[0], keras.layers.Normalization)
    logits = np.asarray(twin.model_(X.astype(np.float32)))[:, 0]
    assert np.abs(1 / (1 + np.exp(-logits)) - expected[:, 1]).max() <= 1e-5
    rows = {row.name: row for row in twin.mapping_}
    assert (rows["minmaxscaler"].status, rows["C"].status) == ("exact", "exact")
    assert "keras.layers.Normalization(mean=[" in twin.source()

    outside = KerasTwin(scaled(PolynomialFeatures(2), StandardScaler())).fit(X[:, :3], Y)
    assert {row.name: row.status for row in outside.mapping_}["polynomialfeatures"] == "outside"
    copy = pickle.loads(pickle.dumps(outside))
    expected = outside.estimator.fit(X[:, :3], Y).predict_proba(X[:, :3])
    assert np.abs(copy.predict_proba(X[:, :3]) - expected).max() <= 1e-6


def test_the_twin_scales_columns_of_any_size() -> None:
    rows = X * 10.0 ** np.array([-9, -8, -12, 0, 9, 18, 3, -5])
    report = compare_models(scaled(), rows, Y)
    assert report.equivalent
    assert report.structure.agrees


def sgd(*steps: Any) -> Pipeline:
    """Return a pipeline whose last step stops early, with the objective of C=1."""
    return make_pipeline(*steps, SGDClassifier(loss="log_loss", alpha=1 / len(Y), random_state=0))


def test_the_last_step_of_a_pipeline_may_be_fitted_by_another_solver() -> None:
    report = compare_models(sgd(StandardScaler()), X, Y, candidate=function(scaled().fit(X, Y)))
    found = {cause.setting: cause for cause in report.causes}
    assert found["solver"].role == "one_of"
    assert found["solver"].left < 1e-6
    (change,) = found["solver"].changes
    assert change.text.startswith("LogisticRegression(C=1")


def test_sparse_rows_of_a_pipeline_may_be_written_out() -> None:
    counts = scipy.sparse.csr_matrix((X.mean(axis=0) < X) * np.arange(1.0, 9.0))
    scaled_counts = make_pipeline(MaxAbsScaler(), exact()).fit(counts.toarray(), Y)
    report = compare_models(
        sgd(MaxAbsScaler()), counts, Y, candidate=lambda rows: scaled_counts.predict_proba(rows)
    )
    (by_rate,) = (cause for cause in report.causes if cause.setting == "learning_rate")
    assert by_rate.left < 1e-3
    repair = report.repair
    assert repair is not None
    assert repair.verified
    assert [change.text for change in repair.changes] == ["X.toarray(), tol=None"]
    # The program is one of the whole pipeline.
    made = {"X": counts, "y": Y}
    exec(repair.source, made)
    np.testing.assert_allclose(
        made["reference"].predict_proba(made["X"]), scaled_counts.predict_proba(counts), atol=2e-3
    )


def keras_port(make_scaling: Callable[[], Any] | None, l2: float = 0.0) -> Callable[[], Any]:
    """Return a function that makes a port."""
    import keras

    def candidate() -> Any:
        scaling = [] if make_scaling is None else [make_scaling()]
        penalty = keras.regularizers.L2(l2) if l2 else None
        dense = keras.layers.Dense(1, activation="sigmoid", kernel_regularizer=penalty)
        model = keras.Sequential([*scaling, dense])
        model.compile(optimizer=keras.optimizers.Adam(0.1), loss="binary_crossentropy")
        return model

    return candidate


def test_a_trained_port_of_raw_rows_must_scale_them() -> None:
    fit = {"epochs": 60, "batch_size": len(Y)}
    port = keras_port(None, l2=1 / (2 * len(Y)))
    report = compare_models(scaled(), X, Y, candidate=port, fit=fit)
    assert ("feature_scaling", "must") in causes(report)
    assert report.repair is not None
    assert report.repair.verified


def test_a_keras_model_of_raw_rows_beside_other_features_is_known_by_what_it_predicts() -> None:
    import keras

    piped = scaled(StandardScaler(), PCA(3)).fit(X, Y)
    scaler, pca, last = piped[0], piped[1], piped[-1]
    folded = last.coef_ @ pca.components_ / scaler.scale_
    bias = last.intercept_ - folded @ scaler.mean_
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1, activation="sigmoid")])
    model.layers[0].set_weights([folded.T, bias])
    model.compile(loss="binary_crossentropy")
    report = compare_models(piped, X, Y, candidate=model, tolerance=1e-4)
    assert report.equivalent
    other = compare_models(scaled(StandardScaler(), PCA(3), C=0.05), X, Y, candidate=model)
    assert causes(other) == [("C", "must")]
    # What it takes is never guessed: here it takes 8 columns, and is given 3.
    with pytest.raises(ModelParityError):
        compare_models(piped, X, Y, candidate=model, candidate_rows="transformed")
    table = pd.DataFrame({"a": X[:, 0], "b": np.where(X[:, 1] > 19, "u", "v")})
    encoded = make_column_transformer((OneHotEncoder(), ["b"]), remainder="passthrough")
    with pytest.raises(ModelParityError, match="pass candidate_rows='transformed'"):
        compare_models(scaled(encoded), table, Y, candidate=model)


def test_a_column_that_is_constant_in_training_is_told_where_the_rows_compared_show_it() -> None:
    import keras

    rng = np.random.default_rng(0)
    rows, others = rng.normal(size=(400, 4)), rng.normal(size=(100, 4))
    rows[:, 3], others[:, 3] = 0, np.arange(100) % 4 == 0
    labels = rows[:, :3] @ [1, -1, 0.5] + rng.logistic(size=400) > 0

    def adapted() -> Any:
        # Divides a constant column by 1e-7, where StandardScaler divides it by 1.
        scaling = keras.layers.Normalization()
        scaling.adapt(rows)
        return scaling

    unpenalised = make_pipeline(StandardScaler(), LogisticRegression(C=np.inf, tol=1e-10))
    report = compare_models(
        unpenalised,
        rows,
        labels,
        X_eval=others,
        candidate=keras_port(adapted),
        fit={"epochs": 100, "batch_size": 400},
    )
    assert report.divergences["probability"].value > 0.5
    found = {cause.setting: cause for cause in report.causes}
    assert found["feature_scaling"].role == "must"
    (finding,) = (item for item in report.findings if item.slug == "constant-column")
    assert finding.text == (
        "the candidate scales x3, constant or nearly so on the training rows, to 1e7 on the rows "
        "compared, the reference to 1 at most"
    )
    assert found["feature_scaling"].note == "alike on the training rows, and not on those compared"
    # On the training rows alone the two are one model.
    same = compare_models(
        unpenalised,
        rows,
        labels,
        candidate=keras_port(adapted),
        fit={"epochs": 100, "batch_size": 400},
    )
    assert same.equivalent
    assert "constant-column" not in {item.slug for item in same.findings}
