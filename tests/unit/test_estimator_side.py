"""An estimator trained again, and the kinds of candidate that need no framework."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.report.parts import Change
from pytest_modelparity.settings import ModelSettings, ObjectiveSettings, TrainingSettings
from pytest_modelparity.sides.candidate import CandidateRequest, find_candidate
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.estimator import (
    EstimatorRecipe,
    EstimatorTraining,
    seconds_an_iteration,
)
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.opaque import EstimatorKind, PredictorKind
from pytest_modelparity.sides.regression import read_numbers
from pytest_modelparity.sides.training import Remedy

DATA = read_dataset(np.arange(8.0).reshape(4, 2), ["a", "b", "a", "b"])


class Steps:
    """An estimator with one parameter."""

    def __init__(self, steps=3):
        self.steps = steps


class StepsMapping:
    """Knows `Steps`, and notes what it fits."""

    name = "Steps"

    def __init__(self):
        self.fits = []

    def knows(self, estimator):
        return isinstance(estimator, Steps)

    def read(self, estimator, data):
        estimator = self.estimator(estimator)
        if estimator.steps < 0:
            raise ModelParityError("steps must be >= 0")
        return ModelSettings(
            framework="other",
            model="Steps",
            objective=ObjectiveSettings(),
            training=TrainingSettings(iterations=estimator.steps),
        )

    def fit(self, estimator, data, *, side="reference"):
        self.fits.append((self.estimator(estimator).steps, side))
        return FittedModel(settings=self.read(estimator, data), predict=len, seconds=1.5)

    def remedies(self, estimator, data, *, fitted, side="reference"):
        recipe = EstimatorRecipe(kind=Steps, parameters={"steps": 10 * estimator.steps})
        change = Change(side=side, setting="iterations", text="more")
        return (Remedy(changes=(change,), recipe=recipe),)

    def source(self, estimator, data, *, side="reference"):
        return f"{side} = Steps({self.estimator(estimator).steps})"

    @staticmethod
    def estimator(given):
        return given.build() if isinstance(given, EstimatorRecipe) else given


def request(given, fit=None, data=DATA):
    """Return what a kind of candidate is asked."""
    return CandidateRequest(
        given=given, fit=fit, reference=None, mapping=StepsMapping(), data=data, seed=0
    )


def predictor(**attributes):
    """Return something that predicts a half for every row."""
    return SimpleNamespace(predict_proba=lambda X: np.tile([0.25, 0.75], (len(X), 1)), **attributes)


# --- an estimator trained again


def test_a_recipe_is_a_value():
    recipe = EstimatorRecipe(kind=Steps, parameters={"steps": 3})
    assert (
        recipe
        == pickle.loads(pickle.dumps(recipe))
        == EstimatorRecipe(kind=Steps, parameters={"steps": 3})
    )
    assert recipe != recipe.changed(steps=4)
    assert (recipe.build().steps, recipe.changed(steps=4).build().steps) == (3, 4)


def test_a_remedy_is_trained_once_whatever_the_seeds():
    mapping = StepsMapping()
    estimator = Steps()
    training = EstimatorTraining(
        mapping, estimator, DATA, mapping.fit(estimator, DATA), "candidate"
    )
    (remedy,) = training.remedies()
    (again,) = training.remedies()
    first = training.train(remedy, range(5))
    assert len(first) == 1
    assert training.train(again, range(1)) == first
    assert mapping.fits == [(3, "reference"), (30, "candidate")]
    assert remedy.changes[0].side == "candidate"
    assert training.source(remedy) == "candidate = Steps(30)"


def test_a_training_costs_its_limit_of_iterations_until_it_is_made():
    mapping = StepsMapping()
    fitted = mapping.fit(Steps(), DATA)
    training = EstimatorTraining(mapping, Steps(), DATA, fitted, "reference")
    (remedy,) = training.remedies()
    assert training.cost(remedy) == pytest.approx(30 * seconds_an_iteration(DATA))
    training.train(remedy, range(1))
    assert training.cost(remedy) == 0
    assert training.seconds == 1.5


def test_an_estimator_has_no_faster_way_than_its_own_fit():
    mapping = StepsMapping()
    training = EstimatorTraining(mapping, Steps(), DATA, mapping.fit(Steps(), DATA), "reference")
    (remedy,) = training.remedies()
    assert training.unchanged() is None
    assert training.spread(8) is None
    verification = training.verify(remedy, 3, 1.0)
    assert verification.fitted == training.train(remedy, range(1))
    assert (verification.by, verification.note) == ("fit", "")
    assert training.verifying_cost(remedy, 3, 1.0) == 0
    assert training.spread_cost(8) == 0
    assert training.without_shortcut() == ""


# --- an estimator as the candidate


def test_an_estimator_that_a_mapping_knows_is_trained_on_the_candidates_side():
    mapping = StepsMapping()
    kind = EstimatorKind((mapping,))
    asked = request(Steps(7))
    assert kind.knows(asked)
    candidate = kind.make(asked)
    assert candidate.train() is candidate.train()
    assert mapping.fits == [(7, "candidate")]
    assert candidate.objective is None
    assert candidate.inject(np.zeros((1, 2)), np.zeros(1)) is None
    (remedy,) = candidate.training.remedies()
    candidate.training.train(remedy, range(1))
    assert candidate.training.train(remedy, range(1))
    assert mapping.fits == [(7, "candidate"), (70, "candidate")]


def test_what_a_mapping_refuses_is_refused_before_anything_is_trained():
    mapping = StepsMapping()
    with pytest.raises(ModelParityError, match="steps must be >= 0"):
        EstimatorKind((mapping,)).make(request(Steps(-1)))
    assert mapping.fits == []


def test_the_first_mapping_that_knows_the_estimator_reads_it():
    first, second = StepsMapping(), StepsMapping()
    EstimatorKind((first, second)).make(request(Steps())).train()
    assert (len(first.fits), len(second.fits)) == (1, 0)


# --- anything that predicts


def test_whatever_predicts_is_taken_as_it_is():
    candidate = PredictorKind().make(request(predictor()))
    fitted = candidate.train()
    assert fitted.predict(DATA.X).tolist() == [[0.25, 0.75]] * 4
    assert (candidate.objective, candidate.training, fitted.coef) == (None, None, None)
    assert "its settings are unknown" in fitted.settings.unmodelled[0]
    assert candidate.inject(np.zeros((1, 2)), np.zeros(1)) is None


def test_columns_come_in_the_order_of_the_sorted_classes():
    candidate = PredictorKind().make(request(predictor(classes_=np.array(["b", "a"]))))
    assert candidate.train().predict(DATA.X).tolist() == [[0.75, 0.25]] * 4


def test_labels_of_another_type_are_matched_by_their_text():
    data = read_dataset(DATA.X, [1, 2, 1, 2])
    given = predictor(classes_=np.array(["2", "1"]))
    candidate = PredictorKind().make(request(given, data=data))
    assert candidate.train().predict(data.X).tolist() == [[0.75, 0.25]] * 4


def test_linear_parameters_are_read_where_they_fit_the_data():
    def predict_proba(X):
        p = 1 / (1 + np.exp(-(X @ [1.0, 2.0] - 3.0)))
        return np.column_stack([1 - p, p])

    def coef_of(**attributes):
        given = SimpleNamespace(predict_proba=predict_proba, **attributes)
        return PredictorKind().make(request(given)).train().coef

    assert coef_of(coef_=[[1.0, 2.0]], intercept_=[-3.0]).tolist() == [[1.0, 2.0]]
    # Of another shape, or of a layer behind a scaler: then those behind its predictions are shown.
    for wrong in ([[1.0, 2.0, 3.0]], [[2.0, 2.0]]):
        recovered = coef_of(coef_=wrong, intercept_=[-3.0])
        np.testing.assert_allclose(recovered, [[1.0, 2.0]], atol=1e-9)


def test_other_classes_are_refused():
    given = predictor(classes_=np.array(["a", "c"]))
    with pytest.raises(ModelParityError, match=r"classes of y \(\['a', 'b'\]\), .*\['a', 'c'\]"):
        PredictorKind().make(request(given))


def test_an_unfitted_object_is_refused_with_what_to_pass():
    from sklearn.ensemble import RandomForestClassifier

    candidate = PredictorKind().make(request(RandomForestClassifier()))
    message = (
        "must be trained already, got an unfitted RandomForestClassifier; "
        r"pass candidate=model.fit\(X, y\)"
    )
    with pytest.raises(ModelParityError, match=message):
        candidate.train()


def test_a_prediction_that_raises_is_refused_with_its_reason():
    def fail(X):
        raise KeyError("column")

    candidate = PredictorKind().make(request(SimpleNamespace(predict_proba=fail)))
    with pytest.raises(ModelParityError, match="predict_proba raised KeyError: 'column'; pass a"):
        candidate.train()


@pytest.mark.parametrize("kind", [PredictorKind(), EstimatorKind((StepsMapping(),))])
def test_arguments_of_keras_fit_are_refused(kind):
    given = predictor() if isinstance(kind, PredictorKind) else Steps()
    with pytest.raises(
        ModelParityError, match=r"arguments of keras.Model.fit, got a \w+; pass fit"
    ):
        kind.make(request(given, fit={"epochs": 1}))


# --- what is none of these


class Network:
    """Something that is called, as a torch.nn.Module is."""

    def __call__(self, x):
        raise AssertionError("it was called")


class Predictor:
    """A class, which is no trained object."""

    def predict_proba(self, X):
        raise AssertionError("it was called")


@pytest.mark.parametrize(
    "given,named",
    [
        (Network(), "got Network"),
        (lambda x: x, "got function"),
        (Steps, r"got the class Steps \(write Steps\(...\) for an instance\)"),
        (Predictor, r"got the class Predictor \(write Predictor"),
        (7, "got int"),
    ],
)
def test_what_is_no_candidate_is_refused_with_all_that_is_allowed(given, named):
    kinds = (EstimatorKind((StepsMapping(),)), PredictorKind())
    with pytest.raises(ModelParityError, match=named) as caught:
        find_candidate(request(given), kinds)
    assert "must be one of these: Steps; a trained object with predict_proba" in str(caught.value)


def test_a_compiled_solver_costs_its_arithmetic_alone():
    plain, compiled = seconds_an_iteration(DATA, "lbfgs"), seconds_an_iteration(DATA, "saga")
    assert plain == seconds_an_iteration(DATA)
    assert compiled == pytest.approx(1e-8 * DATA.X.size)
    assert compiled < plain


def test_an_iteration_on_numbers_takes_what_one_output_takes():
    numbers = read_numbers(DATA.X, [0.5, 1.0, 2.5, 0.0])
    for solver in (None, "saga", "sgd", "newton-cholesky"):
        assert seconds_an_iteration(numbers, solver) == seconds_an_iteration(DATA, solver) > 0
