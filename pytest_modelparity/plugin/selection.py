"""Whether a run has all tests: a partial one says nothing about the others."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from pytest_modelparity.plugin.collector import ungrouped

#: Key of what a pytest-xdist worker hands back: whether it left tests out.
WORKER_OUTPUT = "modelparity_narrowed"


class Selection:
    """Knows which tests ran, which of them to their end, and whether any were left out."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._narrowed = _narrowed_by_options(config)
        self._ended: set[str] = set()
        self._not_passed: set[str] = set()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, items: list[pytest.Item]
    ) -> Generator[None, object, object]:
        """See whether a plugin takes tests away, without a word too as those that shard do."""
        # pytest_deselected is a courtesy: plugins that shard a run often take tests without it.
        before = {item.nodeid for item in items}
        result = yield
        if before - {item.nodeid for item in items}:
            self._narrowed = True
        return result

    def pytest_deselected(self) -> None:
        """See that tests are left out."""
        self._narrowed = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """See that a file could not be collected, or was skipped as a whole."""
        # Its tests are unknown, and must not look as if they were gone.
        if not report.passed:
            self._narrowed = True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """See which tests end."""
        test_id = ungrouped(self._config, report.nodeid)
        # A test that failed or was skipped may have ended before it made its check.
        if not report.passed:
            self._not_passed.add(test_id)
        if report.when == "teardown":
            self._ended.add(test_id)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the controller what a worker saw."""
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[WORKER_OUTPUT] = self._narrowed

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker saw; one that died counts as having left tests out."""
        output = getattr(node, "workeroutput", None) or {}
        self._narrowed = self._narrowed or output.get(WORKER_OUTPUT, True)

    def passed(self) -> set[str]:
        """Return the tests that ran to their end."""
        return self._ended - self._not_passed

    def all_tests(self, session: pytest.Session) -> set[str] | None:
        """Return the ids of all tests there are; ``None`` where the run left any out."""
        # Fewer ended than were collected: -x, an interrupt, a worker that died.
        whole = not self._narrowed and len(self._ended) == session.testscollected
        return set(self._ended) if whole else None


def _narrowed_by_options(config: pytest.Config) -> bool:
    """Whether the command line names files, or leaves some out before they are collected."""
    if config.args_source is config.ArgsSource.TESTPATHS:
        elsewhere = False
    else:
        elsewhere = (
            config.args_source is config.ArgsSource.ARGS
            or config.invocation_params.dir != config.rootpath
        )
    # Files that are ignored never become items, so no hook sees them leave.
    left_out = ("ignore", "ignore_glob", "lf")
    return elsewhere or any(config.getoption(name, None) for name in left_out)
