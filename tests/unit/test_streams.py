"""Two models on rows that arrive in blocks: what is found in memory, without the memory."""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score

from pytest_modelparity import (
    InvalidDataError,
    ModelParityError,
    ParityReport,
    Tolerance,
    compare_models,
    compare_stream,
)

N, P = 12_000, 5
NAMES = ("age", "dose", "height", "weight", "income")


class Data:
    """Rows with labels and numbers, and models of them."""

    def __init__(self) -> None:
        generator = np.random.default_rng(0)
        self.X = generator.normal(size=(N, P))
        self.w, self.b = generator.normal(size=P), 0.3
        self.y = (generator.random(N) < expit(self.X @ self.w + self.b)).astype(int)
        self.numbers = self.X @ self.w + generator.normal(size=N)
        self.model = LogisticRegression().fit(self.X, self.y)
        self.ridge = Ridge().fit(self.X, self.numbers)

    def blocks(self, size: int = 1000, y: Any = None) -> Iterator[Any]:
        for start in range(0, N, size):
            rows = slice(start, start + size)
            yield self.X[rows] if y is None else (self.X[rows], y[rows])


@pytest.fixture(scope="module")
def data() -> Data:
    return Data()


def decision(X: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    """Return a decision of each row by itself: the same bits in every block."""
    return np.sum(np.asarray(X) * w, axis=1) + b


def port(data: Data, change: Callable[[np.ndarray], np.ndarray] = lambda z: z) -> Any:
    """Return a function of X that predicts what the model does, or what a change makes of it."""

    def predict(X: np.ndarray) -> np.ndarray:
        return expit(change(decision(X, data.model.coef_[0], data.model.intercept_[0])))

    return predict


def without_blocks(text: str) -> str:
    return re.sub(r" in block \d+", "", text)


def same(streamed: ParityReport, whole: ParityReport) -> None:
    """Assert that two reports tell the same, up to words for places and to sums' rounding."""
    assert streamed.verdict == whole.verdict
    judged = {name: item for name, item in whole.divergences.items() if "worst" not in name}
    assert set(streamed.divergences) - {"score", "log_loss"} == set(judged)
    for name, item in judged.items():
        found = streamed.divergences[name]
        assert found.value == pytest.approx(item.value, rel=1e-9, abs=1e-12), name
        assert found.allowed == item.allowed
        # Recovered coefficients differ by rounding, and that is largest anywhere.
        if name in ("probability", "labels"):
            assert without_blocks(found.place) == item.place
    assert streamed.predictions == whole.predictions
    assert (streamed.data, streamed.quantity) == (whole.data, whole.quantity)
    assert [item.slug for item in streamed.findings] == [item.slug for item in whole.findings]
    told = [report.relation and report.relation.name for report in (streamed, whole)]
    assert told[0] == told[1]
    assert [cause.setting for cause in streamed.causes] == [c.setting for c in whole.causes]


@pytest.mark.parametrize("size", [700, 5000, N])
@pytest.mark.parametrize(
    "change",
    [
        lambda z: z + 1e-9,
        lambda z: -z,
        lambda z: 2 * z,
        lambda z: z - 0.5,
        lambda z: z + 0.2 * z**2,
    ],
    ids=["rounded", "class-order", "logit-factor", "intercept-shifted", "not-linear"],
)
def test_a_stream_is_judged_as_its_rows_in_memory(data: Data, size: int, change: Any) -> None:
    reference, candidate = port(data), port(data, change)
    streamed = compare_stream(reference, candidate, data.blocks(size))
    same(streamed, compare_models(reference, data.X, candidate=candidate))


def test_the_place_is_a_row_of_all_and_its_block(data: Data) -> None:
    reference = port(data)

    def candidate(X: np.ndarray) -> np.ndarray:
        return np.where((data.X[7321] == X).all(axis=1), 0.0, reference(X))

    report = compare_stream(reference, candidate, data.blocks(500))
    assert not report
    assert report.divergences["probability"].place == "row 7321 in block 14, class 0"
    assert report.predictions[0].row == 7321
    assert "row 7321 in block 14" in str(report)


def test_labels_that_come_are_for_scores(data: Data) -> None:
    candidate = port(data, lambda z: 2 * z)
    report = compare_stream(data.model, candidate, data.blocks(700, data.y))
    sides = (data.model.predict_proba(data.X)[:, 1], candidate(data.X))
    assert report.scores["accuracy"] == tuple(accuracy_score(data.y, p > 0.5) for p in sides)
    assert report.scores["log_loss"] == pytest.approx([log_loss(data.y, p) for p in sides])
    judged = compare_stream(
        data.model,
        candidate,
        data.blocks(700, data.y),
        tolerance=Tolerance(probability=1.0, log_loss=0.001),
    )
    assert not judged


def test_regressors_have_the_tolerance_of_all_rows(data: Data) -> None:
    allowed = 0.01 * float(data.ridge.predict(data.X).std())
    # The first rows have another spread than all.
    order = np.argsort(np.abs(data.ridge.predict(data.X)))
    X, numbers = data.X[order], data.numbers[order]

    def candidate(rows: np.ndarray) -> np.ndarray:
        return data.ridge.predict(rows) + 0.99 * allowed

    blocks = [(X[i : i + 1000], numbers[i : i + 1000]) for i in range(0, N, 1000)]
    report = compare_stream(data.ridge, candidate, blocks)
    assert report
    assert report.divergences["prediction"].allowed == pytest.approx(allowed, rel=1e-12)
    assert report.tolerance.prediction == report.divergences["prediction"].allowed
    assert "of the predictions" in report.divergences["prediction"].note
    # The first rows alone would have diverged.
    assert (report.relation, report.causes, report.findings) == (None, (), ())
    sides = (data.ridge.predict(X), candidate(X))
    assert report.scores["R2"] == pytest.approx([r2_score(numbers, each) for each in sides])
    whole = compare_models(data.ridge, X, candidate=candidate)
    assert whole.divergences["prediction"].allowed == pytest.approx(allowed, rel=1e-12)


def test_a_tolerance_of_numbers_that_is_given_holds(data: Data) -> None:
    def candidate(rows: np.ndarray) -> np.ndarray:
        return data.ridge.predict(rows) + 4.0

    report = compare_stream(data.ridge, candidate, data.blocks(), tolerance=5.0)
    assert report
    assert report.divergences["prediction"].allowed == 5.0
    assert report.divergences["prediction"].note == ""
    assert not compare_stream(data.ridge, candidate, data.blocks(), tolerance=3.0)


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_number_that_is_nan_in_a_late_block_never_passes(data: Data, side: str) -> None:
    def wrong(rows: np.ndarray) -> np.ndarray:
        return np.where((rows == data.X[9017]).all(axis=1), np.nan, data.ridge.predict(rows))

    sides = {"reference": data.ridge, "candidate": data.ridge, side: wrong}
    report = compare_stream(**sides, blocks=data.blocks())
    assert not report
    assert report.divergences["prediction"].place == "row 9017 in block 9"


def test_counts_are_compared_too(data: Data) -> None:
    y = np.random.default_rng(1).poisson(np.exp(0.1 * data.numbers))
    model = PoissonRegressor(alpha=0.0).fit(data.X, y)
    other = PoissonRegressor(alpha=10.0).fit(data.X, y)
    assert compare_stream(model, model, data.blocks())
    assert not compare_stream(model, other, data.blocks())


@pytest.mark.parametrize("block", [0, 3, 11])
@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_nan_in_any_block_never_passes(data: Data, block: int, side: str) -> None:
    sides = {"reference": port(data), "candidate": port(data)}
    right = sides[side]

    def wrong(X: np.ndarray) -> np.ndarray:
        return np.where((data.X[1000 * block + 17] == X).all(axis=1), np.nan, right(X))

    report = compare_stream(**{**sides, side: wrong}, blocks=data.blocks(), tolerance=1e9)
    assert not report
    place = report.divergences["probability"].place
    assert place == f"row {1000 * block + 17} in block {block}, class 0"


# What the change of structure is.


def test_a_change_is_confirmed_by_every_block(data: Data) -> None:
    report = compare_stream(data.model, port(data, lambda z: 2 * z), data.blocks())
    assert report.relation is not None
    assert (report.relation.name, report.relation.exact) == ("logit-factor", True)
    assert report.relation.before == report.divergences["probability"].value
    assert "told from 5000 of the 12000 rows" in str(report).replace("\n", " ").replace("  ", "")


def test_a_change_is_confirmed_by_sparse_blocks(data: Data) -> None:
    other = LogisticRegression().fit(data.X, data.y)
    other.coef_, other.intercept_ = data.model.coef_[:, ::-1].copy(), data.model.intercept_
    blocks = (scipy.sparse.csr_matrix(X) for X in data.blocks(2500))
    report = compare_stream(data.model, other, blocks)
    assert report.relation is not None
    assert (report.relation.name, report.relation.exact) == ("columns-reversed", True)


@pytest.mark.parametrize("late", [0.0, 2.0], ids=["confirmed", "refuted"])
def test_a_forgotten_scaler_is_that_of_the_first_rows(data: Data, late: float) -> None:
    X = 1e4 * data.X + 3e4
    centre, scale = X[:5000].mean(axis=0), X[:5000].std(axis=0)

    def reference(rows: np.ndarray) -> np.ndarray:
        return expit(decision((rows - centre) / scale, 3 * data.w, 0.3))

    def candidate(rows: np.ndarray) -> np.ndarray:
        sign = 1 - late * np.isin(rows[:, 0], X[9000:, 0])
        return expit(decision(rows, 3 * data.w, 0.3) * sign)

    report = compare_stream(reference, candidate, (X[i : i + 1000] for i in range(0, N, 1000)))
    told = None if report.relation is None else (report.relation.name, report.relation.exact)
    assert told == (None if late else ("scaler-forgotten", True))


def test_a_change_that_a_later_block_refutes_is_not_told(data: Data) -> None:
    right, doubled = port(data), port(data, lambda z: 2 * z)

    def candidate(X: np.ndarray) -> np.ndarray:
        # As a model that treats one group of its rows otherwise, which come last.
        return np.where(np.isin(X[:, 0], data.X[9000:, 0]), right(X), doubled(X))

    report = compare_stream(data.model, candidate, data.blocks())
    assert not report
    assert report.relation is None
    assert report.causes == ()
    assert not any(item.slug == "structure-differs" for item in report.findings)


def test_a_change_that_is_exact_in_the_first_blocks_alone_is_no_cause(data: Data) -> None:
    doubled = port(data, lambda z: 2 * z)

    def candidate(X: np.ndarray) -> np.ndarray:
        return np.where(np.isin(X[:, 0], data.X[9000:, 0]), doubled(X) * (1 - 1e-4), doubled(X))

    report = compare_stream(data.model, candidate, data.blocks())
    assert report.relation is not None
    assert (report.relation.name, report.relation.exact) == ("logit-factor", False)
    assert report.relation.left == pytest.approx(1e-4, rel=0.1)
    assert report.causes == ()


def test_a_change_that_shows_late_is_told_from_the_worst_rows(data: Data) -> None:
    # One column is 0 until row 9000: nobody sees before that it is in other units.
    X = data.X.copy()
    X[:9000, 2] = 0.0
    w = data.model.coef_[0]
    other = w * np.where(np.arange(P) == 2, 1000.0, 1.0)

    class Linear:
        classes_ = np.array([0, 1])

        def __init__(self, w: np.ndarray) -> None:
            self.coef_, self.intercept_ = w[None], np.array([0.3])

        def predict_proba(self, rows: np.ndarray) -> np.ndarray:
            p = expit(decision(rows, self.coef_[0], 0.3))
            return np.column_stack([1 - p, p])

    report = compare_stream(
        Linear(w), Linear(other), (X[i : i + 1000] for i in range(0, N, 1000)), feature_names=NAMES
    )
    assert report.relation is not None
    assert report.relation.name == "column-in-other-units"
    assert report.relation.columns == ("height",)
    assert "confirmed on those from row 9000 on" in " ".join(str(report).split())


@pytest.mark.parametrize("late", [False, True], ids=["everywhere", "not in the last block"])
@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_head_that_is_applied_twice_is_held_against_every_block(
    data: Data, late: bool, side: str
) -> None:
    right = port(data)

    def twice(X: np.ndarray) -> np.ndarray:
        other = np.isin(X[:, 0], data.X[11_000:, 0]) & late
        return np.where(other, right(X), expit(right(X)))

    sides = {"reference": data.model, "candidate": data.model, side: twice}
    report = compare_stream(**sides, blocks=data.blocks())
    (said,) = (item.text for item in report.findings if item.slug == "not-linear")
    assert f"the {side}'s predictions are a linear function of X behind another head" in said
    assert ("; so it is on the first rows, and not in block 11 (rows" in said) == late


# How the rows come.


@pytest.mark.parametrize("form", ["list", "csr", "frame", "pair in a list", "float32"])
def test_blocks_come_as_rows_do(data: Data, form: str) -> None:
    made = {
        "list": lambda X, y: X.tolist(),
        "csr": lambda X, y: scipy.sparse.csr_matrix(X),
        "frame": lambda X, y: pd.DataFrame(X, columns=NAMES),
        # As a loader of torch makes them.
        "pair in a list": lambda X, y: [X, y],
        "float32": lambda X, y: X.astype(np.float32),
    }[form]
    model = LogisticRegression().fit(
        made(data.X, data.y)[0] if "pair" in form else made(data.X, 0), data.y
    )
    blocks = [made(*pair) for pair in data.blocks(700, data.y)]
    report = compare_stream(model, model, blocks)
    assert report
    assert report.data.n_samples == N
    assert bool(report.scores) == (form == "pair in a list")


def test_blocks_of_one_row_and_of_none_are_blocks(data: Data) -> None:
    few = [data.X[i : i + 1] for i in range(60)]
    few.insert(40, data.X[:0])
    report = compare_stream(data.model, port(data, lambda z: z + (z == 0)), iter(few))
    assert report
    assert report.data.n_samples == 60
    bad = port(data)
    row = data.X[50]
    diverged = compare_stream(
        data.model, lambda X: np.where((row == X).all(axis=1), 0.0, bad(X)), iter(few)
    )
    assert diverged.divergences["probability"].place.startswith("row 50 in block 51")


def test_one_block_is_held_at_a_time(data: Data) -> None:
    made: list[weakref.ref[np.ndarray]] = []
    held = []

    def blocks() -> Iterator[np.ndarray]:
        for start in range(0, N, 2000):
            held.append(sum(one() is not None for one in made))
            made.append(weakref.ref(rows := data.X[start : start + 2000].copy()))
            yield rows
            del rows

    assert not compare_stream(data.model, port(data, lambda z: 2 * z), blocks())
    # The first 5000 rows are kept for structure, until the models are opened.
    assert held == [0, 1, 2, 0, 0, 0]


# What is refused.


def with_bad(data: Data, at: int, bad: Any, y: Any = None) -> Iterator[Any]:
    for number, block in enumerate(data.blocks(1000, y)):
        yield bad(block) if number == at else block


def holed(X: np.ndarray) -> np.ndarray:
    X = X.copy()
    X[5, 2] = np.nan
    return X


@pytest.mark.parametrize(
    "bad,labelled,words",
    [
        (lambda X: X[:, :4], False, "as many columns as the first block, 5, got 4"),
        (holed, False, r"X must be finite: .* \(first at row 5, column 2\)"),
        (lambda X: np.array([["a"] * P]), False, "X must hold numbers"),
        (lambda X: X[0], False, "X must have two dimensions"),
        (lambda X: (X, np.zeros(len(X))), False, "this one came with labels, the first without"),
        (lambda pair: pair[0], True, "this one came without, the first with"),
        (lambda pair: (pair[0], pair[1][:9]), True, "same number of rows, got 1000 and 9"),
        (
            lambda pair: (pair[0], pair[1] + 7),
            True,
            r"y must hold classes of the two models \(0, 1\), got",
        ),
        (lambda pair: (*pair, None), True, r"must be X or \(X, y\), got a tuple of 3"),
    ],
)
@pytest.mark.parametrize("at", [2, 9])
def test_a_bad_block_is_named_with_its_rows_and_what_came_before(
    data: Data, bad: Any, labelled: bool, words: str, at: int
) -> None:
    blocks = with_bad(data, at, bad, data.y if labelled else None)
    with pytest.raises(InvalidDataError, match=words) as caught:
        compare_stream(data.model, port(data), blocks)
    text = str(caught.value)
    assert text.startswith(f"block {at} (rows ")
    assert f"{1000 * at}" in text.partition(")")[0]
    assert text.endswith(f"; rows before it: {1000 * at}, which agree")
    assert "\n" not in text


def test_what_was_compared_before_an_error_is_told(data: Data) -> None:
    blocks = with_bad(data, 9, holed)
    with pytest.raises(InvalidDataError) as caught:
        compare_stream(data.model, port(data, lambda z: 2 * z), blocks)
    assert "; rows before it: 9000, which diverge: probability 0.15" in str(caught.value)


def test_a_block_that_cannot_be_made_has_its_own_error_as_cause(data: Data) -> None:
    def blocks() -> Iterator[np.ndarray]:
        yield from list(data.blocks(1000))[:3]
        raise OSError("connection lost")

    with pytest.raises(ModelParityError, match="connection lost") as caught:
        compare_stream(data.model, data.model, blocks())
    assert str(caught.value) == (
        "block 3 (rows from 3000): it could not be made, OSError: connection lost; "
        "rows before it: 3000, which agree"
    )
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_block_that_cannot_be_predicted_has_its_own_error_as_cause(data: Data, side: str) -> None:
    right = port(data)

    def fails(X: np.ndarray) -> np.ndarray:
        if (X[0] == data.X[8000]).all():
            raise MemoryError("too much")
        return right(X)

    sides = {"reference": data.model, "candidate": data.model, side: fails}
    with pytest.raises(ModelParityError, match="too much") as caught:
        compare_stream(**sides, blocks=data.blocks())
    text = str(caught.value)
    assert text.startswith("block 8 (rows 8000 to 8999): ")
    assert f"the {side} function fails raised MemoryError" in text
    assert text.endswith("rows before it: 8000, which agree")
    assert isinstance(caught.value.__cause__, MemoryError)


def test_columns_in_another_order_are_refused(data: Data) -> None:
    frames = [pd.DataFrame(X, columns=NAMES) for X in data.blocks(1000)]
    frames[7] = frames[7][list(NAMES[::-1])]
    model = LogisticRegression().fit(pd.DataFrame(data.X, columns=NAMES), data.y)
    with pytest.raises(InvalidDataError, match="got 'income' in place of 'age'"):
        compare_stream(model, lambda X: model.predict_proba(X), frames)


@pytest.mark.parametrize(
    "arguments,words",
    [
        ({"blocks": []}, "at least, got none in 0 blocks; an iterator that was read before"),
        ({"blocks": [np.zeros((0, P))]}, "at least, got none in 1 blocks"),
        ({"blocks": np.zeros((3, P))}, "an iterable of blocks of rows, got one ndarray"),
        ({"blocks": 7}, "iterable of X or of .X, y., got int"),
        ({"blocks": None}, "got NoneType"),
        ({"candidate": np.full((N, 2), 0.5)}, "candidate must predict the rows of any block"),
        ({"reference": np.full((N, 2), 0.5)}, "reference must predict the rows of any block"),
        ({"candidate": "scores.csv"}, "got a table of predictions"),
        ({"candidate": LogisticRegression()}, "must be trained already, got an unfitted"),
        ({"reference": LogisticRegression()}, "a reference with predict_proba must be trained"),
        ({"candidate": None}, "takes two trained models, got candidate=None"),
        ({"tolerance": Tolerance(worst_case=0.1)}, "worst_case judges inputs between all rows"),
        ({"tolerance": Tolerance(log_loss=0.1)}, "log_loss needs the labels"),
        ({"feature_names": ["a", "b"]}, "a name for each of the 5 columns of X, got 2"),
        ({"reference": object(), "candidate": object()}, "must tell how many classes there are"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value,
)
def test_what_cannot_be_compared_in_blocks_is_refused_in_one_sentence(
    data: Data, arguments: dict[str, Any], words: str
) -> None:
    given = {"reference": data.model, "candidate": port(data), "blocks": data.blocks()}
    with pytest.raises(ModelParityError, match=words) as caught:
        compare_stream(**{**given, **arguments})
    assert "\n" not in str(caught.value)
