"""Functions of X and tables of predictions as candidates: what is made of them, what is refused."""

from __future__ import annotations

import dataclasses
import functools
import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import joblib
import numpy as np
import pytest
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier

from pytest_modelparity import ModelParityError, ParityReport, Tolerance, compare_models
from pytest_modelparity.extend import Artefact, ArtefactKind, LogisticRegressionMapping
from pytest_modelparity.sides.candidate import CandidateRequest, find_candidate
from pytest_modelparity.sides.dataset import read_dataset
from pytest_modelparity.sides.function import FunctionOfXKind
from pytest_modelparity.sides.table import TableKind


class Sides:
    """A reference, its data, and the probabilities of the same model."""

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X, self.y = X, y
        self.reference = LogisticRegression(solver="newton-cholesky", tol=1e-10)
        self.fitted = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(X, y)
        self.P = self.fitted.predict_proba(X)

    def compare(self, candidate: Any, **arguments: Any) -> ParityReport:
        """Return what is found, without looking for causes."""
        return compare_models(
            self.reference, self.X, self.y, candidate=candidate, explain=False, **arguments
        )

    def refused(self, candidate: Any, words: str, **arguments: Any) -> None:
        """Expect one sentence."""
        with pytest.raises(ModelParityError, match=words) as caught:
            self.compare(candidate, **arguments)
        assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def two(bundled: Callable[..., Any]) -> Sides:
    """Return sides of two classes, four features and 100 rows."""
    X, y = bundled("iris")
    return Sides(X[50:], np.array(["red", "green"])[y[50:] - 1])


@pytest.fixture(scope="module")
def three(bundled: Callable[..., Any]) -> Sides:
    """Return sides of three classes."""
    return Sides(*bundled("iris"))


# --- a function of X


def test_a_function_of_x_is_a_candidate(two: Sides) -> None:
    def port(X: np.ndarray) -> np.ndarray:
        return two.fitted.predict_proba(X)

    report = two.compare(port)
    assert report.equivalent
    assert report.settings["candidate"].model == "port (a function of X)"
    # Recovered: the message may show them beside the reference's.
    assert report.coefficients is not None
    assert report.divergences["coef"].value < 1e-9
    assert report.divergences["coef"].note.startswith("recovered from float64 predictions, known")


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_number_a_row_is_the_probability_of_the_second_class(
    two: Sides, shape: tuple[int, ...]
) -> None:
    assert two.compare(lambda X: two.fitted.predict_proba(X)[:, 1].reshape(shape)).equivalent


def test_functions_are_functions_however_they_are_bound(two: Sides) -> None:
    def port(power: float, X: np.ndarray) -> np.ndarray:
        return two.fitted.predict_proba(X) ** power

    report = two.compare(functools.partial(port, 1.0))
    assert report.equivalent
    assert report.settings["candidate"].model == "port (a function of X)"
    assert two.compare(two.fitted.predict_proba).equivalent


def test_the_rows_of_a_check_are_predicted_once(two: Sides) -> None:
    asked: list[np.ndarray] = []

    def port(X: np.ndarray) -> np.ndarray:
        asked.append(X)
        return two.fitted.predict_proba(X)

    two.compare(port)
    # float64 predictions of rows tell all there is: it is not asked elsewhere.
    assert [X is two.X for X in asked] == [True]


def test_a_model_is_asked_for_rows_like_the_users(two: Sides) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(two.X, columns=list("abcd"))
    columns: list[list[str]] = []

    def port(X: Any) -> np.ndarray:
        columns.append(list(X.columns))
        return two.fitted.predict_proba(X.to_numpy()).astype(np.float32)

    compare_models(two.reference, frame, two.y, candidate=port, explain=False)
    assert len(columns) > 1
    assert all(names == list("abcd") for names in columns)


