"""A CSV file: a vendor returned scores of your rows, and nothing else.

The model behind them was to be your LogisticRegression, in another language. All that you have of
it is a table with four decimals, a row for each of yours. What was it trained on?
"""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pytest_modelparity import ModelParityError, assert_models_equivalent, compare_models


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X[:, :8]), np.where(y == 1, "benign", "malignant")


def scores(path: Path, model: LogisticRegression, X: np.ndarray) -> Path:
    """Write what a vendor would return: its own order of columns, four decimals."""
    P = model.predict_proba(X)
    lines = [f"{malignant:.4f},{benign:.4f}" for benign, malignant in P]
    path.write_text("malignant,benign\n" + "\n".join(lines) + "\n")
    return path


def test_the_scores_are_those_of_the_estimator(data: tuple, tmp_path: Path) -> None:
    path = scores(tmp_path / "scores.csv", LogisticRegression(tol=1e-8).fit(*data), data[0])
    report = assert_models_equivalent(LogisticRegression(tol=1e-8), *data, candidate=path)
    assert report.settings["candidate"].model == "table of predictions (scores.csv)"


def test_balanced_classes_are_told_from_four_decimals(data: tuple, tmp_path: Path) -> None:
    other = LogisticRegression(tol=1e-8, class_weight="balanced").fit(*data)
    path = scores(tmp_path / "scores.csv", other, data[0])
    report = compare_models(LogisticRegression(tol=1e-8), *data, candidate=path)
    assert report.verdict == "diverged"
    assert [cause.setting for cause in report.causes] == ["class_weight"]


def test_scores_of_other_rows_are_no_answer(data: tuple, tmp_path: Path) -> None:
    # A row was lost on the way.
    path = scores(tmp_path / "scores.csv", LogisticRegression().fit(*data), data[0][:-1])
    with pytest.raises(ModelParityError, match="a row for each of the 569 rows compared"):
        compare_models(LogisticRegression(), *data, candidate=path)
