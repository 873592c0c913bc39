"""Keras on the backend that is chosen, where that is not TensorFlow: whole checks.

``KERAS_BACKEND=torch`` or ``jax``; `docs/backends.md` says what differs there.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from pytest_modelparity import (
    KerasRegressorTwin,
    KerasTwin,
    ModelParityError,
    compare_models,
    train_to_optimum,
)

keras = pytest.importorskip("keras", reason="Keras or its backend is not installed")
if keras.backend.backend() == "tensorflow":
    pytest.skip("Keras runs on TensorFlow here; set KERAS_BACKEND", allow_module_level=True)

# With NumPy 2 Keras 3.15 on torch warns wherever a variable becomes an array.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

#: Adam with a falling rate on all rows: a port that arrives.
SCHEDULE = keras.optimizers.schedules.CosineDecay
HEADS = {
    2: (1, "sigmoid", keras.losses.BinaryCrossentropy),
    3: (3, "softmax", keras.losses.SparseCategoricalCrossentropy),
}


def port(rows, *, l2=None, logits=False, optimizer=None, epochs=600, **options):
    """Return a function that makes a port of LogisticRegression(C=1), and the arguments of fit."""
    X, y = rows
    units, activation, loss = HEADS[len(np.unique(y))]
    strength = 1 / (2 * len(y)) if l2 is None else l2

    def make():
        dense = keras.layers.Dense(
            units,
            activation=None if logits else activation,
            kernel_regularizer=keras.regularizers.L2(strength) if strength else None,
            **options,
        )
        model = keras.Sequential([keras.Input((X.shape[1],)), dense])
        moved = optimizer() if optimizer else keras.optimizers.Adam(SCHEDULE(1.0, epochs))
        model.compile(moved, loss=loss(from_logits=logits))
        return model

    return make, {"epochs": epochs, "batch_size": len(y)}


def check(rows, made, **arguments):
    """Return the report on a port."""
    candidate, fit = made
    reference = arguments.pop("reference", LogisticRegression(max_iter=2000, tol=1e-8))
    return compare_models(reference, *rows, candidate=candidate, fit=fit, **arguments)


@pytest.mark.parametrize("logits", [False, True])
def test_a_port_that_arrives_is_equivalent(flowers, logits):
    report = check(flowers, port(flowers, logits=logits))
    assert report.equivalent
    assert report.structure.agrees


def test_the_array_loop_is_what_fit_does(cancer):
    # 200 epochs of 18 batches are made in the loop, after three by fit.
    made, fit = port(cancer, optimizer=lambda: keras.optimizers.Adam(0.01), epochs=200)
    report = check(cancer, (made, {**fit, "batch_size": 32}), explain=False)
    by = report.trained_by
    assert by.startswith("fit for 3 epochs, then its optimizer in a loop that agreed to")
    assert float(by.rpartition(" ")[2]) < 1e-5


def test_a_difference_of_the_objective_is_the_cause_and_its_repair_is_verified(flowers):
    report = check(flowers, port(flowers, l2=0.05))
    assert [(cause.setting, cause.role) for cause in report.causes] == [("C", "must")]
    assert report.repair.verified


def test_a_training_that_stops_early_is_told_with_a_repair(cancer):
    made, fit = port(cancer, optimizer=lambda: keras.optimizers.Adam(0.001), epochs=12)
    report = check(cancer, (made, {**fit, "batch_size": 32}))
    assert {cause.kind for cause in report.causes} == {"training"}
    assert report.repair.verified


@pytest.fixture(scope="module")
def saturated():
    """Return rows of two classes so large that every start is sure of all of them."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(60, 2))
    scores = X @ [[1, -1], [-1, 0.3]] + generator.gumbel(size=(60, 2))
    return X * 200, (scores[:, 0] > scores[:, 1]).astype(int)


def saturated_port(rows, **options):
    """Return a port that starts sure of wrong classes, and arrives from there on logits."""
    return port(
        rows,
        optimizer=lambda: keras.optimizers.SGD(1e-4),
        epochs=800,
        use_bias=False,
        kernel_initializer="ones",
        **options,
    )


