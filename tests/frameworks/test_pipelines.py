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
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline, make_union
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
from pytest_modelparity.frameworks.keras.backend.chosen import BACKEND
from pytest_modelparity.frameworks.sklearn.pipeline.affine import map_of
from pytest_modelparity.frameworks.sklearn.pipeline.maps import Affine, Scaling, settings_of
from pytest_modelparity.report.report import ParityReport
from pytest_modelparity.settings import ObjectiveSettings
from pytest_modelparity.theory.design import scaled_features

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


# --- which steps are an affine map


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
    found = map_of(step.transform, X)
    assert isinstance(found, Scaling)
    elsewhere = 5 * X[::-1] - 2
    expected = step.transform(elsewhere)
    left = np.abs((elsewhere - found.shift) / found.scale - expected)
    assert (left <= 1e-12 * (np.abs(expected) + np.abs(found.shift / found.scale))).all()


@pytest.mark.parametrize(
    ("step", "chooses"),
    [
        (SelectKBest(k=3), True),
        (VarianceThreshold(1.0), True),
        (FunctionTransformer(lambda rows: rows[:, ::-1]), True),
        (make_pipeline(SelectKBest(k=3), StandardScaler()), True),
        (make_column_transformer((StandardScaler(), [0, 1, 5])), True),
        # Keras's Normalization knows no negative scale.
        (FunctionTransformer(lambda rows: -rows), False),
        (PCA(8), False),
        (PCA(3, whiten=True), False),
        (TruncatedSVD(3), False),
        (PolynomialFeatures(1), False),
        (make_union(PCA(2), StandardScaler()), False),
        (make_column_transformer((PCA(1), [2, 3]), remainder="passthrough"), False),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_step_that_mixes_or_chooses_columns_is_told_by_what_it_does(
    step: Any, chooses: bool
) -> None:
    step.fit(X, Y)
    found = map_of(step.transform, X)
    assert isinstance(found, Affine)
    assert found.chooses == chooses
    elsewhere = 5 * X[::-1] - 2
    sizes = np.abs(elsewhere) @ np.abs(found.matrix).T + np.abs(found.offset)
    expected = step.transform(elsewhere)
    left = np.abs(elsewhere @ found.matrix.T + found.offset - expected)
    assert (left <= 1e-12 * sizes).all()
    # And so it is as settings.
    made = scaled_features(ObjectiveSettings(**settings_of(found, X)), elsewhere)
    assert (np.abs(made - expected) <= 1e-12 * sizes).all()


@pytest.mark.parametrize(
    "step",
    [
        # On its own rows it cannot be told from an affine map.
        MinMaxScaler(clip=True),
        PolynomialFeatures(2),
        Normalizer(),
        FunctionTransformer(np.log1p),
        # Nothing is left.
        FunctionTransformer(lambda rows: rows[:, :0]),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_step_that_does_anything_else_is_no_affine_map(step: Any) -> None:
    step.fit(X, Y)
    assert map_of(step.transform, X) is None


def test_a_step_of_sparse_rows_is_told_without_filling_them() -> None:
    texts = [f"a{i % 7} b{i % 5} c{i % 3} d" for i in range(60)]
    counts = TfidfVectorizer(norm=None).fit_transform(texts)
    step = MaxAbsScaler().fit(counts)
    found = map_of(step.transform, counts)
    assert isinstance(found, Scaling)
    np.testing.assert_allclose(found.scale, step.scale_, rtol=1e-12)
    # A matrix would fill them, and stays outside.
    for other in (Normalizer(), TruncatedSVD(2), SelectKBest(k=3)):
        assert map_of(other.fit(counts, np.arange(60) % 2).transform, counts) is None


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
    def squared(**parameters: Any) -> Pipeline:
        return scaled(PolynomialFeatures(2), StandardScaler(), **parameters)

    rows = X[:, :3]
    other = scaled(PolynomialFeatures(2, interaction_only=True), StandardScaler(), C=1e-3)
    report = compare_models(squared(), rows, Y, candidate=other)
    assert not report.equivalent
    assert report.settings["candidate"].unmodelled == (
        "its steps make other features than those compared",
    )
    same = compare_models(squared(), rows, Y, candidate=squared(C=0.1))
    assert causes(same) == [("C", "must")]


# --- a matrix as a part of the model


def selected(columns: list[int]) -> FunctionTransformer:
    """Return a step that chooses columns."""
    return FunctionTransformer(lambda rows: rows[:, columns])


#: Two pipelines of other features of the same rows.
OTHER_FEATURES = {
    "forgotten": ([StandardScaler(), PCA(3)], [StandardScaler()]),
    "components": ([StandardScaler(), PCA(3)], [StandardScaler(), PCA(4)]),
    "scaler after": ([StandardScaler(), PCA(3)], [PCA(3), StandardScaler()]),
    "columns": ([StandardScaler(), selected([0, 2, 5])], [StandardScaler(), selected([0, 2, 6])]),
    "none chosen": ([StandardScaler()], [StandardScaler(), selected([0, 2, 6])]),
}
#: Two of the same, made otherwise.
SAME_FEATURES = {
    "chosen before": ([StandardScaler(), selected([0, 2])], [selected([0, 2]), StandardScaler()]),
    "in two steps": (
        [StandardScaler(), PCA(3)],
        [MinMaxScaler(), StandardScaler(), PCA(5), selected([0, 1, 2])],
    ),
    "side by side": (
        [StandardScaler(), make_union(PCA(2), selected([1]))],
        [
            make_union(make_pipeline(StandardScaler(), PCA(2)), StandardScaler()),
            selected([0, 1, 3]),
        ],
    ),
}


@pytest.fixture(scope="module", params=["breast_cancer", "wine"])
def given(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and labels of two data sets."""
    return (X, Y) if request.param == "breast_cancer" else load_wine(return_X_y=True)


@pytest.mark.parametrize("name", OTHER_FEATURES)
def test_other_features_are_a_cause_by_their_name(name: str, given: Any) -> None:
    first, second = OTHER_FEATURES[name]
    report = compare_models(scaled(*first), *given, candidate=scaled(*second))
    assert report.verdict == "diverged"
    assert causes(report) == [("feature_scaling", "must")]
    assert report.certificates["reference"].distance < 1e-8
    assert report.certificates["candidate"].distance < 1e-8


def test_other_features_and_another_setting_are_two_causes() -> None:
    reference, candidate = scaled(StandardScaler(), PCA(3)), scaled(C=0.01)
    report = compare_models(reference, X, Y, candidate=candidate)
    assert sorted(causes(report)) == [("C", "must"), ("feature_scaling", "must")]


@pytest.mark.parametrize("name", SAME_FEATURES)
def test_the_same_features_made_otherwise_are_no_difference(name: str, given: Any) -> None:
    first, second = SAME_FEATURES[name]
    report = compare_models(scaled(*first), *given, candidate=scaled(*second))
    assert report.equivalent
    other = compare_models(scaled(*first), *given, candidate=scaled(*second, C=1e-3))
    assert causes(other) == [("C", "must")]


def test_a_function_of_raw_rows_is_held_against_the_features_of_the_steps() -> None:
    steps = [StandardScaler(), PCA(3)]
    reference = scaled(*steps)
    right = compare_models(reference, X, Y, candidate=function(scaled(*steps).fit(X, Y)))
    assert right.equivalent
    told = {
        "C": scaled(*steps, C=0.05),
        "feature_scaling": scaled(StandardScaler()),
        "feature_scaling, C": exact(C=0.01),
    }
    for names, other in told.items():
        report = compare_models(reference, X, Y, candidate=function(other.fit(X, Y)))
        assert sorted(causes(report)) == sorted((name, "must") for name in names.split(", "))
    # Of features that it does not know nothing is said.
    unknown = compare_models(reference, X, Y, candidate=function(scaled(PCA(4)).fit(X, Y)))
    assert causes(unknown) == []


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
    logits = BACKEND.array(twin.model_(X.astype(np.float32)))[:, 0]
    assert np.abs(1 / (1 + np.exp(-logits)) - expected[:, 1]).max() <= 1e-5
    rows = {row.name: row for row in twin.mapping_}
    assert (rows["minmaxscaler"].status, rows["C"].status) == ("exact", "exact")

    outside = KerasTwin(scaled(PolynomialFeatures(2), StandardScaler())).fit(X[:, :3], Y)
    assert {row.name: row.status for row in outside.mapping_}["polynomialfeatures"] == "outside"
    copy = pickle.loads(pickle.dumps(outside))
    expected = outside.estimator.fit(X[:, :3], Y).predict_proba(X[:, :3])
    assert np.abs(copy.predict_proba(X[:, :3]) - expected).max() <= 1e-6


def test_the_twin_has_a_matrix_as_a_layer_that_is_not_trained() -> None:
    import keras

    piped = scaled(StandardScaler(), PCA(3))
    twin = KerasTwin(piped).fit(X, Y)
    expected = clone(piped).fit(X, Y).predict_proba(X)
    assert np.abs(twin.predict_proba(X) - expected).max() <= 1e-6
    assert twin.certificate_.distance <= 1e-6
    scaling, matrix, last = twin.model_.layers
    assert isinstance(scaling, keras.layers.Normalization)
    assert (matrix.units, matrix.trainable, last.trainable) == (3, False, True)
    logits = BACKEND.array(twin.model_(X.astype(np.float32)))[:, 0]
    assert np.abs(1 / (1 + np.exp(-logits)) - expected[:, 1]).max() <= 1e-5
    rows = {row.name: (row.keras, row.status) for row in twin.mapping_}
    assert rows["pca"] == ("Dense(3, trainable=False)", "exact")


def ported(piped: Pipeline) -> Callable[[], Any]:
    """Return a function that makes a Keras port of a scaler, components and a model at C=1."""
    import keras

    scaler, pca = piped[0], piped[1]

    def candidate() -> Any:
        layers = [
            keras.Input((8,)),
            keras.layers.Normalization(mean=scaler.mean_, variance=scaler.var_),
            keras.layers.Dense(len(pca.components_), use_bias=False, trainable=False),
            keras.layers.Dense(
                1,
                activation="sigmoid",
                kernel_initializer="zeros",
                kernel_regularizer=keras.regularizers.L2(1 / (2 * len(Y))),
            ),
        ]
        model = keras.Sequential(layers)
        model.layers[1].set_weights([pca.components_.T])
        model.compile(optimizer=keras.optimizers.Adam(0.3), loss="binary_crossentropy")
        return model

    return candidate


def test_a_port_of_other_components_must_map_the_features_as_the_reference_does() -> None:
    reference = scaled(StandardScaler(), PCA(3))
    fit = {"epochs": 80, "batch_size": len(Y)}
    right = ported(clone(reference).fit(X, Y))
    report = compare_models(reference, X, Y, candidate=right, fit=fit)
    assert report.equivalent
    assert report.structure.agrees
    other = ported(scaled(StandardScaler(), PCA(4)).fit(X, Y))
    report = compare_models(reference, X, Y, candidate=other, fit=fit)
    assert causes(report) == [("feature_scaling", "must")]
    word = report.settings["candidate"].word("feature_scaling")
    assert word == "features mapped to 4 inside the model"
    repair = report.repair
    assert repair is not None
    assert repair.verified
    (change,) = repair.changes
    assert change.text == "map the features as the reference's steps do"
    # The program has the matrix; all its epochs were made where it was verified.
    made = {"X": X, "y": Y}
    exec(repair.source.replace("epochs=80", "epochs=1"), made)
    matrix = made["model"].layers[-2]
    assert (matrix.kernel.shape, matrix.trainable) == ((8, 3), False)
    scaler, pca = (clone(reference).fit(X, Y)[place] for place in (0, 1))
    assert np.abs(BACKEND.array(made["model"].layers[0].mean) - scaler.mean_).max() < 1e-4
    assert np.abs(BACKEND.array(matrix.kernel) - pca.components_.T).max() < 1e-6


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
    # Its parameters stand in the order of the installed version.
    assert change.text.startswith("LogisticRegression(")


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


def folded(piped: Pipeline, map_in: Any) -> Any:
    """Return a Keras model of raw rows with the parameters of a pipeline."""
    import keras

    # A linear map is known by what it makes of zeros and of the unit rows.
    start = map_in.transform(np.zeros((1, 8)))
    coef = piped[-1].coef_ @ (map_in.transform(np.eye(8)) - start).T
    bias = piped[-1].intercept_ + start @ piped[-1].coef_[0]
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1, activation="sigmoid")])
    model.layers[0].set_weights([coef.T, bias])
    model.compile(loss="binary_crossentropy")
    return model


def test_a_keras_model_with_a_matrix_folded_in_is_one_of_raw_rows() -> None:
    piped = scaled(StandardScaler(), PCA(3)).fit(X, Y)
    model = folded(piped, piped[:-1])
    report = compare_models(piped, X, Y, candidate=model, tolerance=1e-4)
    assert report.equivalent
    assert report.structure.agrees
    # It declares an objective of raw rows, without a penalty.
    other = compare_models(scaled(StandardScaler(), PCA(3), C=0.05), X, Y, candidate=model)
    assert {("feature_scaling", "must"), ("penalty", "must")} <= {*causes(other)}
    # What it takes is never guessed: here it takes 8 columns, and is given 3.
    with pytest.raises(ModelParityError):
        compare_models(piped, X, Y, candidate=model, candidate_rows="transformed")


def test_a_keras_model_of_raw_rows_beside_other_features_is_known_by_what_it_predicts() -> None:
    steps = [MinMaxScaler(clip=True), StandardScaler()]
    piped = scaled(*steps).fit(X, Y)
    unclipped = make_pipeline(MinMaxScaler().fit(X), piped[1])
    model = folded(piped, unclipped)
    report = compare_models(piped, X, Y, candidate=model, tolerance=1e-4)
    assert report.equivalent
    other = compare_models(scaled(*steps, C=0.05), X, Y, candidate=model)
    assert causes(other) == [("C", "must")]
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


@pytest.mark.parametrize("step", [Normalizer(), PolynomialFeatures(2)], ids=["rows", "columns"])
def test_a_port_of_the_last_step_alone_is_told(step: Any) -> None:
    data = StandardScaler().fit_transform(X)[:, :3]
    fitted = make_pipeline(step, exact()).fit(data, Y)
    last, width = fitted[-1], fitted[-1].n_features_in_

    def port(rows: Any) -> Any:
        # It takes as many columns as it gets.
        missing = np.zeros((len(rows), max(width - rows.shape[1], 0)))
        return last.predict_proba(np.hstack([rows, missing]))

    report = compare_models(fitted, data, Y, candidate=port)
    assert [(cause.setting, cause.candidate) for cause in report.causes] == [
        ("feature_scaling", "steps-forgotten")
    ]
    assert report.relation is not None
    assert report.relation.left < 1e-12
    # Another model is no such one.
    other = exact(C=0.01).fit(fitted[:-1].transform(data), Y)
    last = other
    report = compare_models(fitted, data, Y, candidate=port, explain=False)
    assert report.relation is None or report.relation.name != "steps-forgotten"
