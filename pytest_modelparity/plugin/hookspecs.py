"""The hooks through which a conftest or another plugin adds to pytest-modelparity.

What a hook returns is made of names of `pytest_modelparity.extend`. Names and arguments of hooks
are validated when pytest registers a plugin. What it contributes is validated whole when it is
first needed; a hook that raises or returns something else is named with its plugin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_modelparity.reporters import Reporter
    from pytest_modelparity.sides.candidate import CandidateKind
    from pytest_modelparity.sides.findings import FindingSource
    from pytest_modelparity.sides.mapping import EstimatorMapping


@pytest.hookspec
def pytest_modelparity_mappings(config: pytest.Config) -> Sequence[EstimatorMapping]:  # type: ignore[empty-body]
    """Return mappings for estimators that pytest-modelparity does not know.

    Called once a run, when its first check is made; a run without a check never calls it. A
    mapping has the methods of `pytest_modelparity.extend.EstimatorMapping`. Here is one that lends
    the mapping of ``LogisticRegression`` to a class that wraps one; ``examples/third_party`` has
    one from scratch::

        # conftest.py
        def pytest_modelparity_mappings(config):
            from pytest_modelparity.extend import LogisticRegressionMapping

            class Wrapped(LogisticRegressionMapping):
                name = "OurWrapper"

                def knows(self, estimator):
                    return type(estimator).__name__ == "OurWrapper"

            return [Wrapped()]

    Test a mapping of your own with `pytest_modelparity.extend.check_mapping`.

    Who wins: the mapping of the plugin that was registered last is asked first, and the first that
    knows an estimator gets it; those of this package come last, so any of them can be replaced. If
    one plugin's mappings are wrong, every check is refused.

    Parameters
    ----------
    config : pytest.Config
        The run's configuration.

    Returns
    -------
    sequence of EstimatorMapping
        Instances, not classes.
    """


@pytest.hookspec
def pytest_modelparity_candidates(config: pytest.Config) -> Sequence[CandidateKind]:  # type: ignore[empty-body]
    """Return kinds of candidates: what may be passed as ``candidate=``.

    Called once a run, when its first check is made; a run without a check never calls it. A kind
    has the members of `pytest_modelparity.extend.CandidateKind`. Here is one that takes a file of
    coefficients::

        # conftest.py
        from pathlib import Path

        import numpy as np

        class Linear:
            def __init__(self, path):
                held = np.load(path)
                self.coef_, self.intercept_ = held["coef"], held["intercept"]

            def predict_proba(self, X):
                p = 1 / (1 + np.exp(-(X @ self.coef_[0] + self.intercept_)))
                return np.column_stack([1 - p, p])

        class CoefficientFile:
            name = "the path of an .npz file with coef and intercept"

            def knows(self, request):
                return isinstance(request.given, Path) and request.given.suffix == ".npz"

            def make(self, request):
                from pytest_modelparity.extend import OpaqueCandidate

                return OpaqueCandidate(Linear(request.given), request.data)

        def pytest_modelparity_candidates(config):
            return [CoefficientFile()]

    Who wins: the kind of the plugin that was registered last is asked first, and the first that
    knows what was given makes the candidate of it; those of this package come last. If one plugin's
    kinds are wrong, every check is refused.

    Parameters
    ----------
    config : pytest.Config
        The run's configuration.

    Returns
    -------
    sequence of CandidateKind
        Instances, not classes.
    """


@pytest.hookspec
def pytest_modelparity_findings(config: pytest.Config) -> Sequence[FindingSource]:  # type: ignore[empty-body]
    """Return finding sources, which read every report and say what else the user must know.

    Called once a run, when its first check is made; a run without a check never calls it. A source
    has a name and makes findings of a `pytest_modelparity.ParityReport`; the slug of each is the
    source's name, a slash and a name::

        # conftest.py
        from pytest_modelparity.extend import Finding

        class Slow:
            name = "our-rules"

            def find(self, report):
                if report.duration > 60:
                    yield Finding(slug="our-rules/slow", text=f"it took {report.duration:.0f} s")

        def pytest_modelparity_findings(config):
            return [Slow()]

    With it, ``pytest --parity-fail-on=our-rules/slow`` fails where a check was slow.

    Who wins: nobody, all findings are reported, behind those of this package; of two sources of
    one name that of the plugin that was registered last is used. A source that fails is itself a
    finding, ``finding-source-failed``, and changes no verdict.

    Parameters
    ----------
    config : pytest.Config
        The run's configuration.

    Returns
    -------
    sequence of FindingSource
        Instances, not classes.
    """


@pytest.hookspec
def pytest_modelparity_reporters(config: pytest.Config) -> Sequence[Reporter]:  # type: ignore[empty-body]
    """Return reporters that write the checks of a run in a format of your own.

    Called when a run starts that is asked for a file of such a format, with
    ``--parity-report-to=NAME=PATH`` or a line of the ini setting ``parity_report_to``; any other
    run never calls it. A reporter has a name and makes text of a
    `pytest_modelparity.RunReport`::

        # conftest.py
        class OneLineEach:
            name = "lines"

            def render(self, run):
                return "".join(f"{check.report.verdict} {check.name}\\n" for check in run.checks)

        def pytest_modelparity_reporters(config):
            return [OneLineEach()]

    With it, ``pytest --parity-report-to=lines=parity.txt`` writes ``parity.txt``. The hook must be
    in a plugin or in a conftest that pytest loads before it collects, such as the one beside the
    configuration file.

    Who wins: the names of this package's formats are taken; of two reporters of one name that of
    the plugin that was registered last is used. What is wrong with any is said at the end of the
    run, and a file whose reporter is missing or fails is not written.

    Parameters
    ----------
    config : pytest.Config
        The run's configuration.

    Returns
    -------
    sequence of Reporter
        Instances, not classes.
    """
