"""The fixtures of the plugin; each imports what it hands out when it is used."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

from pytest_modelparity.context import CURRENT
from pytest_modelparity.plugin.session import SESSION

if TYPE_CHECKING:
    from pytest_modelparity.check_settings import CheckSettings
    from pytest_modelparity.frameworks.keras.twin import KerasTwin
    from pytest_modelparity.report.report import ParityReport
    from pytest_modelparity.suites.case import ParityCase
    from pytest_modelparity.tolerance import Tolerance


@pytest.fixture
def assert_models_equivalent(
    parity_tolerance: Tolerance | float | None, parity_seed: int | None
) -> Callable[..., ParityReport]:
    """Check that an estimator and its port are the same model, as the function of this name does.

    The fixtures ``parity_tolerance`` and ``parity_seed`` hold for it, where neither an argument
    nor the ``parity`` marker says otherwise.
    """
    from pytest_modelparity.check import assert_models_equivalent as plain_assert

    return _bound_check(plain_assert, parity_tolerance, parity_seed)


@pytest.fixture
def compare_models(
    parity_tolerance: Tolerance | float | None, parity_seed: int | None
) -> Callable[..., ParityReport]:
    """Compare an estimator with its port without failing, as the function of this name does."""
    from pytest_modelparity.check import compare_models as plain_compare

    return _bound_check(plain_compare, parity_tolerance, parity_seed)


@pytest.fixture
def compare_stream(
    parity_tolerance: Tolerance | float | None, parity_seed: int | None
) -> Callable[..., ParityReport]:
    """Compare two trained models on rows in blocks, as the function of this name does."""
    from pytest_modelparity.check_stream import compare_stream as plain_stream

    return _bound_check(plain_stream, parity_tolerance, parity_seed)


# The widest scope, so that a fixture of any scope may use it; the class has no state.
@pytest.fixture(scope="session")
def keras_twin() -> type[KerasTwin]:
    """Map an estimator to its Keras twin: ``keras_twin(LogisticRegression()).fit(X, y)``."""
    from pytest_modelparity import KerasTwin

    return KerasTwin


@pytest.fixture
def parity_case(request: pytest.FixtureRequest) -> ParityCase:
    """One setting of the reference on one data set, in a test with ``parametrize_parity``."""
    planned = getattr(request, "param", None)
    if planned is None:
        pytest.fail(
            "parity_case is filled by pytest_modelparity.parametrize_parity; "
            "decorate the test with it",
            pytrace=False,
        )
    case: ParityCase = planned.make()
    return case


# The widest scope: whoever overrides it may choose a narrower one.
@pytest.fixture(scope="session")
def parity_tolerance(pytestconfig: pytest.Config) -> Tolerance | float | None:
    """Tolerance of the fixtures' checks; override it in a conftest, in any scope.

    Return a `Tolerance`, a number (the largest difference of a predicted probability), or
    ``None`` for what the ini file says.
    """
    return _of_the_run(pytestconfig.stash[SESSION].context.ini)


@pytest.fixture(scope="session")
def parity_seed(pytestconfig: pytest.Config) -> int | None:
    """Seed of the fixtures' checks; override it in a conftest, in any scope."""
    from pytest_modelparity.check_settings import DEFAULT_SEED, UNSET

    ini = pytestconfig.stash[SESSION].context.ini
    return DEFAULT_SEED if ini is None or ini.seed is UNSET else ini.seed


def _of_the_run(ini: CheckSettings | None) -> Tolerance:
    """Return the tolerance of the ini file, or the default."""
    from pytest_modelparity.check_settings import DEFAULTS, UNSET

    tolerance = DEFAULTS.tolerance if ini is None or ini.tolerance is UNSET else ini.tolerance
    assert tolerance is not UNSET, "a default is set"
    return tolerance


def _bound_check(
    plain: Callable[..., ParityReport],
    tolerance: Tolerance | float | None,
    seed: int | None,
) -> Callable[..., ParityReport]:
    """Return the check with the run's context and the fixtures' settings bound to it."""
    from pytest_modelparity.check_settings import CheckSettings

    # Bound, not looked up at the call: a thread of the test's own does not see CURRENT.
    context = CURRENT.get()
    # Who overrode nothing leaves what the ini file says of regressors in force.
    if context is not None and tolerance is _of_the_run(context.ini):
        tolerance = None
    settings = CheckSettings.of_arguments(tolerance=tolerance, seed=seed)
    bound = None if context is None else context._replace(fixture=settings)

    @wraps(plain)
    def check(*data: Any, **settings: Any) -> ParityReport:
        __tracebackhide__ = True
        outer = CURRENT.set(bound)
        try:
            return plain(*data, **settings)
        finally:
            CURRENT.reset(outer)

    return check
