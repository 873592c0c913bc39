"""SGDClassifier with the log-loss: read by meaning, fitted, and told why it is not at its optimum.

No Keras model is trained here: the candidates are estimators, or a LogisticRegression's numbers.
"""

import math
import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from pytest_modelparity import compare_models
from pytest_modelparity.errors import InvalidParameterError, ModelParityError
from pytest_modelparity.extend import check_mapping
from pytest_modelparity.frameworks.sklearn.sgd.by_solver import BySolver
from pytest_modelparity.frameworks.sklearn.sgd.mapping import SGDClassifierMapping
from pytest_modelparity.frameworks.sklearn.sgd.recipes import OnDense
from pytest_modelparity.parity.side import TRAINING, Side
from pytest_modelparity.settings import OBJECTIVE_SETTINGS, TRAINING_SETTINGS
from pytest_modelparity.sides.dataset import read_dataset

MAPPING = SGDClassifierMapping()


def sgd(**options):
    """Return an SGDClassifier with the log-loss and a seed."""
    return SGDClassifier(**{"loss": "log_loss", "random_state": 0} | options)


def rows(n=569, features=30, scale=True):
    """Return rows of two classes, standardised."""
    X, y = load_breast_cancer(return_X_y=True)
    X = X[:n, :features]
    return (StandardScaler().fit_transform(X) if scale else X), y[:n]


def tumours(**options):
    """Return overlapping rows of two classes as data of a check."""
    X, y = rows(150, 4)
    return read_dataset(X, y, **options)


def wines():
    """Return rows of two unequal classes that overlap, as data of a check."""
    X, y = load_wine(return_X_y=True)
    return read_dataset(StandardScaler().fit_transform(X[:, :4]), y == 1)


def remedies_of(estimator, data):
    """Return the remedies of an estimator as it is fitted."""
    return MAPPING.remedies(estimator, data, fitted=MAPPING.fit(estimator, data))


def left_by(recipe, data):
    """Return how far from the optimum of its objective a recipe ends."""
    side = Side(name="reference", data=data, fitted=MAPPING.fit(recipe, data))
    return float(np.abs(side.predictions(TRAINING) - side.optimum.predictions).max())


# --- the rules that every mapping keeps ---


@pytest.mark.parametrize(
    "check",
    check_mapping(
        MAPPING,
        [
            sgd(alpha=0.02, max_iter=200),
            sgd(
                alpha=0.05,
                max_iter=300,
                penalty="elasticnet",
                l1_ratio=0.4,
                learning_rate="adaptive",
                eta0=0.01,
                class_weight="balanced",
                average=True,
            ),
        ],
    ),
)
def test_the_mapping_keeps_the_rules(check):
    check()


# --- the objective ---

PENALTIES = {
    "l2": {"penalty": "l2"},
    "l1": {"penalty": "l1"},
    "elasticnet": {"penalty": "elasticnet", "l1_ratio": 0.3},
    "none": {"penalty": None},
}
WEIGHTS = {
    "plain": (False, None),
    "sample_weight and balanced": (True, "balanced"),
    "dict, no intercept": (False, {0: 2.0, 1: 0.5}),
}


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_long_training_ends_at_the_optimum_of_what_is_read(penalty, weights):
    weighted, class_weight = WEIGHTS[weights]
    plain = wines()
    given = np.linspace(0.5, 2, plain.n_samples) if weighted else None
    subject = read_dataset(plain.X, plain.y, sample_weight=given)
    estimator = sgd(
        alpha=0.02,
        class_weight=class_weight,
        fit_intercept="no intercept" not in weights,
        tol=None,
        max_iter=5000,
        **PENALTIES[penalty],
    )
    # Any strength or weight that is read wrong leaves more than 1e-2.
    assert left_by(estimator, subject) < 2e-3
    # The same objective by another solver, to its tol.
    *_, by_solver = remedies_of(estimator, subject)
    assert isinstance(by_solver.recipe, BySolver)
    assert left_by(by_solver.recipe, subject) < 1e-6


