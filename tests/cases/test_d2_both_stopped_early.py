"""Case D2, cuML issue 3645: one side stopped too early, and then the other one was left.

Once cuML ran longer, what remained was scikit-learn's own max_iter. Raw breast_cancer stands in.
"""

from __future__ import annotations

import pytest
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import compare_models


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_both_sides_are_named_and_only_both_are_a_repair(
    breast_cancer, dense, told, repaired
) -> None:
    report = compare_models(
        LogisticRegression(max_iter=10),
        *breast_cancer,
        # 1 / (2 * C * n): the same objective.
        candidate=lambda: dense(30, l2=1 / (2 * 569)),
        fit={"epochs": 5},
    )
    assert report.verdict == "diverged"
    assert report.split.objective_gap.largest < 1e-6
    assert told(report).musts == set()
    assert told(report).kinds == {"reference", "training"}
    assert {(cause.setting, cause.kind) for cause in report.causes} >= {
        ("iterations", "reference"),
        ("solver", "training"),
    }
    assert {"reference-not-converged", "candidate-not-converged"} <= told(report).slugs
    assert {side for side, _ in repaired(report)} == {"reference", "candidate"}