def test_other_rows_that_a_model_refuses_are_not_needed(two: Sides) -> None:
    def port(X: np.ndarray) -> np.ndarray:
        if X is not two.X:
            return np.full((len(X), 2), np.nan)
        return two.fitted.predict_proba(X).astype(np.float32)

    report = two.compare(port)
    assert report.equivalent
    assert report.divergences["coef"].note.startswith("recovered from float32 predictions")


def test_a_function_that_raises_is_refused_with_its_reason(two: Sides) -> None:
    def port(X: np.ndarray) -> np.ndarray:
        raise KeyError("scaler")

    two.refused(port, r"candidate function port raised KeyError: 'scaler'; pass a function")


def test_another_shape_is_refused(two: Sides, three: Sides) -> None:
    two.refused(lambda X: two.P[:5], r"of shape \(100, 2\), one column for each class, got \(5, 2")
    three.refused(lambda X: three.P[:, 1], r"of shape \(150, 3\).* got \(150,\)")
    two.refused(lambda X: None, r"must predict numbers, got None; return")
    two.refused(
        lambda X: two.y,
        "must predict probabilities, got labels such as 'red'; return predict_proba",
    )


def test_what_is_refused_is_refused_before_the_reference_is_trained(
    two: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(*_: Any, **__: Any) -> None:
        raise AssertionError("it was trained")

    monkeypatch.setattr(LogisticRegression, "fit", fit)
    two.refused(lambda X: X[:, :2] * 9, r"in \[0, 1\]")
    two.refused(two.P[:5], "each of the 100 rows compared")


def test_numbers_outside_of_probabilities_are_refused(two: Sides) -> None:
    logits = two.fitted.decision_function
    two.refused(logits, r"in \[0, 1\], got -?\d[.\d]* at row 0; apply the sigmoid or softmax")


def test_arguments_of_fit_are_refused(two: Sides) -> None:
    for candidate in (lambda X: two.P, two.P):
        two.refused(candidate, "arguments of keras.Model.fit, got a .*; pass fit=None", fit={})


def test_nan_diverges(two: Sides) -> None:
    P = two.P.copy()
    P[3] = np.nan
    assert two.compare(P).verdict == "diverged"


# --- sums


def test_sigmoids_are_told_as_a_head_and_not_refused(three: Sides) -> None:
    z = three.fitted.decision_function
    report = three.compare(lambda X: expit(z(X)))
    head = "one sigmoid a class, whose sum is not 1"
    assert report.settings["candidate"].written["output_head"] == head
    finding = next(found for found in report.findings if found.slug == "not-linear")
    assert finding.text.endswith(f"behind another head: {head}")
    # They are no coefficients of a softmax.
    assert "coef" not in report.divergences


def test_other_sums_are_refused(three: Sides) -> None:
    wrong = three.P.copy()
    wrong[7, 2] += 0.25
    three.refused(wrong, r"must sum to 1, got 1.2\d* at row 7; apply a softmax, or divide")


def test_a_sum_may_be_off_by_the_rounding_of_its_format(three: Sides) -> None:
    rounded = np.round(three.P, 3)
    assert np.abs(rounded.sum(axis=1) - 1).max() > 5e-4
    assert three.compare(rounded).equivalent


# --- findings and parameters


def test_what_is_not_linear_is_told(two: Sides) -> None:
    report = two.compare(lambda X: expit(X[:, 0] * X[:, 1] - 15))
    finding = next(found for found in report.findings if found.slug == "not-linear")
    assert "times what rounding to float64 explains" in finding.text
    assert report.coefficients is None


def test_what_is_linear_has_no_such_finding(two: Sides) -> None:
    slugs = {found.slug for found in two.compare(two.P.astype(np.float32)).findings}
    assert "not-linear" not in slugs


def test_coefficients_that_rows_do_not_determine_are_not_compared(two: Sides) -> None:
    doubled = Sides(np.hstack([two.X, two.X[:, :1]]), two.y)
    table = doubled.compare(doubled.P)
    assert table.equivalent
    assert table.coefficients is None
    # A function can be asked which of the two it is.
    assert doubled.compare(lambda X: doubled.fitted.predict_proba(X)).coefficients is not None


def test_shown_coefficients_that_do_not_make_the_predictions_are_not_believed(
    three: Sides,
) -> None:
    # One-vs-rest: its coef_ are no coefficients of a softmax.
    model = SGDClassifier(loss="log_loss", random_state=0).fit(three.X, three.y)
    # Of a kind that no mapping knows.
    shown = SimpleNamespace(
        coef_=model.coef_, intercept_=model.intercept_, predict_proba=model.predict_proba
    )
    report = three.compare(shown)
    assert report.coefficients is None
    assert "one-vs-rest" in report.settings["candidate"].written["output_head"]


class Engine:
    """Shows and predicts as dask-ml 2025.1 does: a vector, a number, no classes, a lazy array."""

    def __init__(self, fitted: LogisticRegression) -> None:
        self.coef_ = fitted.coef_[0]
        self.intercept_ = float(fitted.intercept_[0])

    def predict_proba(self, X: np.ndarray) -> Any:
        p = expit(X @ self.coef_ + self.intercept_)

        class Lazy:
            def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
                return np.column_stack([1 - p, p])

        return Lazy()


def test_a_vector_of_coefficients_and_a_lazy_array_are_read(two: Sides) -> None:
    engine = Engine(two.fitted)
    report = two.compare(engine)
    assert report.equivalent
    # As shown, to the last digit: recovered ones are rounded.
    assert report.coefficients is not None
    assert report.coefficients.candidate == (tuple(engine.coef_),)
    assert report.coefficients.candidate_intercept == (engine.intercept_,)


def test_a_tolerance_that_would_judge_nothing_is_refused(two: Sides) -> None:
    # What can be recovered is judged.
    other = LogisticRegression(C=0.5).fit(two.X, two.y)
    loose = Tolerance(probability=1.0, coef=1e-3)
    report = two.compare(other.predict_proba(two.X), tolerance=loose)
    assert not report.divergences["coef"].within
    assert not report.equivalent

    forest = RandomForestClassifier(5, random_state=0).fit(two.X, two.y)
    for name in ("coef", "intercept", "decision_function"):
        words = f"^tolerance {name} would judge nothing: the coefficients of both sides"
        two.refused(forest, words, tolerance=Tolerance(probability=1.0, **{name: 0.1}))


@pytest.mark.parametrize("name", ["score", "log_loss"])
def test_a_tolerance_of_scores_needs_labels(two: Sides, name: str) -> None:
    tolerance = Tolerance(**{name: 0.1})
    words = f"^tolerance {name} needs the labels .* pass y_eval$"
    two.refused(two.P, words, X_eval=two.X.copy(), tolerance=tolerance)
    assert two.compare(two.P, X_eval=two.X.copy(), y_eval=two.y, tolerance=tolerance).equivalent


# --- a table of predictions


def test_a_table_is_a_candidate(two: Sides) -> None:
    report = two.compare(two.P)
    assert report.equivalent
    assert report.settings["candidate"].model == "table of predictions (ndarray)"
    assert two.compare(two.P[:, 1]).equivalent


def test_a_table_holds_the_rows_that_are_compared(two: Sides) -> None:
    assert two.compare(two.P[::2], X_eval=two.X[::2]).equivalent
    two.refused(two.P, r"each of the 50 rows compared, got shape \(100, 2\)", X_eval=two.X[::2])


def test_columns_of_a_frame_are_matched_by_their_names(two: Sides) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"red": two.P[:, 1], "green": two.P[:, 0]})
    assert two.compare(frame).equivalent
    assert two.compare(frame["red"]).equivalent
    assert two.compare(frame[["green"]]).equivalent
    assert two.compare(pandas.DataFrame(two.P)).equivalent
    words = r"column for each class of y \(green, red\), its columns are blue, green"
    two.refused(frame.rename(columns={"red": "blue"}), words)