def test_alpha_is_read_beside_the_mean_loss():
    data = tumours()
    objective = MAPPING.read(sgd(alpha=0.3), data).objective
    assert (objective.l2_strength, objective.l1_strength) == (0.3, 0.0)
    mixed = MAPPING.read(sgd(alpha=0.3, penalty="elasticnet", l1_ratio=0.25), data).objective
    assert (mixed.l2_strength, mixed.l1_strength) == pytest.approx((0.225, 0.075))
    assert MAPPING.read(sgd(alpha=0.3, penalty=None), data).objective.strength == 0


def test_balanced_counts_rows_whatever_they_weigh():
    """LogisticRegression counts their weight since 1.7, SGDClassifier does not."""
    data = tumours(sample_weight=np.linspace(0.5, 2, 150))
    counts = np.bincount(data.y)
    read = MAPPING.read(sgd(class_weight="balanced"), data).objective
    assert read.class_weight == pytest.approx(tuple(150 / (2 * counts)))


# --- words ---


def test_every_setting_has_a_text_in_the_words_of_scikit_learn():
    data = tumours()
    written = MAPPING.fit(sgd(alpha=0.01, average=True), data).settings.written
    assert set(written) == {*OBJECTIVE_SETTINGS, *TRAINING_SETTINGS}
    expected = {
        "penalty": "l2 (the default)",
        "C": "alpha=0.01 (C=0.666667)",
        "solver": "sgd, averaged (average=True)",
        "learning_rate": "'optimal', from 3.16",
        "tol": "tol=0.001, n_iter_no_change=5",
        "batch_size": "1 row a step",
    }
    assert {name: written[name] for name in expected} == expected
    assert written["iterations"].startswith("max_iter=1000 (")


def test_rows_that_early_stopping_holds_back_are_told():
    data = tumours()
    settings = MAPPING.read(sgd(early_stopping=True, validation_fraction=0.2), data)
    assert "a part of 0.2 of the rows" in settings.written["rows_used"]
    assert settings.unmodelled == (
        "early_stopping=True holds a part of 0.2 of the rows back, drawn at random, and the "
        "optimum is that of all rows",
    )
    assert MAPPING.read(sgd(), data).unmodelled == ()


def test_what_has_no_effect_is_said():
    data = tumours()
    estimator = sgd(eta0=0.5, power_t=0.2, l1_ratio=0.5, random_state=3)
    sentences = MAPPING.inert_settings(estimator, data)
    assert [text.partition(" ")[0] for text in sentences] == [
        "l1_ratio=0.5",
        "eta0=0.5",
        "power_t=0.2",
    ]


def test_the_rows_of_the_mapping_say_how_alpha_becomes_a_regularizer():
    (row,) = (one for one in MAPPING.mapping_rows(sgd(alpha=0.02)) if one.name == "alpha")
    assert (row.keras, row.status) == ("kernel_regularizer=L2(alpha/2)", "exact")
    (row,) = (r for r in MAPPING.mapping_rows(sgd(alpha=0.02), tumours()) if r.name == "alpha")
    assert row.keras == "kernel_regularizer=L2(0.01)"


# --- what rounding decides, and what sparse rows do ---


def test_a_training_that_rounding_decides_is_found():
    X, y = rows()
    (finding,) = MAPPING.fit(sgd(), read_dataset(X, y)).findings
    assert finding.slug == "decided-by-rounding"
    # FACTS: X times 1 + 1e-15 moved a probability by 0.63; any number above 0.001 is the finding.
    assert "it ends 0." in finding.text
    assert MAPPING.fit(sgd(alpha=1 / 569), read_dataset(X, y)).findings == ()


def test_an_open_seed_is_no_rounding():
    X, y = rows()
    estimator = sgd(alpha=1 / 569, random_state=None)
    assert MAPPING.fit(estimator, read_dataset(X, y)).findings == ()


