"""One linear model made of another by one change of structure, and that change found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import ParityReport, Tolerance, compare_models, hard_data
from pytest_modelparity.extend import structure_relations
from pytest_modelparity.parity.divergence import comparable
from pytest_modelparity.report.relations import Relation
from pytest_modelparity.structure.asking import ask_relation
from pytest_modelparity.structure.ground import AffineMap, Ground
from pytest_modelparity.structure.relation import find_relation

Model = tuple[np.ndarray, np.ndarray]


def quartiles(X: np.ndarray) -> np.ndarray:
    return np.percentile(X, (25, 50, 75), axis=0)


def bfloat16(values: np.ndarray) -> np.ndarray:
    """Round to eight bits of mantissa, by arithmetic."""
    exponent = np.frexp(values)[1]
    return np.ldexp(np.rint(np.ldexp(values, 8 - exponent)), exponent - 8)


def steps(values: np.ndarray, largest: np.ndarray) -> np.ndarray:
    return np.rint(values / largest * 127) * largest / 127


def with_columns(W: np.ndarray, **changed: Any) -> np.ndarray:
    W = W.copy()
    for name, values in changed.items():
        W[:, int(name[1:])] = values
    return W


def heaviest(X: np.ndarray, W: np.ndarray) -> np.ndarray:
    return np.argsort(-np.abs(W).max(axis=0) * X.std(axis=0))


def units_of(X: np.ndarray, W: np.ndarray, factor: float) -> np.ndarray:
    j = heaviest(X, W)[-1]
    return with_columns(W, **{f"c{j}": factor * W[:, j]})


def without(X: np.ndarray, W: np.ndarray, n: int) -> np.ndarray:
    return with_columns(W, **{f"c{j}": 0.0 for j in heaviest(X, W)[:n]})


def swapped(X: np.ndarray, W: np.ndarray) -> np.ndarray:
    i, j = heaviest(X, W)[:2]
    return with_columns(W, **{f"c{i}": W[:, j], f"c{j}": W[:, i]})


def lost(X: np.ndarray, W: np.ndarray, n: int) -> np.ndarray:
    gone = heaviest(X, W)[:n]
    return W[:, gone] @ X.mean(axis=0)[gone]


def permuted(W: np.ndarray) -> np.ndarray:
    return W[:, np.roll(np.arange(W.shape[1]), 2)]


#: Name, detail, and the change; a detail of None is not looked at.
KINDS: dict[str, tuple[str, str | None, Callable[..., Model]]] = {
    "std": (
        "scaler-forgotten",
        "standard deviation",
        lambda X, W, b: (W * X.std(axis=0), b + W @ X.mean(axis=0)),
    ),
    "ddof=1": (
        "scaler-forgotten",
        "standard deviation with ddof=1",
        lambda X, W, b: (W * X.std(axis=0, ddof=1), b + W @ X.mean(axis=0)),
    ),
    "range": (
        "scaler-forgotten",
        "range",
        lambda X, W, b: (W * np.ptp(X, axis=0), b + W @ X.min(axis=0)),
    ),
    "maxabs": (
        "scaler-forgotten",
        "largest absolute value",
        lambda X, W, b: (W * np.abs(X).max(axis=0), b),
    ),
    "iqr": (
        "scaler-forgotten",
        "interquartile range",
        lambda X, W, b: (W * (quartiles(X)[2] - quartiles(X)[0]), b + W @ quartiles(X)[1]),
    ),
    "twice": (
        "scaler-applied-twice",
        "standard deviation",
        lambda X, W, b: (W / X.std(axis=0), b - W @ (X.mean(axis=0) / X.std(axis=0))),
    ),
    "centring": ("centring-forgotten", "mean", lambda X, W, b: (W, b + W @ X.mean(axis=0))),
    "order": ("class-order", None, lambda X, W, b: (turned(W), turned(b))),
    "factor 2": ("logit-factor", "factor 2", lambda X, W, b: (2 * W, 2 * b)),
    "ln 2": ("logit-factor", "factor ln 2", lambda X, W, b: (np.log(2) * W, np.log(2) * b)),
    "factor": ("logit-factor", "factor 1.37", lambda X, W, b: (1.37 * W, 1.37 * b)),
    "dropped b": ("intercept-dropped", "", lambda X, W, b: (W, 0 * b)),
    "shifted b": ("intercept-shifted", None, lambda X, W, b: (W, b + np.arange(1, len(b) + 1))),
    "reversed": ("columns-reversed", "", lambda X, W, b: (W[:, ::-1], b)),
    "permuted": ("columns-permuted", "", lambda X, W, b: (permuted(W), b)),
    "swapped": ("columns-swapped", "", lambda X, W, b: (swapped(X, W), b)),
    "dropped": ("columns-dropped", "", lambda X, W, b: (without(X, W, 1), b)),
    "two dropped": (
        "columns-dropped",
        "their mean in its place",
        lambda X, W, b: (without(X, W, 2), b + lost(X, W, 2)),
    ),
    "units": ("column-in-other-units", "times 10", lambda X, W, b: (units_of(X, W, 10.0), b)),
    "float16": (
        "rounded-to-float16",
        "",
        lambda X, W, b: (W.astype(np.float16), b.astype(np.float16)),
    ),
    "bfloat16": ("rounded-to-bfloat16", "", lambda X, W, b: (bfloat16(W), bfloat16(b))),
    "int8": ("rounded-to-int8", "per tensor", lambda X, W, b: (steps(W, np.abs(W).max()), b)),
}


def turned(values: np.ndarray) -> np.ndarray:
    return -values if len(values) == 1 else np.roll(values, 1, axis=0)


class Sides:
    """A reference on features of moderate scales, each its own."""

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        generator = np.random.default_rng(5)
        p = X.shape[1]
        self.X = X * generator.uniform(0.5, 2.0, p) + generator.normal(size=p)
        self.y = y
        self.reference = LogisticRegression(C=0.3, max_iter=5000, tol=1e-8).fit(self.X, y)

    @property
    def model(self) -> Model:
        return self.reference.coef_, self.reference.intercept_

    def compare(self, candidate: Any, **arguments: Any) -> ParityReport:
        return compare_models(self.reference, self.X, self.y, candidate=candidate, **arguments)


@pytest.fixture(scope="module", params=["breast_cancer", "wine", "iris"])
def sides(request: pytest.FixtureRequest, bundled: Callable[..., Any]) -> Sides:
    return Sides(*bundled(request.param, standardised=True))


def port(coef: Any, intercept: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Return a model in float32, as a function of X."""
    W, b = np.asarray(coef, np.float32), np.asarray(intercept, np.float32)

    def predict(X: np.ndarray) -> np.ndarray:
        z = np.asarray(X, np.float32) @ W.T + b
        return expit(z)[:, 0] if len(b) == 1 else softmax(z, axis=1)

    return predict


