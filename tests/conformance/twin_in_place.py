"""A pytest plugin that puts the Keras twin in the place of scikit-learn's LogisticRegression.

``tox -e conformance`` runs scikit-learn's own ``linear_model/tests/test_logistic.py`` with it. What
does not apply to the twin is in ``not_applicable.json``: reason, then the tests. The list is exact:
a test that is not on it must pass, a test on it must fail, and each name on it must be a test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.linear_model
from sklearn.linear_model import LogisticRegression as ScikitLearnsOwn

from pytest_modelparity import KerasTwin

LIST = Path(__file__).with_name("not_applicable.json")
#: Tests that must pass, of the 295 that a plain subclass passes with scikit-learn 1.9.1.
AT_LEAST = 235
#: What a fit leaves.
FITTED = ("coef_", "intercept_", "classes_", "n_iter_", "n_features_in_", "feature_names_in_")


class TwinInPlace(ScikitLearnsOwn):
    """A LogisticRegression whose ``fit`` goes through the twin; all else is scikit-learn's."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> TwinInPlace:
        """Fit the twin, and keep what a LogisticRegression keeps."""
        estimator = ScikitLearnsOwn(**self.get_params(deep=False))
        twin = KerasTwin(estimator).fit(X, y, sample_weight=sample_weight)
        for name in FITTED:
            if hasattr(twin, name):
                setattr(self, name, getattr(twin, name))
        # All solvers but liblinear keep the type of float32 rows (scikit-learn 1.9, _logistic.py).
        if getattr(X, "dtype", None) == np.float32 and self.solver != "liblinear":
            self.coef_ = self.coef_.astype(np.float32)
            self.intercept_ = self.intercept_.astype(np.float32)
        return self


# As its user wrote it: messages and reprs hold the name.
TwinInPlace.__name__ = TwinInPlace.__qualname__ = "LogisticRegression"


def not_applicable() -> dict[str, str]:
    """Return the reason of each test that does not apply, by its name with parameters."""
    listed = json.loads(LIST.read_text(encoding="utf-8"))
    return {test: reason for reason, tests in listed.items() for test in tests}


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Put the twin there while test modules are imported, which take the name from there."""
    sklearn.linear_model.LogisticRegression = TwinInPlace
    try:
        return (yield)
    finally:
        # The mappings know scikit-learn's own.
        sklearn.linear_model.LogisticRegression = ScikitLearnsOwn


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Expect those on the list to fail, strictly; refuse a list that names something else."""
    reasons = not_applicable()
    for item in items:
        if item.name in reasons:
            item.add_marker(pytest.mark.xfail(reason=reasons[item.name], strict=True))
    unknown = sorted(set(reasons) - {item.name for item in items})
    if unknown and not config.getoption("keyword"):
        raise pytest.UsageError(f"{LIST.name} names no test: {', '.join(unknown)}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a whole run in which too few tests passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    passed = len(reporter.stats.get("passed", []))
    if not session.config.getoption("keyword") and passed < AT_LEAST:
        reporter.write_line(f"{passed} passed, {AT_LEAST} are promised", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