def test_sparse_rows_slow_the_intercept_down_and_that_is_told():
    X, y = rows(150, 4)
    sparse, dense = (read_dataset(form(X), y) for form in (scipy.sparse.csr_matrix, np.asarray))
    estimator = sgd(alpha=0.01)
    assert (
        MAPPING.read(estimator, sparse)
        .written["learning_rate"]
        .endswith("; the intercept's is 0.01 of it (sparse X)")
    )
    found = [one for one in remedies_of(estimator, sparse) if isinstance(one.recipe, OnDense)]
    assert found[0].changes[0].text == "X.toarray(), tol=None"
    longer = sgd(alpha=0.01, tol=None)
    assert MAPPING.fit(found[0].recipe, sparse).coef == pytest.approx(
        MAPPING.fit(longer, dense).coef, abs=1e-12
    )
    assert not any(isinstance(one.recipe, OnDense) for one in remedies_of(estimator, dense))


# --- remedies ---


def test_more_epochs_and_another_solver_come_nearer():
    X, y = rows()
    data = read_dataset(X, y)
    estimator = sgd(alpha=0.01)
    before = left_by(estimator, data)
    assert before > 0.01
    # The first of each setting.
    firsts = {remedy.settings[0]: remedy for remedy in reversed(remedies_of(estimator, data))}
    left = {setting: left_by(remedy.recipe, data) for setting, remedy in firsts.items()}
    assert set(left) == {"tol", "learning_rate", "solver"}
    assert left["tol"] < 1e-3
    assert left["solver"] < 1e-6


def test_a_training_out_of_epochs_first_gets_more():
    data = tumours()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (first, *_) = remedies_of(sgd(max_iter=2), data)
    assert (first.settings, first.changes[0].text) == (("iterations",), "tol=None, max_iter=20")


def test_the_mean_of_all_steps_is_left_for_the_last():
    found = [one.changes[0] for one in remedies_of(sgd(average=True), tumours())]
    assert next(one.text for one in found if one.setting == "solver") == "average=False, tol=None"


def test_remedies_do_not_print(capsys):
    data = tumours()
    (first, *_) = remedies_of(sgd(alpha=0.1, verbose=1), data)
    capsys.readouterr()
    MAPPING.fit(first.recipe, data)
    assert capsys.readouterr().out == ""


# --- in a check ---


def test_the_reference_that_stopped_early_is_told_and_repaired():
    """C10 of the cases: alpha is 1/(C n), and SGD's own stop is no optimum."""
    X, y = rows()
    exact = LogisticRegression(C=1 / (0.02 * 569), solver="newton-cholesky", tol=1e-10).fit(X, y)
    report = compare_models(sgd(alpha=0.01), X, y, candidate=exact)
    assert not report.equivalent
    musts = {cause.setting for cause in report.causes if cause.role == "must"}
    assert musts == {"C"}
    by_training = {cause.setting for cause in report.causes if cause.kind == "reference"}
    assert by_training & {"tol", "solver", "learning_rate"}
    assert "reference-not-converged" in {finding.slug for finding in report.findings}


@pytest.mark.parametrize(
    ("planted", "cause"),
    [
        ({"alpha": 0.05}, "C"),
        ({"penalty": "l1"}, "penalty"),
        ({"fit_intercept": False}, "fit_intercept"),
        ({"class_weight": {0: 4.0, 1: 1.0}}, "class_weight"),
        ({"penalty": "elasticnet", "l1_ratio": 0.9}, "penalty"),
    ],
)
@pytest.mark.parametrize("subject", [tumours, wines])
def test_a_planted_difference_of_the_objective_is_a_must(subject, planted, cause):
    data = subject()
    long = {"tol": None, "max_iter": 3000, "alpha": 0.02}
    candidate = sgd(**long | planted)
    report = compare_models(sgd(**long), data.X, data.y, candidate=candidate, tolerance=0.005)
    # No training is blamed for it.
    assert {(one.setting, one.role) for one in report.causes} == {(cause, "must")}


