"""The hooks: what pytest calls. Each imports what it hands over only then."""

from __future__ import annotations

import pytest


def pytest_modelparity_mappings(config: pytest.Config):
    """Add the mapping; it is asked before those that pytest-modelparity brings along."""
    from parity_newton.mapping import NewtonLogisticMapping

    return [NewtonLogisticMapping()]


def pytest_modelparity_candidates(config: pytest.Config):
    """Add the kind of candidate."""
    from parity_newton.candidate import CoefficientsKind

    return [CoefficientsKind()]


def pytest_modelparity_findings(config: pytest.Config):
    """Add the findings, which ``--parity-fail-on=parity-newton/few-steps`` can ask for."""
    from parity_newton.findings import StepsSource

    return [StepsSource()]


def pytest_modelparity_reporters(config: pytest.Config):
    """Add the reporter, which ``--parity-report-to=csv=FILE`` asks for."""
    from parity_newton.reporter import CsvReporter

    return [CsvReporter()]