def test_clipped_probabilities_are_the_cause_logits(saturated):
    reference = LogisticRegression(fit_intercept=False, tol=1e-8)
    report = check(saturated, saturated_port(saturated), reference=reference, budget=1)
    assert not report.equivalent
    assert "logits" in {cause.setting for cause in report.causes}
    assert report.repair.verified
    (change,) = report.repair.changes
    assert change.text == 'activation="linear", loss=BinaryCrossentropy(from_logits=True)'
    assert "from_logits=True" in report.repair.source
    (finding,) = (item for item in report.findings if item.slug == "saturated")
    assert "clips" in finding.text
    assert "from_logits=True" in finding.text
    names = dict(zip(("X", "y"), saturated, strict=True))
    # As its user would: the very program, and it arrives.
    exec(report.repair.source, names)
    decision = saturated[0] @ np.asarray(names["model"].get_weights()[0], np.float64)
    expected = reference.fit(*saturated).decision_function(saturated[0])
    assert np.abs(decision[:, 0] - expected).max() < 0.01


def test_on_logits_the_same_port_arrives(saturated):
    reference = LogisticRegression(fit_intercept=False, tol=1e-8)
    report = check(saturated, saturated_port(saturated, logits=True), reference=reference)
    assert report.equivalent
    assert "saturated" not in {finding.slug for finding in report.findings}


def test_the_twin_is_at_its_certified_optimum_and_its_program_arrives(flowers):
    twin = KerasTwin(LogisticRegression(C=0.5)).fit(*flowers)
    assert twin.certificate_.distance < 1e-9
    assert "Checked on these data" in twin.source()


def test_the_twin_of_a_regressor_is_certified(flowers):
    numbers = flowers[0][:, 0] * 2 + flowers[0][:, 1]
    twin = KerasRegressorTwin(Ridge(2.0)).fit(flowers[0], numbers)
    assert twin.certificate_.distance < 1e-9
    np.testing.assert_allclose(twin.coef_, Ridge(2.0).fit(flowers[0], numbers).coef_, atol=1e-9)


def test_the_optimum_is_that_of_the_modelled_objective(cancer):
    model = port(cancer)[0]()
    trained = train_to_optimum(model, *cancer)
    reference = LogisticRegression(tol=1e-12, max_iter=10_000).fit(*cancer)
    np.testing.assert_allclose(trained.coef, reference.coef_, atol=1e-4)
    assert trained.certificate.coef < 1e-9


def test_a_loss_that_is_not_modelled_is_compared_only(cancer):
    made, fit = port(cancer)

    def focal():
        model = made()
        model.compile("adam", keras.losses.BinaryFocalCrossentropy())
        return model

    report = check(cancer, (focal, {**fit, "epochs": 5}))
    assert not report.equivalent
    assert not report.causes
    with pytest.raises(ModelParityError, match=r"computes in float32 .* KERAS_BACKEND=tensorflow"):
        train_to_optimum(focal(), *cancer)


def test_a_refused_model_still_predicts(cancer):
    model = port(cancer)[0]()
    before = np.asarray(keras.ops.convert_to_numpy(model(cancer[0][:3].astype("float32"))))
    with pytest.raises(ModelParityError, match="rows of 29 features"):
        check((cancer[0][:, :29], cancer[1]), (model, {"epochs": 1}))
    after = np.asarray(keras.ops.convert_to_numpy(model(cancer[0][:3].astype("float32"))))
    np.testing.assert_array_equal(before, after)


def test_training_a_copy_leaves_the_model_and_its_optimizer_alone(cancer):
    model = port(cancer)[0]()
    model.fit(*cancer, epochs=1, verbose=0)
    weights = [np.array(item) for item in model.get_weights()]
    check(cancer, (model, {"epochs": 2, "verbose": 0}), explain=False)
    for mine, its in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)
    # On JAX what shares memory with a model that is trained is gone afterwards.
    assert int(model.optimizer.iterations) == 18
    model.fit(*cancer, epochs=1, verbose=0)


def test_random_states_are_what_they_were(flowers):
    def drawn():
        states = [np.random.get_state()[1].tolist()]
        if keras.backend.backend() == "torch":
            states.append(sys.modules["torch"].get_rng_state().tolist())
        return states

    before = drawn()
    check(flowers, (port(flowers)[0], {"epochs": 2}), seed=None, explain=False)
    assert drawn() == before


def test_none_of_these_checks_imported_tensorflow():
    # The last: whatever ran before it in this process. Keras imports TensorFlow by itself where it
    # is installed, also to write a configuration.
    assert "tensorflow" not in sys.modules
