"""Models that predict on workers of a cluster: the report is that of rows here, and none comes."""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import sys
import threading

import dask.array
import dask.dataframe
import keras
import numpy as np
import pytest
import sklearn
from clusters import PATCH, put_back
from passed_reports import classes, numbers, passed_over, without_times
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import ModelParityError
from pytest_modelparity.frameworks.dask import matrix, sending
from pytest_modelparity.frameworks.dask.matrix import DaskRows
from pytest_modelparity.frameworks.dask.workers import have_loaded
from pytest_modelparity.rows import held

N = 9000


@pytest.fixture(autouse=True)
def worth_loading(small_groups, monkeypatch):
    """Rows that are worth whatever their models take to load."""
    monkeypatch.setattr(matrix, "WORTH_LOADING", 0)


@pytest.fixture
def brought(monkeypatch):
    """The groups of rows that came here."""
    groups, read = [], DaskRows.read

    def seen(rows, which):
        groups.append(which)
        return read(rows, which)

    monkeypatch.setattr(DaskRows, "read", seen)
    return groups


def models(n_classes=2):
    """Two models with other strengths of the penalty, and their rows."""
    X, y = classes(N, n_classes)
    first, second = (
        LogisticRegression(C=C, solver="newton-cholesky").fit(X, y) for C in (1.0, 1e-3)
    )
    return first, second, X, y


def keras_model(model, X):
    """The same model in Keras."""
    dense = keras.layers.Dense(1, activation="sigmoid")
    port = keras.Sequential([keras.Input((X.shape[1],)), dense])
    dense.kernel.assign(model.coef_.T)
    dense.bias.assign(model.intercept_)
    return port


def onnx_model(model, X):
    """The same model as the bytes of an ONNX file."""
    narrow = X[:1].astype(np.float32)
    return to_onnx(model, narrow, options={"zipmap": False}).SerializeToString()


#: A port to what a check is given.
GIVEN = {
    "scikit-learn": lambda model, X: model,
    "Keras": keras_model,
    "ONNX": onnx_model,
    "function": lambda model, X: lambda rows: model.predict_proba(rows),
    "table": lambda model, X: model.predict_proba(X),
}


def over(X):
    """The rows of X on workers, in chunks that are no groups."""
    return dask.array.from_array(X, chunks=(1300, 5)).persist()


@pytest.mark.parametrize("kind", GIVEN)
def test_the_report_is_that_of_rows_here_and_no_row_comes(cluster, brought, kind):
    reference, port, X, y = models()
    candidate = GIVEN[kind](port, X)
    there = passed_over(reference, over(X), y, candidate=candidate, explain=False)
    assert not there
    assert brought == []
    here = passed_over(reference, X, y, candidate=candidate, explain=False)
    assert without_times(there) == without_times(here)


def test_few_rows_come_here_where_a_model_would_have_to_be_loaded_there(
    cluster, brought, monkeypatch
):
    reference, port, X, y = models()
    monkeypatch.setattr(matrix, "WORTH_LOADING", 8 * X.size + 1)
    assert not have_loaded(cluster, ("numpy", "tabnanny"))
    monkeypatch.setattr(matrix, "have_loaded", lambda client, packages: False)
    report = passed_over(reference, over(X), y, candidate=port, explain=False)
    assert len(brought) == len(DaskRows(over(X)).groups)
    # That is no fault of theirs.
    assert "rows-brought-here" not in {finding.slug for finding in report.findings}
    brought.clear()
    cluster.run(importlib.import_module, "tabnanny")
    assert have_loaded(cluster, ("numpy", "tabnanny"))
    monkeypatch.setattr(matrix, "have_loaded", have_loaded)
    assert without_times(report) == without_times(
        passed_over(reference, over(X), y, candidate=port, explain=False)
    )
    assert brought == []