@pytest.mark.parametrize(
    ("planted", "causes"),
    [
        ({"tol": 0.5, "n_iter_no_change": 1}, {"tol", "learning_rate", "solver"}),
        ({"max_iter": 2}, {"iterations", "learning_rate", "solver"}),
        ({"learning_rate": "constant", "eta0": 0.2}, {"learning_rate", "solver", "iterations"}),
        ({"average": True, "max_iter": 40}, {"solver", "iterations", "learning_rate"}),
        ({"early_stopping": True, "tol": 1e-3}, {"tol", "learning_rate", "solver"}),
    ],
)
@pytest.mark.parametrize("subject", [tumours, wines])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_planted_difference_of_the_training_is_one_of_several(subject, planted, causes):
    data = subject()
    long = {"tol": None, "max_iter": 3000, "alpha": 0.02}
    candidate = sgd(**long | planted)
    report = compare_models(sgd(**long), data.X, data.y, candidate=candidate, tolerance=0.002)
    named = {one.setting for one in report.causes}
    assert named
    assert named <= causes
    assert all(one.role == "one_of" and one.kind == "training" for one in report.causes)


# --- what is refused ---


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"alpha": -1}, "alpha must be a finite number >= 0, got alpha=-1"),
        ({"alpha": math.nan}, "alpha must be a finite number >= 0"),
        ({"alpha": 0}, "learning_rate='optimal' is made of alpha and needs alpha > 0"),
        ({"penalty": "l3"}, "penalty must be one of 'l2', 'l1', 'elasticnet', None"),
        ({"penalty": "elasticnet", "l1_ratio": None}, "needs an l1_ratio from 0 to 1"),
        ({"learning_rate": "pa1"}, "learning_rate must be one of 'optimal'"),
        ({"learning_rate": "constant", "eta0": 0}, "eta0.* > 0"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1"),
        ({"tol": -1}, "tol must be a finite number >= 0, or None"),
        ({"validation_fraction": 1.0}, "validation_fraction must be a number between 0 and 1"),
        ({"random_state": "one"}, "random_state must be None"),
        ({"power_t": math.inf}, "power_t must be a finite number"),
        ({"average": -3}, "average must be True, False or an integer"),
        ({"class_weight": "even"}, "class_weight must be None, 'balanced' or a dict"),
    ],
)
def test_what_cannot_be_fitted_is_refused_before_it_is(options, sentence):
    # As scikit-learn's own error of this name is.
    with pytest.raises(ValueError, match=sentence) as caught:
        MAPPING.read(sgd(**options), tumours())
    assert isinstance(caught.value, InvalidParameterError)
    statuses = {row.name: row.status for row in MAPPING.mapping_rows(sgd(**options), tumours())}
    assert "unsupported" in statuses.values()


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (SGDClassifier(), "loss='hinge'.*predicts no probabilities"),
        (SGDClassifier(loss="modified_huber"), "clipped to"),
        (LinearSVC(), "LinearSVC has a hinge loss"),
        (Perceptron(), "Perceptron has a hinge loss"),
        (RidgeClassifier(), "least squares"),
        (OneVsRestClassifier(LinearSVC()), "LinearSVC has a hinge loss"),
        (CalibratedClassifierCV(LogisticRegression()), "optimum of no objective"),
    ],
)
def test_a_classifier_without_such_an_optimum_is_refused_with_the_reason(reference, reason):
    X, y = rows(150, 4)
    with pytest.raises(ModelParityError, match=reason):
        compare_models(reference, X, y, candidate=LogisticRegression())


def test_a_candidate_that_predicts_probabilities_is_compared_by_these():
    X, y = rows(150, 4)
    calibrated = CalibratedClassifierCV(LogisticRegression()).fit(X, y)
    report = compare_models(LogisticRegression(), X, y, candidate=calibrated, explain=False)
    assert report.divergences["probability"].value > 0
