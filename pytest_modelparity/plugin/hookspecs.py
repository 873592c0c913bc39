"""The hooks through which a conftest or another plugin adds to pytest-modelparity.

A plugin is validated whole before anything of it is used: its hook names and their arguments
when pytest registers it, what it contributes when it is first needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_modelparity.reporters import Reporter
    from pytest_modelparity.sides.mapping import EstimatorMapping


@pytest.hookspec
def pytest_modelparity_mappings(config: pytest.Config) -> Sequence[EstimatorMapping]:  # type: ignore[empty-body]
    """Return mappings for estimators that pytest-modelparity does not know.

    Called once a run, when its first check is made; a run without a check never calls it. A
    mapping has the methods of `pytest_modelparity.sides.mapping.EstimatorMapping`; here is
    one that lends the mapping of ``LogisticRegression`` to a class that wraps one::

        # conftest.py
        def pytest_modelparity_mappings(config):
            from pytest_modelparity.frameworks.sklearn.logistic.mapping import (
                LogisticRegressionMapping,
            )

            class Wrapped(LogisticRegressionMapping):
                name = "OurWrapper"

                def knows(self, estimator):
                    return type(estimator).__name__ == "OurWrapper"

            return [Wrapped()]

    The mapping of the plugin that was registered last is asked first, and the first that knows
    an estimator gets it; the mappings of this package come last, so any of them can be replaced.

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

    With it, ``pytest --parity-report-to=lines=parity.txt`` writes ``parity.txt``. No two
    reporters may have one name. The hook must be in a plugin or in a conftest that pytest loads
    before it collects, such as the one beside the configuration file.

    Parameters
    ----------
    config : pytest.Config
        The run's configuration.

    Returns
    -------
    sequence of Reporter
        Instances, not classes.
    """