def test_numbers_are_predicted_there_too(cluster, brought):
    X, y = numbers(N)
    reference, candidate = Ridge(alpha=1.0).fit(X, y), Ridge(alpha=2000.0).fit(X, y)
    there = passed_over(reference, over(X), y, candidate=candidate)
    assert brought == []
    assert without_times(there) == without_times(passed_over(reference, X, y, candidate=candidate))


def test_steps_of_a_pipeline_go_there_too(cluster, brought):
    _, port, X, y = models()
    reference = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    there = passed_over(reference, over(X), y, candidate=port, explain=False)
    assert brought == []
    here = passed_over(reference, X, y, candidate=port, explain=False)
    assert without_times(there) == without_times(here)


def test_columns_have_their_names_there(cluster, brought):
    _, _, X, y = models()
    rows = dask.array.from_array(X, chunks=(1300, 5))
    table = dask.dataframe.from_dask_array(rows, columns=list("abcde"))
    named = table.compute()
    reference, port = (
        LogisticRegression(C=C, solver="newton-cholesky").fit(named, y) for C in (1.0, 1e-3)
    )

    def predict(rows):
        assert list(rows.columns) == list("abcde")
        return port.predict_proba(rows)

    there = passed_over(reference, table, y, candidate=predict, explain=False)
    assert not there
    assert brought == []


def without_finding(report, words):
    """Return what a report says but its one finding, which is of rows that were brought."""
    (finding,) = report.findings
    assert finding.slug == "rows-brought-here"
    assert finding.text.startswith("all rows were brought here, one group after the other: ")
    assert words in finding.text
    assert "\n" not in finding.text
    return {**without_times(report), "findings": []}


@pytest.mark.parametrize(
    "open_it, words",
    [
        (
            lambda port, X: holding(threading.Lock(), port),
            "the models cannot be sent to workers (TypeError: cannot pickle '_thread.lock' object)",
        ),
        (
            lambda port, X: importlib.import_module("onnxruntime").InferenceSession(
                onnx_model(port, X)
            ),
            "(TypeError: an open InferenceSession stays where it is; pass the path of its file)",
        ),
        (
            lambda port, X: holding(OnlyHere(), port),
            "could not make the models again (ValueError: not in this process)",
        ),
    ],
)
def test_a_model_that_cannot_be_sent_is_told_and_predicts_here(cluster, brought, open_it, words):
    reference, port, X, y = models()
    candidate = open_it(port, X)
    there = passed_over(reference, over(X), y, candidate=candidate, explain=False)
    assert len(brought) == N // 1000
    here = passed_over(reference, X, y, candidate=candidate, explain=False)
    assert here.findings == ()
    assert without_finding(there, words) == without_times(here)


def holding(held, model):
    """Return a function that holds something beside a model."""
    return lambda rows: (held, model.predict_proba(rows))[1]


class OnlyHere:
    """Cannot be made again elsewhere."""

    def __reduce__(self):
        return refuse, ()


def refuse():
    """Raise."""
    raise ValueError("not in this process")


def forget():
    """Let what was sent last be made again where it is sent once more."""
    sending._kept.cache_clear()


def replace(version):
    """Give this process another version of scikit-learn, or none."""
    if version is None:
        PATCH.setitem(sys.modules, "sklearn", None)
    else:
        PATCH.setattr("sklearn.__version__", version)


@pytest.mark.parametrize("version, said", [("0.1", "0.1"), (None, "(not installed)")])
def test_a_package_that_workers_lack_or_have_another_of_is_told(cluster, brought, version, said):
    reference, port, X, y = models()
    cluster.run(forget)
    cluster.run(replace, version)
    try:
        there = passed_over(reference, over(X), y, candidate=port, explain=False)
    finally:
        cluster.run(put_back)
    assert len(brought) == N // 1000
    (finding,) = there.findings
    assert f"has sklearn {said} and this process {sklearn.__version__}; " in finding.text
    assert ": worker tcp://127.0.0.1:" in finding.text


