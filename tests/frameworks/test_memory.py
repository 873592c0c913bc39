"""What a check makes once for all tests of a process, and what it makes anew each time."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import KerasTwin, ParityReport, compare_models
from pytest_modelparity.frameworks.keras.read.content import content_of
from pytest_modelparity.frameworks.keras.train import optimum as keras_optimum
from pytest_modelparity.frameworks.sklearn import fit as sklearn_fit
from pytest_modelparity.sides import optimum as sides_optimum
from pytest_modelparity.sides.content import content_key
from pytest_modelparity.sides.memory import MEMORY, nothing_remembered

Rows = tuple[np.ndarray, np.ndarray]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Start with an empty memory."""
    MEMORY.forget()
    yield
    MEMORY.forget()


@pytest.fixture
def rows() -> Rows:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(90, 3))
    return X, (X @ [1.0, -2.0, 0.5] + generator.normal(size=90) > 0).astype(int)


def count(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> list[Any]:
    """Note the first argument of every call of a function, which keeps its name and module."""
    calls: list[Any] = []
    real = getattr(place, name)

    @functools.wraps(real)
    def counted(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments[0])
        return real(*arguments, **options)

    monkeypatch.setattr(place, name, counted)
    return calls


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the estimators that scikit-learn fits."""
    return count(monkeypatch, LogisticRegression, "fit")


@pytest.fixture
def keras_fits(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the models that Keras fits."""
    return count(monkeypatch, keras.Sequential, "fit")


def opaque(rows: Rows) -> Any:
    """Return a candidate without training."""
    model = LogisticRegression(C=50.0).fit(*rows)

    class Model:
        def predict_proba(self, X: Any) -> np.ndarray:
            return np.asarray(model.predict_proba(X))

    return Model()


def check(reference: Any, rows: Rows, **options: Any) -> ParityReport:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return compare_models(reference, *rows, **options)


def found(report: ParityReport) -> dict[str, Any]:
    """Return a report without its times."""
    held = report.to_dict()
    return {name: value for name, value in held.items() if name not in ("duration", "effort")}


def test_a_reference_is_fitted_once_for_all_checks(rows: Rows, fits: list[Any]) -> None:
    candidate = opaque(rows)
    fits.clear()
    X, y = rows
    reports = [
        check(LogisticRegression(C=2.0), data, candidate=candidate, explain=False)
        for data in (rows, (X.copy(), y.copy()), rows)
    ]
    assert len(fits) == 1
    assert found(reports[0]) == found(reports[1]) == found(reports[2])


def test_its_warnings_are_given_again_and_stay_evidence(rows: Rows, fits: list[Any]) -> None:
    candidate = opaque(rows)
    fits.clear()
    for _ in range(3):
        with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge") as raised:
            report = compare_models(
                LogisticRegression(max_iter=1), *rows, candidate=candidate, explain=False
            )
        assert [item.filename for item in raised] == [__file__]
        assert [warning.category for warning in report.warnings] == ["ConvergenceWarning"]
        # Where warnings are errors one is raised, which must not reach the next check.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ConvergenceWarning):
                compare_models(
                    LogisticRegression(max_iter=1), *rows, candidate=candidate, explain=False
                )
    assert len(fits) == 1


class Noisy(LogisticRegression):
    """A subclass that trains as its parent does."""


ANEW: dict[str, Callable[[], LogisticRegression]] = {
    "by numpy's global generator": lambda: LogisticRegression(solver="saga", random_state=None),
    "by liblinear's": lambda: LogisticRegression(solver="liblinear", random_state=None),
    "by a generator": lambda: LogisticRegression(random_state=np.random.RandomState(0)),
    "in threads": lambda: LogisticRegression(n_jobs=2),
    "printing": lambda: LogisticRegression(verbose=1),
    "with a warm start": lambda: LogisticRegression(warm_start=True),
    "by a subclass": Noisy,
}


@pytest.mark.parametrize("how", ANEW)
@pytest.mark.filterwarnings("ignore")
def test_a_reference_that_a_second_fit_may_change_is_fitted_each_time(
    how: str, rows: Rows, fits: list[Any]
) -> None:
    candidate = opaque(rows)
    fits.clear()
    for _ in range(2):
        compare_models(ANEW[how](), *rows, candidate=candidate, explain=False)
    assert len(fits) == 2


@pytest.mark.parametrize("solver", ["saga", "liblinear"])
def test_a_solver_with_a_seed_is_no_chance(solver: str, rows: Rows, fits: list[Any]) -> None:
    candidate = opaque(rows)
    fits.clear()
    for seed in (0, 0, 1):
        reference = LogisticRegression(solver=solver, random_state=seed)
        check(reference, rows, candidate=candidate, explain=False)
    assert len(fits) == 2


def test_a_fit_that_a_test_put_in_its_place_is_always_made(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate, made = opaque(rows), []
    check(LogisticRegression(), rows, candidate=candidate, explain=False)
    real = LogisticRegression.fit

    def mine(self: LogisticRegression, *data: Any, **options: Any) -> Any:
        made.append(self)
        return real(self, *data, **options)

    monkeypatch.setattr(LogisticRegression, "fit", mine)
    check(LogisticRegression(), rows, candidate=candidate, explain=False)
    assert len(made) == 1


def test_data_changed_in_place_are_fitted_anew(rows: Rows, fits: list[Any]) -> None:
    X, y = rows
    candidate = opaque(rows)
    fits.clear()
    before = check(LogisticRegression(), (X, y), candidate=candidate, explain=False)
    X *= 3.0
    after = check(LogisticRegression(), (X, y), candidate=candidate, explain=False)
    assert len(fits) == 2
    with nothing_remembered():
        fresh = check(LogisticRegression(), (X, y), candidate=candidate, explain=False)
    assert found(after) == found(fresh)
    assert found(after)["predictions"] != found(before)["predictions"]


def test_an_estimator_under_test_is_fitted_in_every_check(rows: Rows, fits: list[Any]) -> None:
    for _ in range(3):
        check(LogisticRegression(), rows, candidate=LogisticRegression(C=2.0), explain=False)
    # The reference once, the candidate each time.
    assert [model.C for model in fits] == [1.0, 2.0, 2.0, 2.0]


def test_a_reference_that_came_fitted_is_never_fitted(rows: Rows, fits: list[Any]) -> None:
    fitted, candidate = LogisticRegression().fit(*rows), opaque(rows)
    fits.clear()
    check(LogisticRegression(), rows, candidate=candidate, explain=False)
    fitted.coef_ = fitted.coef_ + 1.0
    report = check(fitted, rows, candidate=candidate, explain=False)
    assert len(fits) == 1
    probabilities = fitted.predict_proba(rows[0])
    assert report.predictions
    for shown in report.predictions:
        np.testing.assert_array_equal(shown.reference, probabilities[shown.row])


def test_other_settings_of_scikit_learn_are_another_fit(rows: Rows, fits: list[Any]) -> None:
    import sklearn

    candidate = opaque(rows)
    fits.clear()
    for assume_finite in (False, True, False):
        with sklearn.config_context(assume_finite=assume_finite):
            check(LogisticRegression(), rows, candidate=candidate, explain=False)
    assert len(fits) == 2


def test_an_exact_optimum_is_found_once(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    found_optima = count(monkeypatch, sides_optimum, "find_optimum")
    # Two sides of one objective, in one check and in the next.
    for solver in ("newton-cholesky", "newton-cg"):
        check(LogisticRegression(), rows, candidate=LogisticRegression(solver=solver))
    assert len(found_optima) == 1
    weighted = {"sample_weight": np.linspace(0.5, 1.5, 90)}
    check(LogisticRegression(), rows, candidate=LogisticRegression(), **weighted)
    assert len(found_optima) == 2


def test_a_twin_is_trained_once(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    made = count(monkeypatch, keras_optimum, "minimise")
    first, second = (KerasTwin(LogisticRegression(C=3.0)).fit(*rows) for _ in range(2))
    assert len(made) == 1
    for name in ("coef_", "intercept_", "n_iter_"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.certificate_ == second.certificate_
    weights = [twin.model_.get_layer(index=-1).kernel.numpy() for twin in (first, second)]
    np.testing.assert_array_equal(*weights)
    # Neither twin is the other's.
    first.coef_[:] = 0.0
    first.model_.set_weights([0.0 * item for item in first.model_.get_weights()])
    third = KerasTwin(LogisticRegression(C=3.0)).fit(*rows)
    assert len(made) == 1
    np.testing.assert_array_equal(third.coef_, second.coef_)
    np.testing.assert_array_equal(third.model_.get_layer(index=-1).kernel.numpy(), weights[1])
    KerasTwin(LogisticRegression(C=4.0)).fit(*rows)
    KerasTwin(LogisticRegression(C=3.0)).fit(rows[0], 1 - rows[1])
    assert len(made) == 3


def port(optimizer: Any = "adam", **options: Any) -> keras.Model:
    dense = keras.layers.Dense(1, **{"activation": "sigmoid", **options})
    model = keras.Sequential([keras.Input((3,)), dense])
    model.compile(optimizer=optimizer, loss="binary_crossentropy")
    return model


def test_a_repeated_explanation_trains_nothing_and_finds_the_same(
    rows: Rows, keras_fits: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = port(keras.optimizers.SGD(0.5))
    trained.fit(*rows, epochs=2, verbose=0)
    # Wide, so that few steps suffice; the clock of a busy machine must not decide.
    options = {"candidate": trained, "tolerance": 0.03, "budget": 300.0}
    with nothing_remembered():
        fresh = check(LogisticRegression(C=0.3), rows, **options)
    assert fresh.verdict == "diverged"
    assert fresh.repair is not None
    first = check(LogisticRegression(C=0.3), rows, **options)
    assert len(keras_fits) > 1
    keras_fits.clear()
    made = count(monkeypatch, keras_optimum, "minimise")
    again = check(LogisticRegression(C=0.3), rows, **options)
    assert (keras_fits, made) == ([], [])
    assert found(fresh) == found(first) == found(again)


def test_the_users_own_fit_is_never_skipped(rows: Rows, keras_fits: list[Any]) -> None:
    fit = {"epochs": 3, "batch_size": 30}
    options = {"candidate": port, "fit": fit, "tolerance": 0.03, "budget": 300.0}
    first = check(LogisticRegression(), rows, **options)
    n_fits = len(keras_fits)
    again = check(LogisticRegression(), rows, **options)
    # Repairs were verified by `fit` as well; those trainings are remembered.
    assert n_fits > 1
    assert len(keras_fits) == n_fits + 1
    assert found(first) == found(again)
    assert again.repair is not None
    assert again.repair.verified


def test_models_of_one_function_have_one_content() -> None:
    first, second = port(), port()
    second.set_weights(first.get_weights())
    assert content_key(content_of(first)) == content_key(content_of(second)) is not None
    second.set_weights([item + 1.0 for item in first.get_weights()])
    assert content_key(content_of(first)) != content_key(content_of(second))
    minima = [content_key(content_of(model, start=False)) for model in (first, second)]
    assert minima[0] == minima[1]


def twice(values: Any) -> Any:
    return 2.0 * values


twice.__name__ = "sigmoid"


def binary_crossentropy(labels: Any, outputs: Any) -> Any:
    return keras.losses.binary_crossentropy(labels, outputs)


class Layer(keras.layers.Dense):
    """A layer of the user's."""


class Model(keras.Sequential):
    """A model of the user's."""


class Nothing(keras.regularizers.Regularizer):
    """A regularizer of the user's."""

    def __call__(self, values: Any) -> Any:
        return 0.0

    def get_config(self) -> dict[str, Any]:
        return {}


class Decay(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of the user's."""

    def __call__(self, step: Any) -> Any:
        return 0.1

    def get_config(self) -> dict[str, Any]:
        return {}


def compiled(model: keras.Model, optimizer: Any = "adam", loss: Any = "mse") -> keras.Model:
    model.compile(optimizer=optimizer, loss=loss)
    return model


def of(*layers: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((3,)), *layers])


DENSE = keras.layers.Dense
NOT_STOCK: dict[str, Callable[[], keras.Model]] = {
    "uncompiled": lambda: of(DENSE(1)),
    "an activation of the user's": lambda: port(activation=twice),
    "a loss of the user's": lambda: compiled(of(DENSE(1)), loss=binary_crossentropy),
    "a layer of the user's": lambda: compiled(of(Layer(1))),
    "a model of the user's": lambda: compiled(Model([keras.Input((3,)), DENSE(1)])),
    "a regularizer of the user's": lambda: port(kernel_regularizer=Nothing()),
    "a schedule of the user's": lambda: port(keras.optimizers.SGD(Decay())),
    "a layer that draws": lambda: compiled(of(keras.layers.Dropout(0.5), DENSE(1))),
}


@pytest.mark.parametrize("what", NOT_STOCK)
def test_what_is_not_keras_own_has_no_content(what: str) -> None:
    assert content_of(NOT_STOCK[what]()) is None


OTHER: dict[str, Callable[[], keras.Model]] = {
    "an activation": lambda: port(activation="linear"),
    "a penalty": lambda: port(kernel_regularizer=keras.regularizers.L2(0.1)),
    "another penalty": lambda: port(kernel_regularizer=keras.regularizers.L2(0.2)),
    "no intercept": lambda: port(use_bias=False),
    "another type": lambda: port(dtype="bfloat16"),
    "an optimizer": lambda: port("sgd"),
    "a learning rate": lambda: port(keras.optimizers.Adam(0.1)),
    "a loss": lambda: compiled(of(DENSE(1, activation="sigmoid"))),
    "logits": lambda: compiled(
        of(DENSE(1, activation="sigmoid")), loss=keras.losses.BinaryCrossentropy(from_logits=True)
    ),
    "scaled features": lambda: compiled(
        of(keras.layers.Rescaling(0.5), DENSE(1, activation="sigmoid")), loss="binary_crossentropy"
    ),
}


def test_every_other_model_has_another_content() -> None:
    keys = {
        name: content_key(content_of(make(), start=False))
        for name, make in {"the port": port, **OTHER}.items()
    }
    assert None not in keys.values()
    assert len(set(keys.values())) == len(keys)


def test_a_name_is_no_activation() -> None:
    # Names are left out, and these look like settings.
    models = [
        compiled(of(DENSE(1, activation=name, name=name)), loss="binary_crossentropy")
        for name in ("sigmoid", "softplus")
    ]
    first, second = (content_key(content_of(model, start=False)) for model in models)
    assert first != second


def test_an_optimizer_with_a_state_is_another_start(rows: Rows) -> None:
    model = port()
    before = content_key(content_of(model))
    weights = model.get_weights()
    model.fit(*rows, epochs=1, verbose=0)
    model.set_weights(weights)
    assert content_key(content_of(model)) != before


def test_what_a_fitted_estimator_holds_is_not_shared(rows: Rows) -> None:
    from pytest_modelparity.sides.dataset import read_dataset

    data = read_dataset(*rows)
    made = [sklearn_fit.fit_clone(LogisticRegression(), data, side="reference") for _ in range(2)]
    made[0].estimator.coef_[:] = 0.0
    again = sklearn_fit.fit_clone(LogisticRegression(), data, side="reference")
    np.testing.assert_array_equal(again.estimator.coef_, made[1].estimator.coef_)
    assert again.seconds == made[1].seconds
