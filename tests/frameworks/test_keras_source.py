"""The source of a twin: run where this package is not, it trains the same model."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import ElasticNet, LogisticRegression, PoissonRegressor
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from pytest_modelparity import KerasRegressorTwin, KerasTwin
from pytest_modelparity.tolerance import DEFAULT_PROBABILITY

RUN = """
import sys
import keras
import numpy as np

folder = sys.argv[1]
for name in sys.argv[2:]:
    data = np.load(f"{folder}/{name}.npz", allow_pickle=False)
    names = {key: data[key] for key in data.files}
    exec(compile(open(f"{folder}/{name}.py").read(), name, "exec"), names)
    outputs = keras.ops.convert_to_numpy(names["model"](data["X"].astype("float32")))
    np.save(f"{folder}/{name}.npy", outputs)
    assert type(names["model"]).__module__.startswith("keras.")
assert not [name for name in sys.modules if "modelparity" in name]
print("done")
"""


@pytest.fixture(scope="module")
def cases(bundled):
    """Return estimator, output, data by name: together they touch every line of the template."""
    cancer, iris = (bundled(name, standardised=True) for name in ("breast_cancer", "iris"))
    few = cancer[0][:150, :4], cancer[1][:150]
    words = np.array(["no", "yes"])[few[1]]
    lengths = iris[0][:, :3], 100 + 50 * iris[0][:, 3]
    counts = iris[0], iris[1] + 1
    weights = np.random.default_rng(0).uniform(0.2, 3.0, 150)
    balanced = LogisticRegression(class_weight="balanced", C=0.1)
    liblinear = LogisticRegression(solver="liblinear", C=0.02, intercept_scaling=0.5)
    no_intercept = LogisticRegression(fit_intercept=False, class_weight={0: 1, 1: 3, 2: 2})
    return {
        "liblinear": (liblinear, "probability", few, None),
        "both_weights": (balanced, "logits", (few[0], words), weights),
        "no_intercept": (no_intercept, "logits", iris, None),
        "components": (make_pipeline(PCA(3), LogisticRegression()), "probability", iris, None),
        "one_vs_rest": (OneVsRestClassifier(LogisticRegression()), "sigmoids", iris, None),
        "numbers": (ElasticNet(alpha=0.5, l1_ratio=0.4), "prediction", lengths, weights),
        "counts": (PoissonRegressor(alpha=0.5), "prediction", counts, None),
    }


def twin_of(estimator, output):
    """Return an unfitted twin; those of numbers, and of several models, have one output only."""
    if output == "prediction":
        return KerasRegressorTwin(estimator)
    return KerasTwin(estimator) if output == "sigmoids" else KerasTwin(estimator, output=output)


@pytest.fixture(scope="module")
def twins(cases):
    """Return the fitted twins by name."""
    return {
        name: twin_of(estimator, output).fit(*data, sample_weight=weights)
        for name, (estimator, output, data, weights) in cases.items()
    }


@pytest.fixture(scope="module")
def sources(twins):
    """Return their sources by name."""
    return {name: twin.source() for name, twin in twins.items()}


def outputs_of(cases, names, sources, folder):
    """Return what the models of a fresh interpreter give, by name."""
    for name in names:
        _, _, (X, y), weights = cases[name]
        (folder / f"{name}.py").write_text(sources[name])
        extra = {} if weights is None else {"sample_weight": weights}
        np.savez(folder / f"{name}.npz", X=X, y=y, **extra)
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(folder), *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "done", done.stderr
    return {name: np.load(folder / f"{name}.npy") for name in names}


# One test: its cases share an interpreter, and the workers of a run share no fixture.
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["both_weights", "components", "one_vs_rest", "counts"], id="sample"),
        pytest.param(["liblinear", "no_intercept", "numbers"], id="rest", marks=pytest.mark.matrix),
    ],
)
def test_each_source_trains_the_same_model_in_a_fresh_interpreter(
    names, cases, sources, twins, tmp_path
):
    outputs = outputs_of(cases, names, sources, tmp_path)
    for name in names:
        _, output, (X, y), _ = cases[name]
        if output == "prediction":
            off = np.abs(outputs[name][:, 0] - twins[name].predict(X)) / y.std()
        else:
            found = shares_of(outputs[name], output)
            expected = twins[name].predict_proba(X)
            off = np.abs(found - (expected[:, 1:] if found.shape[1] == 1 else expected))
        assert off.max() <= DEFAULT_PROBABILITY, name


def shares_of(outputs, output):
    """Return the probabilities that the outputs of a model stand for."""
    if output == "probability":
        return outputs
    if output == "sigmoids":
        sigmoids = 1 / (1 + np.exp(-outputs))
        return sigmoids / sigmoids.sum(axis=1, keepdims=True)
    if outputs.shape[1] == 1:
        return 1 / (1 + np.exp(-outputs))
    odds = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def test_each_source_says_how_near_it_came(sources):
    for source in sources.values():
        assert source.startswith("# Checked on these data: within ")
        assert "modelparity" not in source


def test_source_names_the_penalty_in_full(sources, twins):
    bias = twins["liblinear"].model_.layers[-1].bias_regularizer
    assert (
        f"bias_regularizer=keras.regularizers.L2({1 / (2 * 0.02 * 150 * 0.25)!r}"
        in (sources["liblinear"])
    )
    assert bias is not None
    assert "use_bias=False" in sources["no_intercept"]
    assert "bias_regularizer=None" in sources["both_weights"]


def test_source_asks_for_weights_only_where_there_are_any(sources):
    assert "def train(X, y, sample_weight):" in sources["both_weights"]
    assert "model = train(X, y, sample_weight)" in sources["both_weights"]
    assert "sample_weight" not in sources["no_intercept"]


def test_source_on_raw_features_says_that_it_does_not_arrive(breast_cancer):
    X, y = breast_cancer[0][:100], breast_cancer[1][:100]
    source = KerasTwin(LogisticRegression()).fit(X, y).source()
    assert source.startswith("# NOT equivalent on these data: this first-order training stops ")
    assert "Standardise the features" in source
    assert "pytest_modelparity.train_to_optimum" in source