@pytest.mark.parametrize(
    "header,order",
    [("", (0, 1)), ("green,red\n", (0, 1)), ("red,green\n", (1, 0)), ("p\n", (1,))],
)
def test_a_csv_file_is_a_table(
    two: Sides, tmp_path: Path, header: str, order: tuple[int, ...]
) -> None:
    path = tmp_path / "scores.csv"
    lines = (",".join(f"{row[column]:.6f}" for column in order) for row in two.P)
    path.write_text(header + "\n".join(lines) + "\n")
    for candidate in (path, str(path)):
        report = two.compare(candidate)
        assert report.equivalent
        assert report.settings["candidate"].model == "table of predictions (scores.csv)"
    assert report.divergences["coef"].note.startswith("recovered from 6 decimals")


def test_a_csv_file_of_pandas_has_an_index(three: Sides, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "scores.csv"
    pandas.DataFrame(three.P[:, [2, 0, 1]], columns=[2, 0, 1]).to_csv(path)
    assert three.compare(path).equivalent


def test_a_csv_file_that_is_no_table_is_refused(two: Sides, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    two.refused(path, "scores.csv' cannot be read: .*No such file")
    path.write_text("")
    two.refused(path, "scores.csv' is empty")
    path.write_text("green,red\n" + "0.5,0.5\n" * 99 + "0.5\n")
    two.refused(path, "must hold one number for each class in every line")
    path.write_text("green,red\n" + "0.5,0.5\n" * 99 + "0.5,high\n")
    two.refused(path, "one number for each class in every line: could not convert .*'high'")


def test_arrays_that_numpy_saved_are_tables(two: Sides, tmp_path: Path) -> None:
    path, archive = tmp_path / "scores.npy", tmp_path / "scores.npz"
    np.save(path, two.P.astype(np.float32))
    np.savez(archive, two.P)
    for candidate in (path, archive):
        report = two.compare(candidate)
        assert report.equivalent
        assert report.settings["candidate"].model == f"table of predictions ({candidate.name})"
    np.savez(archive, a=two.P, b=two.P)
    two.refused(archive, r"must hold one array, got 2 \(a, b\); pass numpy.load\(path\)\[name\]$")
    path.write_bytes(path.read_bytes()[:300])
    two.refused(path, "scores.npy' cannot be read: .*; write it again$")
    archive.write_bytes(archive.read_bytes()[:100])
    two.refused(archive, "scores.npz' cannot be read: .*; write it again$")
    # A pickle in disguise is never run.
    np.save(path, np.array([two], dtype=object), allow_pickle=True)
    two.refused(path, "cannot be read: Object arrays cannot be loaded when allow_pickle=False")


def test_a_parquet_file_is_a_table(two: Sides, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow", reason="the extra parquet installs it")
    path = tmp_path / "scores.parquet"
    frame = pandas.DataFrame({"red": two.P[:, 1], "green": two.P[:, 0]})
    frame.set_axis(np.arange(100) * 3 % 100).to_parquet(path)
    report = two.compare(path)
    assert report.equivalent
    assert report.settings["candidate"].model == "table of predictions (scores.parquet)"
    other = SGDClassifier(loss="log_loss", random_state=0).fit(two.X, two.y).predict_proba(two.X)
    pandas.DataFrame(other, columns=["green", "red"]).to_parquet(path)
    assert not two.compare(path).equivalent
    path.write_bytes(path.read_bytes()[:200])
    two.refused(path, "scores.parquet' cannot be read: .*; write it again$")


def test_a_parquet_file_needs_its_extra(
    two: Sides, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pytest_modelparity.frameworks.tables.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    two.refused(tmp_path / "scores.parquet", r"run: pip install 'pytest-modelparity\[parquet\]'$")


def test_kind_says_that_a_file_is_a_table(two: Sides, tmp_path: Path) -> None:
    path = tmp_path / "scores.txt"
    np.savetxt(path, two.P, delimiter=",")
    two.refused(path, "^a candidate must be one of these: .*; got PosixPath$")
    assert two.compare(path, kind="table").equivalent
    assert two.compare(two.P.tolist(), kind="table").equivalent


# --- a pickle


def test_a_pickle_is_loaded_where_it_is_allowed(two: Sides, tmp_path: Path) -> None:
    path = tmp_path / "port.pkl"
    path.write_bytes(pickle.dumps(two.fitted))
    two.refused(path, "port.pkl' is not loaded, since loading a pickle runs the code in it; pass ")
    report = two.compare(path, allow_pickle=True)
    assert report.equivalent
    # What is in it is read, as if it had been given itself.
    assert report.settings["candidate"].objective is not None
    joblib.dump(two.fitted, tmp_path / "port.joblib")
    assert two.compare(str(tmp_path / "port.joblib"), allow_pickle=True).equivalent
    assert compare_models(path, two.X, candidate=two.fitted, allow_pickle=True).equivalent
    two.refused(path, r"must be True or False, got allow_pickle='yes'", allow_pickle="yes")


def test_a_pickle_that_is_none_is_refused(two: Sides, tmp_path: Path) -> None:
    path = tmp_path / "port.pkl"
    two.refused(path, "cannot be read: No such file .*; pass the path", allow_pickle=True)
    content = pickle.dumps(two.fitted)
    for damaged in (content[:-20], b"", b"no pickle"):
        path.write_bytes(damaged)
        two.refused(path, "port.pkl' is none, or is cut off .*; write it again$", allow_pickle=True)
    path.write_bytes(content.replace(b"sklearn", b"sklearm"))
    two.refused(path, "needs what is not there .*; install or import it first$", allow_pickle=True)
    path.write_bytes(pickle.dumps(None))
    two.refused(path, "holds None; write the trained model into it$", allow_pickle=True)


# --- whose candidate it is


def request(given: Any) -> CandidateRequest:
    data = read_dataset(np.eye(2), [0, 1])
    return CandidateRequest(
        given=given,
        fit=None,
        reference=None,
        mapping=LogisticRegressionMapping(),
        data=data,
        seed=0,
    )


class Module:
    """Something that is called with anything, as a torch.nn.Module is."""

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        raise AssertionError("it was called")


@pytest.mark.parametrize(
    "given,known",
    [
        (lambda X: X, True),
        (lambda X, batch_size=32: X, True),
        (lambda: None, False),
        (lambda X, y: X, False),
        (Module(), False),
        (LogisticRegression, False),
        ("model.keras", False),
    ],
)
def test_a_function_of_x_is_known_by_its_signature(given: Any, known: bool) -> None:
    assert FunctionOfXKind().knows(request(given)) is known


@pytest.mark.parametrize(
    "given,known",
    [
        (np.eye(2), True),
        ("scores.csv", True),
        (Path("SCORES.CSV"), True),
        ("model.keras", False),
        ([[0.5, 0.5]], False),
        (7, False),
    ],
)
def test_a_table_is_known_by_what_it_is(given: Any, known: bool) -> None:
    assert TableKind().knows(request(given)) is known


def test_a_kind_of_file_of_a_third_party_is_one_function(tmp_path: Path) -> None:
    path = tmp_path / "port.json"
    path.write_text("[1.0, -1.0]")

    def opened(given: Path) -> Artefact:
        coef = np.array(json.loads(given.read_text()))
        return Artefact(title=f"JSON ({given.name})", ask=lambda X: expit(X @ coef))

    kind = ArtefactKind(
        name="a .json file", word="json", is_one=lambda given: given == path, open=opened
    )
    fitted = find_candidate(request(path), (kind,)).train()
    assert fitted.settings.model == "JSON (port.json)"
    np.testing.assert_allclose(fitted.predict(np.eye(2))[:, 1], expit([1.0, -1.0]))
    # Asked by its word, too.
    other = dataclasses.replace(request("port.txt"), kind="json")
    with pytest.raises(AttributeError, match="read_text"):
        find_candidate(other, (kind,))
    with pytest.raises(ModelParityError, match=r"^kind must be one of 'json', got kind='csv'"):
        find_candidate(dataclasses.replace(request(path), kind="csv"), (kind,))
