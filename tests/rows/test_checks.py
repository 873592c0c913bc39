"""Checks whose rows are passed over: the verdict on all rows, the same whatever holds them."""

from __future__ import annotations

import re

import dask.array
import dask.bag
import dask.dataframe
import numpy as np
import pandas
import pytest
import scipy.sparse
from passed_reports import classes, cut_small, numbers, passed_over, without_times
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from pytest_modelparity import InvalidDataError, ModelParityError, Tolerance, compare_models
from pytest_modelparity.sides import passed

N = 6000


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Groups of some hundred rows, and few rows that stand for all."""
    cut_small(monkeypatch, group=5000, sample=1000, fewest_samples=200)


def case(name):
    """A reference and a port with another strength of the penalty, both trained."""
    if name == "squared":
        X, y = numbers(N)
        return Ridge(alpha=1.0).fit(X, y), Ridge(alpha=2000.0).fit(X, y), X, y, "C"
    X, y = classes(N, 2 if name == "logistic" else 3)
    first, second = (
        LogisticRegression(C=C, solver="newton-cholesky").fit(X, y) for C in (1.0, 1e-3)
    )
    return first, second, X, y, "C"


def held(how, X, folder):
    """The rows of X, held in another way."""
    if how == "memmap":
        np.save(folder / "X.npy", X)
        return np.load(folder / "X.npy", mmap_mode="r")
    if how == "npy":
        np.save(folder / "X.npy", X)
        return folder / "X.npy"
    return dask.array.from_array(X, chunks=(1111, 3))


@pytest.mark.parametrize("how", ["memmap", "npy", "dask"])
@pytest.mark.parametrize("name", ["logistic", "softmax", "squared"])
def test_the_report_is_the_same_whatever_holds_the_rows(name, how, tmp_path):
    reference, candidate, X, y, _ = case(name)
    here = passed_over(reference, X, y, candidate=candidate)
    there = passed_over(reference, held(how, X, tmp_path), y, candidate=candidate)
    assert without_times(here) == without_times(there)


@pytest.mark.parametrize("name", ["logistic", "softmax", "squared"])
def test_it_says_what_that_of_rows_in_memory_says(name):
    reference, candidate, X, y, setting = case(name)
    whole = compare_models(reference, X, y, candidate=candidate)
    over = passed_over(reference, X, y, candidate=candidate)
    assert [cause.setting for cause in over.causes] == [setting]
    assert [cause.setting for cause in whole.causes] == [setting]
    assert over.divergences.keys() == whole.divergences.keys()
    for divergence, expected in zip(
        over.divergences.values(), whole.divergences.values(), strict=True
    ):
        # Of every row, not of those that stand for all.
        assert divergence.place == expected.place
        assert divergence.value == pytest.approx(expected.value, rel=1e-12)
    assert over.split.rows == ""
    assert over.scores.keys() == whole.scores.keys()
    for name, both in over.scores.items():
        assert both == pytest.approx(whole.scores[name], rel=1e-12)
    worst = over.predictions[: passed.FEWEST_SAMPLES // 4]
    assert [row.row for row in worst] == [row.row for row in whole.predictions[: len(worst)]]
    for side in ("reference", "candidate"):
        mine, theirs = over.certificates[side], whole.certificates[side]
        assert mine.method == theirs.method
        # Each is the distance to its own optimum and the bound of that, which is no more than this.
        assert mine.distance == pytest.approx(theirs.distance, rel=0, abs=1e-9)


def test_one_row_among_all_decides():
    X, y = classes(N, 2)
    reference = LogisticRegression(solver="newton-cholesky").fit(X, y)

    def candidate(rows):
        found = reference.predict_proba(rows)
        odd = (np.asarray(rows) == X[4321]).all(axis=1)
        found[odd] = found[odd][:, ::-1]
        return found

    report = passed_over(reference, X, y, candidate=candidate, explain=False)
    assert not report
    assert report.divergences["probability"].place.startswith("row 4321,")
    assert report.predictions[0].row == 4321


def test_the_worst_case_is_not_judged_on_rows_that_are_not_held():
    reference, candidate, X, y, _ = case("logistic")
    tolerance = Tolerance(probability=1.0, worst_case=0.1)
    with pytest.raises(ModelParityError, match=r"takes 6000 x 5 numbers in memory; leave it out"):
        passed_over(reference, X, y, candidate=candidate, tolerance=tolerance)


@pytest.mark.parametrize("how", ["memmap", "dask"])
def test_no_bit_depends_on_the_number_of_cores(how, tmp_path):
    reference, candidate, X, y, _ = case("softmax")
    rows = held(how, X, tmp_path)
    one, two = (
        passed_over(reference, rows, y, candidate=candidate, n_jobs=n_jobs) for n_jobs in (1, 2)
    )
    assert without_times(one) == without_times(two)


def test_an_unfitted_reference_is_fitted_on_an_array():
    X, y = classes(N, 2)
    reference = LogisticRegression(solver="newton-cholesky")
    assert passed_over(reference, X, y, candidate=reference.fit(X, y))


def test_what_needs_all_rows_says_so():
    X, y = classes(N, 2)
    rows = dask.array.from_array(X, chunks=1000)
    with pytest.raises(ModelParityError, match=r"^the reference came unfitted .* to fit it X must"):
        passed_over(LogisticRegression(), rows, y, candidate=LogisticRegression().fit(X, y))


def test_without_labels_rows_that_are_not_held_come_as_a_stream():
    X, _ = classes(N, 2)
    model = fitted()[0]
    assert passed_over(model, X, None, candidate=model)
    rows = dask.array.from_array(X, chunks=1000)
    with pytest.raises(ModelParityError, match=r"compare_stream takes blocks .* 6000 x 5 numbers"):
        passed_over(model, rows, None, candidate=model)


def test_a_table_of_predictions_is_compared_on_all_rows(tmp_path):
    reference, candidate, X, y, _ = case("logistic")
    table = candidate.predict_proba(X)
    np.save(tmp_path / "port.npy", table)
    model = passed_over(reference, X, y, candidate=candidate, explain=False)
    for given in (table, tmp_path / "port.npy", table[:, 1]):
        report = passed_over(reference, X, y, candidate=given, explain=False)
        place = model.divergences["probability"].place.partition(",")[0]
        assert report.divergences["probability"].place.startswith(place)
        assert report.scores["log_loss"] == pytest.approx(model.scores["log_loss"], rel=1e-12)
    with pytest.raises(ModelParityError, match="a row for each of the 6000 rows compared, got"):
        passed_over(reference, X, y, candidate=table[1:])


def behind(*steps, C=1.0):
    """A pipeline of these steps."""
    return make_pipeline(*steps, LogisticRegression(solver="newton-cholesky", C=C))


@pytest.mark.parametrize(
    "steps",
    [(), (StandardScaler(),), (StandardScaler(), PCA(3)), (SelectKBest(k=3), "passthrough")],
    ids=lambda steps: "-".join(type(step).__name__ for step in steps),
)
def test_fitted_steps_of_a_pipeline_take_blocks(steps, tmp_path):
    X, y = classes(N, 2)
    X = X * [1.0, 30.0, 0.1, 1.0, 1.0] + [0.0, 5.0, 0.0, 0.0, 0.0]
    reference, candidate = behind(*steps).fit(X, y), behind(*steps, C=1e-3).fit(X, y)
    whole = compare_models(reference, X, y, candidate=candidate)
    here = passed_over(reference, X, y, candidate=candidate)
    for report in (whole, here):
        assert [cause.setting for cause in report.causes] == ["C"]
    for side, proven in whole.certificates.items():
        # To the optimum on the features behind the steps.
        assert here.certificates[side].distance == pytest.approx(proven.distance, abs=1e-9)
    for quantity, expected in whole.divergences.items():
        assert here.divergences[quantity].value == pytest.approx(expected.value, rel=1e-9)
    assert without_times(here) == without_times(
        passed_over(reference, held("dask", X, tmp_path), y, candidate=candidate)
    )


def test_steps_of_a_pipeline_get_tables_by_name():
    table, (_, y) = frame(N, named=False), classes(N, 2)
    by_name = ColumnTransformer([("some", StandardScaler(), ["d", "b"])], remainder="passthrough")
    candidate = behind(by_name).fit(table, y)
    rows = dask.dataframe.from_pandas(table, npartitions=4)
    assert passed_over(candidate, rows, y, candidate=candidate)
    plain = LogisticRegression(solver="newton-cholesky").fit(table, y)
    report = passed_over(plain, rows, y, candidate=candidate)
    assert report.certificates["candidate"].distance < 1e-6


def test_other_steps_of_a_pipeline_take_rows_in_memory():
    X, y = classes(N, 2)
    rows = dask.array.from_array(X, chunks=1000)
    clipping = behind(StandardScaler(), MinMaxScaler(clip=True)).fit(X, y)
    assert passed_over(clipping, X, y, candidate=clipping)
    with pytest.raises(ModelParityError, match=r"behind step 'minmaxscaler' .* X must fit in mem"):
        passed_over(clipping, rows, y, candidate=clipping)
    with pytest.raises(ModelParityError, match=r"are to be fitted .* X must fit in memory, got 6"):
        passed_over(behind(StandardScaler()), rows, y, candidate=clipping)
    fitted = behind(StandardScaler()).fit(X, y)
    with pytest.raises(ModelParityError, match="candidate_rows='transformed' X must fit in mem"):
        passed_over(fitted, rows, y, candidate=fitted, candidate_rows="transformed")
    # Of a port whose objective is one of other features what it predicts is compared.
    report = passed_over(fitted, rows, y, candidate=clipping)
    assert report.divergences["probability"].value > 0
    X[3210, 1] = np.nan
    with pytest.raises(InvalidDataError, match=r"NaN .*row 3210, column 1, in block 3 of rows"):
        passed_over(clipping, dask.array.from_array(X, chunks=1000), y, candidate=clipping)


def test_a_function_is_asked_for_rows_in_memory():
    reference, candidate, X, y, _ = case("logistic")
    rows = dask.array.from_array(X, chunks=1000)

    def predict(block):
        assert isinstance(block, np.ndarray)
        return candidate.predict_proba(block)

    here, there = (passed_over(reference, held, y, candidate=predict) for held in (X, rows))
    assert without_times(here) == without_times(there)
    assert not there


def test_rows_of_dask_that_fit_in_memory_are_brought_there():
    reference, candidate, X, y, _ = case("logistic")
    rows = dask.array.from_array(X, chunks=1000)
    here = compare_models(reference, X, y, candidate=candidate)
    there = compare_models(reference, rows, dask.array.from_array(y), candidate=candidate)
    assert without_times(here) == without_times(there)


def frame(n, named=True):
    """A table of the rows with their labels."""
    X, y = classes(n, 2)
    table = pandas.DataFrame(X, columns=list("abcde"))
    return table.assign(bought=y) if named else table


def parquet(folder, **changes):
    """Write three files of row groups; changes map the number of a file to what is made of it."""
    table = frame(N)
    for number in range(3):
        part = table.iloc[number * 2000 : (number + 1) * 2000]
        part = changes.get(f"file{number}", lambda part: part)(part)
        part.to_parquet(folder / f"part-{number}.parquet", row_group_size=700)
    return folder


def test_a_folder_of_parquet_has_its_target_by_name(tmp_path):
    table = frame(N)
    X, y = table.drop(columns="bought"), table["bought"]
    reference = LogisticRegression(solver="newton-cholesky").fit(X, y)
    candidate = LogisticRegression(solver="newton-cholesky", C=1e-3).fit(X, y)
    here = passed_over(
        reference, dask.dataframe.from_pandas(X, npartitions=4), y, candidate=candidate
    )
    there = passed_over(reference, str(parquet(tmp_path)), "bought", candidate=candidate)
    assert there.settings["reference"].framework == "scikit-learn"
    assert [cause.setting for cause in there.causes] == ["C"]
    assert there.coefficients.names == tuple("abcde")
    assert without_times(here) == without_times(there)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"file1": lambda part: part.drop(columns="b")}, "part-1.parquet lacks the column 'b'"),
        (
            {"file2": lambda part: part.assign(extra=1.0)},
            "part-2.parquet alone has the column 'extra'",
        ),
        ({"file0": lambda part: part.assign(a="x")}, "column 'a' of part-0.parquet must hold num"),
        ({"file2": lambda part: part.assign(b="x")}, "column 'b' of part-2.parquet must hold num"),
        (
            {"file1": lambda part: part.assign(c=part["c"].where(part.index != 3456))},
            "first at row 3456, column 2, in row group 2 of part-1.parquet",
        ),
    ],
)
def test_a_bad_file_of_many_is_named(tmp_path, change, words):
    with pytest.raises(InvalidDataError, match=re.escape(words)):
        passed_over(*fitted(), parquet(tmp_path, **change), "bought")


def fitted():
    """A reference that is trained."""
    X, y = classes(N, 2)
    return (LogisticRegression().fit(X, y),)


def test_a_table_of_dask_holds_all_kinds_of_numbers(tmp_path):
    whole = np.random.default_rng(2).integers(-4, 5, size=N)
    table = frame(N, named=False).assign(b=whole > 0, c=whole)
    _, y = classes(N, 2)
    reference = LogisticRegression(solver="newton-cholesky").fit(table.astype(float), y)
    expected = passed_over(reference, table.to_numpy(float), y, candidate=reference)
    nullable = table.astype({"a": "Float64", "b": "boolean", "c": "Int64"})
    for given in (table, nullable):
        rows = dask.dataframe.from_pandas(given, npartitions=4)
        found = passed_over(reference, rows, y, candidate=reference)
        assert found.certificates == expected.certificates
    nullable.loc[3210, "c"] = pandas.NA
    rows = dask.dataframe.from_pandas(nullable, npartitions=4)
    with pytest.raises(InvalidDataError, match=r"NaN .* row 3210, column 2, in block 2 of rows"):
        passed_over(reference, rows, y, candidate=reference)


@pytest.mark.parametrize(
    "make, words",
    [
        (
            lambda X: dask.dataframe.from_dask_array(X, columns=list("abcde")).astype({"b": str}),
            r"column 'b' of X must hold numbers, got str.*; encode categories",
        ),
        (lambda X: X.astype(complex), "and hold real numbers, got a dask Array of .* complex128"),
        (lambda X: X[:, 0], "^X must be two-dimensional .* got a dask Array of shape .6000,."),
        (lambda X: X.map_blocks(scipy.sparse.csr_matrix), "^X must be made of .* got csr_matrix; "),
        (lambda X: dask.array.ma.masked_greater(X, 3), "^X must be made of .* got MaskedArray; "),
        (lambda X: dask.delayed(np.ones)((N, 5)), "a dask array or DataFrame, got a dask Delayed"),
        (
            lambda X: dask.dataframe.from_dask_array(X[:, 0], columns="a"),
            "a dask array or DataFrame, got a dask Series",
        ),
        (lambda X: dask.bag.from_sequence([1.0]), "a dask array or DataFrame, got a dask Bag"),
    ],
)
def test_other_collections_are_refused(make, words):
    X, y = classes(N, 2)
    with pytest.raises(InvalidDataError, match=words) as told:
        passed_over(*fitted(), make(dask.array.from_array(X, chunks=(1000, 5))), y)
    assert "\n" not in str(told.value)


def test_a_target_that_is_no_column_is_told(tmp_path):
    with pytest.raises(
        InvalidDataError, match=r"no column 'sold'; its columns are a, b, c, d, e, b"
    ):
        passed_over(*fitted(), parquet(tmp_path), "sold")


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda X: X[:-1], "X and y must have the same number of rows"),
        (
            lambda X: np.where(np.arange(N)[:, None] == 4100, np.nan, X),
            "first at row 4100, column 0, in block 4 of rows 4000 to 4999",
        ),
        (lambda X: X.astype(str), "hold real numbers, got a dask Array of shape"),
    ],
)
def test_bad_rows_are_told_with_their_block(make, words):
    X, y = classes(N, 2)
    rows = dask.array.from_array(make(X), chunks=(1000, 5))
    with pytest.raises(InvalidDataError, match=words):
        passed_over(*fitted(), rows, y, candidate=fitted()[0])


@pytest.mark.parametrize(
    "written, said",
    [(b"a,b\n1,2\n", ".*"), (b"\x93NUMPY", ".*"), (None, r".*No such file or directory.*")],
)
def test_a_file_that_is_no_array_is_told(tmp_path, written, said):
    path = tmp_path / "rows.npy"
    if written is not None:
        path.write_bytes(written)
    words = rf"rows.npy' cannot be read as an array \({said}\); write it by numpy.save, as numbers$"
    with pytest.raises(InvalidDataError, match=words) as told:
        passed_over(*fitted(), path, classes(N, 2)[1])
    assert "\n" not in str(told.value)


def test_a_path_of_no_rows_is_told_what_a_path_may_be():
    reference, (X, y) = *fitted(), classes(N, 2)
    with pytest.raises(InvalidDataError, match=r"the path 'X.csv'; pass its rows, or the path of"):
        passed_over(reference, "X.csv", y)
    with pytest.raises(InvalidDataError, match=r"^X_eval .* the path 'X.csv'; pass its rows$"):
        passed_over(reference, X, y, X_eval="X.csv")


def test_chunks_of_unknown_size_are_counted(tmp_path):
    X, y = classes(N, 2)
    rows = dask.array.from_array(X, chunks=(1000, 5))
    kept = X[:, 0] > -1.0
    chosen = rows[rows[:, 0] > -1.0]
    assert np.isnan(chosen.shape[0])
    reference, candidate = fitted()[0], LogisticRegression(C=1e-3).fit(X, y)
    there = passed_over(reference, chosen, y[kept], candidate=candidate)
    here = passed_over(reference, held("memmap", X[kept], tmp_path), y[kept], candidate=candidate)
    assert without_times(here) == without_times(there)