class Readable:
    """The same with its parameters to be read."""

    def __init__(self, coef: Any, intercept: Any) -> None:
        self.coef_, self.intercept_ = np.asarray(coef, float), np.asarray(intercept, float)
        self.predict_proba = port(coef, intercept)


# What is rounded differs by less than the default tolerance.
STRICT = Tolerance(probability=1e-5)


#: Kinds that are tried with a candidate whose parameters can be read, too.
READ = ("std", "order", "factor 2", "dropped b", "permuted", "dropped", "int8")


@pytest.mark.parametrize(
    "candidate,kind",
    [*((port, kind) for kind in KINDS), *((Readable, kind) for kind in READ)],
)
def test_a_change_is_a_cause_by_its_name_and_made_it_leaves_rounding(
    sides: Sides, candidate: Callable[..., Any], kind: str
) -> None:
    name, detail, change = KINDS[kind]
    report = sides.compare(candidate(*change(sides.X, *sides.model)), tolerance=STRICT)
    assert report.verdict == "diverged"
    assert report.relation is not None
    assert (report.relation.name, report.relation.exact) == (name, True)
    assert detail in (None, report.relation.detail)
    assert report.relation.left < 2e-6
    # No solver and no penalty is blamed.
    assert [(cause.setting, cause.kind) for cause in report.causes] == [(name, "structure")]
    slug = "class-order" if name == "class-order" else "structure-differs"
    assert slug in {finding.slug for finding in report.findings}
    assert f"the structure differs: {name}" in str(report).splitlines()[0]