def test_a_worker_that_dies_as_it_predicts_changes_nothing(cluster, brought, tmp_path):
    reference, port, X, y = models()
    home, flag = os.getpid(), tmp_path / "died"

    def predict(rows):
        if os.getpid() != home and not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return port.predict_proba(rows)

    there = passed_over(reference, over(X), y, candidate=predict, explain=False)
    assert flag.exists()
    assert brought == []
    here = passed_over(reference, X, y, candidate=predict, explain=False)
    assert without_times(there) == without_times(here)


def test_a_model_is_made_once_in_each_worker_for_a_pass(cluster, tmp_path, monkeypatch):
    reference, port, X, y = models()
    passes, merged = [], DaskRows.merged

    def counted(rows, *rest):
        passes.append(rows)
        return merged(rows, *rest)

    monkeypatch.setattr(DaskRows, "merged", counted)

    class Noted:
        def __init__(self, model):
            self.model = model

        def __setstate__(self, state):
            self.__dict__.update(state)
            with open(tmp_path / str(os.getpid()), "a") as log:
                log.write("x")

        def predict_proba(self, rows):
            return self.model.predict_proba(rows)

    # It takes copies away which no task needs at the moment, every other second.
    cluster.amm.stop()
    try:
        assert not passed_over(reference, over(X), y, candidate=Noted(port), explain=False)
    finally:
        cluster.amm.start()
    made = {int(log.name): len(log.read_text()) for log in tmp_path.iterdir()}
    assert made
    assert os.getpid() not in made
    assert max(made.values()) <= len(passes)


def test_what_arrives_twice_in_a_process_is_one_thing():
    sent = sending.sent_function(models()[0].predict_proba)
    first, second, other = (
        pickle.loads(pickle.dumps(one)) for one in (sent, sent, sending.sent_function(np.add))
    )
    assert first is second
    assert other is not first


def test_a_function_of_a_module_that_workers_do_not_know_goes_there(
    cluster, brought, tmp_path, monkeypatch
):
    reference, port, X, y = models()
    (tmp_path / "my_port.py").write_text(
        "def predict(rows):\n    return port.predict_proba(rows)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("my_port")
    module.port = port
    there = passed_over(reference, over(X), y, candidate=module.predict, explain=False)
    assert brought == []
    here = passed_over(reference, X, y, candidate=port.predict_proba, explain=False)
    assert there.divergences == here.divergences


def test_rows_of_a_data_set_stay_here(monkeypatch):
    reference, port, X, y = models()
    sizes, merged = [], held.HeldRows.merged

    def measured(rows, function, *rest):
        sizes.append(len(sending.sent_function(function)._pickled))
        return merged(rows, function, *rest)

    monkeypatch.setattr(held.HeldRows, "merged", measured)
    for n in (N // 2, N):
        passed_over(reference, X[:n], y[:n], candidate=port.predict_proba, explain=False)
    assert sizes[0] == pytest.approx(sizes[1], abs=100)
    assert sizes[0] < 10_000


def test_a_model_that_raises_there_is_told_with_the_rows(cluster):
    def of_group(X, rows):
        raise KeyError("weights")

    words = (
        r"^a model failed on rows 0 to 999 at worker tcp://127.0.0.1:\d+ \(KeyError: 'weights'\); "
    )
    with pytest.raises(ModelParityError, match=words):
        DaskRows(over(models()[2][:1000])).merged(of_group, (), print)


def test_what_a_model_says_there_is_said_here(cluster):
    reference, port, X, y = models()
    home = os.getpid()

    def predict(rows):
        if os.getpid() != home:
            raise RuntimeError("out of licences")
        return port.predict_proba(rows)

    words = "^the candidate function predict raised RuntimeError: out of licences; pass a function"
    with pytest.raises(ModelParityError, match=words):
        passed_over(reference, over(X), y, candidate=predict, explain=False)
