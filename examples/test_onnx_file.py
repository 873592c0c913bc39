"""An ONNX file: does the exported model still do what the pipeline does?

A pipeline scales its columns and classifies. ``skl2onnx`` wrote it to a file, which another service
runs. Was the whole of it written?
"""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import assert_models_equivalent, compare_models

skl2onnx = pytest.importorskip("skl2onnx", reason="pip install skl2onnx")


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    return load_wine(return_X_y=True)


@pytest.fixture(scope="module")
def pipeline(data: tuple) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.5, tol=1e-8)).fit(*data)


def export(model: object, path: Path, sample: np.ndarray) -> Path:
    """Write a fitted model, as the service gets it."""
    path.write_bytes(skl2onnx.to_onnx(model, sample).SerializeToString())
    return path


def test_the_file_is_the_pipeline(data: tuple, pipeline: Pipeline, tmp_path: Path) -> None:
    X, y = data
    path = export(pipeline, tmp_path / "wine.onnx", X[:1].astype(np.float32))
    # The file returns a dictionary for each row, in float32.
    report = assert_models_equivalent(pipeline, X, y, candidate=path, tolerance=1e-5)
    assert report.settings["candidate"].model == "ONNX file (wine.onnx)"


def test_a_file_of_the_last_step_has_lost_the_scaler(
    data: tuple, pipeline: Pipeline, tmp_path: Path
) -> None:
    X, y = data
    path = export(pipeline[-1], tmp_path / "last_step.onnx", X[:1].astype(np.float32))
    report = compare_models(pipeline, X, y, candidate=path)
    assert report.verdict == "diverged"
    assert [cause.setting for cause in report.causes] == ["feature_scaling"]
    assert report.relation.name == "scaler-forgotten"


def test_last_months_file_is_this_months_but_for_what_was_changed(
    data: tuple, pipeline: Pipeline, tmp_path: Path
) -> None:
    X, y = data
    old = export(pipeline, tmp_path / "old.onnx", X[:1].astype(np.float32))
    again = make_pipeline(StandardScaler(), LogisticRegression(C=5.0, tol=1e-8)).fit(X, y)
    new = export(again, tmp_path / "new.onnx", X[:1].astype(np.float32))
    # Two files, without labels: they are compared as they are.
    assert compare_models(old, X, candidate=new).verdict == "diverged"
    # With labels it is told what the new one was trained with.
    report = compare_models(pipeline, X, y, candidate=new)
    assert [cause.setting for cause in report.causes] == ["C"]