@pytest.mark.parametrize(
    "settings",
    [
        {"C": 2.0},
        {"C": 0.1},
        {"C": 0.01},
        {"class_weight": {0: 2, 1: 1}},
        {"class_weight": {0: 1, 1: 4}},
        {"max_iter": 3},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_another_objective_or_training_is_no_change_of_structure(
    sides: Sides, settings: dict[str, Any]
) -> None:
    y = np.unique(sides.y, return_inverse=True)[1]
    other = LogisticRegression(**{"C": 0.3, "max_iter": 5000, **settings}).fit(sides.X, y)
    for candidate in (port(other.coef_, other.intercept_), Readable(other.coef_, other.intercept_)):
        report = sides.compare(candidate, explain=False)
        assert report.verdict == "diverged"
        assert report.relation is None
        assert "structure-differs" not in {finding.slug for finding in report.findings}


def descended(X: np.ndarray, y: np.ndarray, epochs: int) -> Model:
    """Return softmax regression after some epochs of Adam (0.001, batches of 32)."""
    generator = np.random.default_rng(0)
    A, Y = np.column_stack([X, np.ones(len(X))]), np.eye(y.max() + 1)[y]
    theta = generator.normal(scale=0.2, size=(Y.shape[1], A.shape[1]))
    first, second, step = 0.0 * theta, 0.0 * theta, 0
    for _ in range(epochs):
        order = generator.permutation(len(X))
        for start in range(0, len(X), 32):
            rows, step = order[start : start + 32], step + 1
            slope = (softmax(A[rows] @ theta.T, axis=1) - Y[rows]).T @ A[rows] / len(rows)
            first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
            unbiased = np.sqrt(second / (1 - 0.999**step)) + 1e-7
            theta = theta - 0.001 * first / (1 - 0.9**step) / unbiased
    return theta[:, :-1], theta[:, -1]


@pytest.mark.parametrize("epochs", [12, 100])
def test_a_training_that_stopped_early_is_no_change_of_structure(sides: Sides, epochs: int) -> None:
    model = descended(sides.X, np.unique(sides.y, return_inverse=True)[1], epochs)
    coef, intercept = np.diff(model[0], axis=0), np.diff(model[1])
    model = (coef, intercept) if len(coef) == 1 else model
    report = sides.compare(port(*model), explain=False)
    assert report.verdict == "diverged"
    assert report.relation is None


def test_a_weaker_penalty_on_digits_is_no_factor_of_the_logit(bundled: Callable[..., Any]) -> None:
    # Twice the logit leaves a tenth of the difference, of models that are certain of most rows.
    X, y = bundled("digits")
    reference, other = (
        LogisticRegression(C=C, max_iter=2000, tol=1e-3).fit(X / 16.0, y) for C in (1.0, 100.0)
    )
    report = compare_models(
        reference, X / 16.0, candidate=port(other.coef_, other.intercept_), explain=False
    )
    assert report.verdict == "diverged"
    assert report.relation is None


@pytest.mark.parametrize("intercept", [0.0, 1e-6])
@pytest.mark.parametrize("candidate", [port, Readable])
def test_of_a_constant_no_change_of_structure_is_told(
    candidate: Callable[..., Any], intercept: float
) -> None:
    # Weights of 1e-8 for a column of 1e8: reversed, rounded to float16 or times nothing they are
    # all the same constant.
    (data,) = hard_data.classification("scales")
    for solver in ("lbfgs", "liblinear"):
        reference = LogisticRegression(solver=solver, random_state=0).fit(data.X, data.y)
        made = candidate(np.zeros((1, 5)), np.array([intercept]))
        report = compare_models(reference, data.X, data.y, candidate=made, explain=False)
        assert report.verdict == "diverged"
        assert report.relation is None


# --- the relations themselves


def ground(
    X: np.ndarray, reference: Model, candidate: Model, names: tuple[str, ...] = ()
) -> Ground:
    held = AffineMap(coef=reference[0], intercept=reference[1])
    own, other = (
        AffineMap(coef=W, intercept=b)
        for W, b in (comparable(*model) for model in (reference, candidate))
    )
    return Ground(
        held=held,
        reference=own,
        candidate=other,
        P=other.probabilities(X),
        rows=X,
        X=X,
        names=names or tuple(f"x{j}" for j in range(X.shape[1])),
        is_known=True,
    )


def relation_between(models: Ground, tolerance: float) -> Relation | None:
    """Return the change that is told of two models."""
    told = find_relation(models, tolerance)
    return None if told is None else told.relation


@pytest.fixture(scope="module")
def wine_raw(bundled: Callable[..., Any]) -> tuple[np.ndarray, Model]:
    X, y = bundled("wine")
    fitted = LogisticRegression(solver="newton-cg", tol=1e-8).fit(X, y)
    return X, (fitted.coef_, fitted.intercept_)


def test_case_nine_of_the_measurements(wine_raw: tuple[np.ndarray, Model]) -> None:
    X, (W, b) = wine_raw
    m, s = X.mean(axis=0), X.std(axis=0)
    found = relation_between(ground(X, (W, b), (W * s, b + W @ m)), 0.01)
    assert found is not None
    assert (found.name, found.detail) == ("scaler-forgotten", "standard deviation")
    assert found.left < 1e-12
    order = [1, 2, 0]
    found = relation_between(ground(X, (W, b), (W[order], b[order])), 0.01)
    assert found is not None
    assert (found.name, found.detail) == ("class-order", "columns 1, 2, 0")
    assert found.left < 1e-12
    found = relation_between(ground(X, (W, b), (2 * W, 2 * b)), 0.01)
    assert found is not None
    assert (found.name, found.detail) == ("logit-factor", "factor 2")
    half = W.astype(np.float16).astype(float), b.astype(np.float16).astype(float)
    found = relation_between(ground(X, (W, b), half), 0.01)
    assert found is not None
    assert found.name == "rounded-to-float16"
    assert found.before == pytest.approx(0.0016, abs=2e-4)
    assert found.left < 1e-14


IMAGES = {
    "image-transposed": lambda W, k: W.reshape(-1, k, k).transpose(0, 2, 1),
    "image-flipped": lambda W, k: W.reshape(-1, k, k)[:, :, ::-1],
    "image-rotated": lambda W, k: np.rot90(W.reshape(-1, k, k), axes=(1, 2)),
}


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("side,classes", [(8, 10), (8, 3), (6, 2)])
def test_images_that_are_laid_out_otherwise_are_named(
    bundled: Callable[..., Any], name: str, side: int, classes: int
) -> None:
    X = bundled("digits")[0].reshape(-1, 8, 8)[:300, :side, :side].reshape(300, -1) / 16
    generator = np.random.default_rng(classes)
    rows = 1 if classes == 2 else classes
    W, b = generator.normal(scale=0.3, size=(rows, side**2)), generator.normal(size=rows)
    found = relation_between(ground(X, (W, b), (IMAGES[name](W, side).reshape(W.shape), b)), 0.01)
    assert found is not None
    assert (found.name, found.exact) == (name, True)
    assert f"{side} x {side}" in found.detail


@pytest.mark.parametrize("n_classes", [3, 4, 5])
def test_a_turned_sign_of_several_classes_is_named(n_classes: int) -> None:
    generator = np.random.default_rng(n_classes)
    X, W = generator.normal(size=(80, 6)), generator.normal(size=(n_classes, 6))
    b = generator.normal(size=n_classes)
    found = relation_between(ground(X, (W, b), (-W, -b)), 0.01)
    assert found is not None
    assert (found.name, found.exact) == ("sign-flipped", True)


@pytest.mark.parametrize("inverse", [False, True])
def test_columns_that_are_sorted_by_name_are_named(sides: Sides, inverse: bool) -> None:
    pandas = pytest.importorskip("pandas")
    p = sides.X.shape[1]
    # Neither reversed nor a mere swap.
    names = np.roll([f"column {j:02}" for j in range(p)], 1)
    order = np.argsort(names)
    order = np.argsort(order) if inverse else order
    X = pandas.DataFrame(sides.X, columns=names)
    predict = port(sides.model[0][:, order], sides.model[1])
    report = compare_models(
        LogisticRegression(C=0.3, max_iter=5000, tol=1e-8).fit(X, sides.y),
        X,
        sides.y,
        candidate=lambda rows: predict(rows.to_numpy()),
    )
    assert report.relation is not None
    assert report.relation.name == "columns-sorted-by-name"


def test_a_function_that_is_certain_of_every_row_is_asked_with_the_change_undone(
    bundled: Callable[..., Any],
) -> None:
    X, y = bundled("wine")
    reference = LogisticRegression(solver="newton-cholesky").fit(X, y)
    name, _, make = KINDS["std"]
    candidate = port(*make(X, reference.coef_, reference.intercept_))
    report = compare_models(reference, X, y, candidate=candidate)
    assert report.relation is not None
    assert (report.relation.name, report.relation.exact) == (name, True)
    assert report.relation.left < 1e-6
    # Its predictions alone say too little, and a head that happens to fit them is no finding.
    assert "not-linear" not in {finding.slug for finding in report.findings}
    assert report.findings[0].slug == "structure-differs"
    assert compare_models(reference, X, y, candidate=candidate(X)).relation is None


def test_a_table_with_four_decimals_tells_its_change(sides: Sides) -> None:
    name, detail, make = KINDS["twice"]
    P = np.round(port(*make(sides.X, *sides.model))(sides.X), 4)
    report = sides.compare(P)
    assert report.relation is not None
    assert (report.relation.name, report.relation.detail) == (name, detail)
    assert report.relation.left == pytest.approx(5e-5, rel=0.1)


def test_a_change_of_a_model_trained_apart_is_a_finding_and_no_cause(sides: Sides) -> None:
    W, b = sides.model
    generator = np.random.default_rng(1)
    apart = W * (1 + 0.002 * generator.normal(size=W.shape))
    report = sides.compare(Readable(apart[:, ::-1], b))
    assert report.relation is not None
    assert (report.relation.name, report.relation.exact) == ("columns-reversed", False)
    assert report.causes == ()
    said = next(item.text for item in report.findings if item.slug == "structure-differs")
    assert (
        "columns-reversed: its columns stand in reverse order; with just this change made" in said
    )
    assert "and without it" in said


def test_a_row_that_sees_no_coefficient_does_not_make_all_the_intercept(sides: Sides) -> None:
    W, b = sides.model
    origin = np.full((1, W.shape[1]), 1e-9)
    shifted = sides.compare(Readable(W, b + np.arange(1, len(b) + 1)), X_eval=origin)
    assert [cause.setting for cause in shifted.causes] == ["intercept-shifted"]
    other = sides.compare(Readable(1.5 * W, b + np.arange(1, len(b) + 1)), X_eval=origin)
    assert "intercept-shifted" not in {cause.setting for cause in other.causes}


def test_one_feature_less_freedom_than_numbers_names_nothing() -> None:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(200, 1))
    y = (X[:, 0] + generator.normal(size=200) > 0).astype(int)
    fitted = [LogisticRegression(C=C, fit_intercept=False, tol=1e-10).fit(X, y) for C in (1, 0.01)]
    report = compare_models(
        fitted[0], X, y, candidate=port(fitted[1].coef_, fitted[1].intercept_), explain=False
    )
    # Any weight is the other times a number.
    assert report.verdict == "diverged"
    assert report.relation is None


def test_what_is_found_is_in_the_dictionary_and_its_name_in_the_public_table(sides: Sides) -> None:
    report = sides.compare(port(*KINDS["swapped"][2](sides.X, *sides.model)), explain=False)
    relation = report.to_dict()["relation"]
    assert relation["name"] == "columns-swapped"
    assert len(relation["columns"]) == 2
    assert relation["name"] in structure_relations()
    assert ParityReport.from_dict(report.to_dict()).relation == report.relation
    # Nothing was explained, and the change is known all the same.
    assert report.causes == ()
    assert {name for name, _, _ in KINDS.values()} | set(IMAGES) | {
        "sign-flipped",
        "columns-sorted-by-name",
        "quantization",
        # Of a pipeline, in `test_pipelines.py`.
        "steps-forgotten",
        # Of regressors, in `test_trained_regressors.py`.
        "target-scaled",
        "target-unscaled",
        "target-centred",
        "target-factor",
    } == set(structure_relations())


# --- columns that depend on each other


@pytest.fixture(scope="module")
def one_hot() -> tuple[np.ndarray, np.ndarray, LogisticRegression]:
    generator = np.random.default_rng(7)
    level = generator.integers(0, 3, 200)
    # Two numbers of very different sizes, a full group, and a constant that is no power of two.
    numbers = generator.normal(size=(200, 2)) * [1e-4, 1e4]
    X = np.column_stack([numbers, np.eye(3)[level], np.full(200, 0.1)])
    y = (numbers[:, 0] * 1e4 + level + generator.normal(size=200) > 1).astype(int)
    return X, y, LogisticRegression(C=10, tol=1e-8, max_iter=5000).fit(X, y)


EQUAL = Tolerance(probability=1e-6, coef=1e-7, intercept=1e-7)


def moved(model: LogisticRegression, **by: float) -> Readable:
    """Return a model with other coefficients: of a number, of the group, of the constant."""
    W, b = model.coef_.copy(), model.intercept_.copy()
    W[:, 0] += by.get("number", 0.0)
    W[:, 2:5] += by.get("group", 0.0)
    W[:, 5] += 10 * by.get("constant", 0.0)
    candidate = Readable(W, b - by.get("group", 0.0) - by.get("constant", 0.0))
    candidate.predict_proba = lambda X: expit(X @ W.T + candidate.intercept_)
    return candidate


@pytest.mark.parametrize("by", [{"group": 2.5}, {"constant": 1.5}, {"group": -1.0, "constant": 3}])
def test_another_reference_level_is_the_same_model(
    one_hot: tuple[np.ndarray, np.ndarray, LogisticRegression], by: dict[str, float]
) -> None:
    X, y, model = one_hot
    report = compare_models(model, X, y, candidate=moved(model, **by), tolerance=EQUAL)
    assert report.equivalent
    assert "columns depend on each other" in report.divergences["coef"].note
    # Shown as they are held.
    assert report.coefficients is not None
    assert report.coefficients.candidate != report.coefficients.reference
    # Rows that are in no level tell the two apart.
    X_eval = np.vstack([X, np.zeros(X.shape[1])])
    told = compare_models(
        model, X, y, candidate=moved(model, **by), X_eval=X_eval, tolerance=EQUAL, explain=False
    )
    assert told.verdict == "diverged"
    assert told.divergences["coef"].value > 0.5


def test_what_the_rows_see_of_a_coefficient_still_differs(
    one_hot: tuple[np.ndarray, np.ndarray, LogisticRegression],
) -> None:
    X, y, model = one_hot
    candidate = moved(model, number=1e-3, group=2.0)
    report = compare_models(model, X, y, candidate=candidate, tolerance=EQUAL, explain=False)
    assert not report.divergences["coef"].within
    assert report.divergences["coef"].value == pytest.approx(1e-3)


def test_coefficients_that_every_row_determines_are_compared_as_they_are(sides: Sides) -> None:
    W, b = sides.model
    report = sides.compare(Readable(W + 0.25, b), explain=False)
    assert report.divergences["coef"].note == ""


@pytest.mark.parametrize("name", ["scaler-forgotten", "columns-reversed"])
def test_what_is_told_by_asking_is_held_against_other_rows_by_asking(name: str) -> None:
    generator = np.random.default_rng(5)
    X, w = generator.normal(50.0, 20.0, size=(300, 4)), generator.normal(size=(1, 4))
    m, s = X.mean(axis=0), X.std(axis=0)
    model = AffineMap(coef=w / s, intercept=-(w / s) @ m)
    # Both are certain of every row that they are given.
    lost = {
        "scaler-forgotten": AffineMap(coef=w, intercept=np.zeros(1)),
        "columns-reversed": AffineMap(coef=1e3 * w[:, ::-1], intercept=np.zeros(1)),
    }[name]
    if name == "columns-reversed":
        model = AffineMap(coef=1e3 * w, intercept=np.zeros(1))
        X = X * 1e-3
    known = Ground(
        held=model,
        reference=model,
        candidate=None,
        P=lost.probabilities(X),
        rows=X,
        X=X,
        names=tuple("abcd"),
    )
    told = ask_relation(known, lost.probabilities)
    assert told is not None
    assert told.relation.name == name
    other = X[::-1] * 1.5
    assert told.left(other, lost.probabilities(other)) <= told.rounding(other)
    wrong = ask_relation(known, lambda rows: lost.probabilities(rows) * (1 - 1e-3))
    assert wrong is None
