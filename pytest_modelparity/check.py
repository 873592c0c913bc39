"""The check: `assert_models_equivalent` and `compare_models`, which record what they did.

Settings of a check have this precedence: argument, marker, fixture, ini, default. Marker and ini
come from the pytest plugin through `CURRENT`; outside pytest nothing is there and nothing is
recorded.
"""

from __future__ import annotations

import enum
import sys
import warnings
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.tolerance import Tolerance

if TYPE_CHECKING:
    from pytest_modelparity.report.report import ParityReport

DEFAULT_SEED = 0
DEFAULT_EXPLAIN = True
DEFAULT_BUDGET = 30.0
#: Keras takes seeds of 32 bits.
SEED_LIMIT = 2**32


class ModelsDivergeError(AssertionError):
    """The two models were compared and are not equivalent.

    Parameters
    ----------
    message : str
        The report as text; its first line serves pytest's short summary.
    report : ParityReport, optional
        What was measured.
    """

    def __init__(self, message: str, report: ParityReport | None = None) -> None:
        super().__init__(message)
        self.report = report


ModelsDivergeError.__module__ = "pytest_modelparity"


class Unset(enum.Enum):
    """Stands for an argument that was not given, where ``None`` is a value of its own."""

    UNSET = "unset"

    def __repr__(self) -> str:
        """Return what a signature shows."""
        return "<default>"


UNSET = Unset.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """The settings of a check that one place gives, such as a marker or an ini file.

    Parameters
    ----------
    tolerance : Tolerance, optional
        ``None``: this place says nothing about it.
    seed : int or None
        `UNSET`: this place says nothing about it.
    explain : bool
        `UNSET`: this place says nothing about it.
    budget : float, optional
        ``None``: this place says nothing about it.

    Raises
    ------
    ModelParityError
        If the seed is neither ``None`` nor an integer >= 0, ``explain`` is not a bool, or the
        budget is no finite number >= 0.
    """

    tolerance: Tolerance | None = None
    seed: int | Unset | None = UNSET
    explain: bool | Unset = UNSET
    budget: float | None = None

    def __post_init__(self) -> None:
        if self.seed is not UNSET and self.seed is not None:
            object.__setattr__(self, "seed", read_seed(self.seed))
        if self.explain is not UNSET and not isinstance(self.explain, bool):
            raise ModelParityError(f"explain must be True or False, got explain={self.explain!r}")
        if self.budget is not None:
            object.__setattr__(self, "budget", read_budget(self.budget))

    def over(self, *others: CheckSettings | None) -> CheckSettings:
        """Return these settings, completed by the others', of which the first wins."""
        result = self
        for other in others:
            if other is not None:
                result = CheckSettings(
                    tolerance=other.tolerance if result.tolerance is None else result.tolerance,
                    seed=other.seed if result.seed is UNSET else result.seed,
                    explain=other.explain if result.explain is UNSET else result.explain,
                    budget=other.budget if result.budget is None else result.budget,
                )
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """What surrounds a check: where it is recorded, and what it falls back to.

    Parameters
    ----------
    record : callable
        Takes the report and whether the check was an assertion.
    refuse : callable
        Takes the message of a check that could not be made.
    marker : callable
        Returns the settings of the running test's marker.
    ini : CheckSettings
        The settings of the configuration file.
    mappings : callable
        Returns the mappings that plugins contribute; called when a check is made.
    progress : callable, optional
        Told what a check is doing, and with ``None`` that it is done.
    """

    record: Callable[[ParityReport, bool], None]
    refuse: Callable[[str], None]
    marker: Callable[[], CheckSettings]
    ini: CheckSettings
    mappings: Callable[[], tuple[Any, ...]]
    progress: Callable[[str | None], None] | None = None


#: The context of the pytest run that is under way; the only ambient state of the package.
CURRENT: ContextVar[CheckContext | None] = ContextVar("pytest_modelparity", default=None)


def assert_models_equivalent(
    reference: Any,
    X: Any,
    y: Any,
    *,
    candidate: Any = None,
    fit: Mapping[str, Any] | None = None,
    sample_weight: Any = None,
    X_eval: Any = None,
    y_eval: Any = None,
    tolerance: Tolerance | float | None = None,
    seed: int | Unset | None = UNSET,
    explain: bool | Unset = UNSET,
    budget: float | None = None,
) -> ParityReport:
    """Check that a scikit-learn estimator and its port are the same model; fail if not.

    Parameters
    ----------
    reference : estimator
        A ``LogisticRegression``, or whatever a mapping knows. Unfitted: a clone is fitted on X
        and y. Fitted: taken as it is.
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        The rows both sides are trained on.
    y : array-like of shape (n_samples,) or (n_samples, 1)
        Labels: numbers, booleans or strings.
    candidate : keras.Model, callable or object with predict_proba, optional
        The model under test: a compiled Keras model, a function that returns one (needed where
        every seed must start afresh), or anything with ``predict_proba``. Default: the Keras
        twin that is built from the reference's settings.
    fit : mapping, optional
        Arguments of ``model.fit`` (``epochs``, ``batch_size``, ...), with which a copy of the
        candidate is trained. ``None``: the candidate is taken as it is, already trained.
    sample_weight : array-like of shape (n_samples,), optional
        Row weights for both sides (the candidate's unless ``fit`` has its own); they multiply
        class weights.
    X_eval, y_eval : optional
        Rows on which predictions are compared, and their labels. Default: X and y.
    tolerance : Tolerance or float, optional
        The largest divergences allowed; a number is the largest difference of any predicted
        probability. Default: ``Tolerance(probability=0.01)``.
    seed : int or None
        Of the candidate's initialisation and shuffling; ``None`` leaves both to Keras.
        Default: 0.
    explain : bool
        Whether a divergence is attributed to settings, which costs time. Default: True.
    budget : float, optional
        Seconds that explaining a divergence and verifying its repair may take together. What
        does not fit is left out, and named in the report's ``effort``. Default: 30.

    Returns
    -------
    ParityReport
        What was measured, where the models are equivalent.

    Raises
    ------
    ModelsDivergeError
        If they are not; an ``AssertionError`` with the report as its ``report``.
    ModelParityError
        If the check could not be made; the message says what to do.

    Notes
    -----
    In a pytest run every check is recorded, also one that fails. A setting that is not given
    here is taken from the test's ``parity`` marker, then from the ini file. In a thread that the
    test starts itself use the fixture of the same name: Python does not hand the context down.

    Neither function changes its arguments, the global random state, Keras's dtype policy or the
    warning filters.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> report = assert_models_equivalent(
    ...     LogisticRegression(solver="newton-cholesky"), X, y
    ... )  # doctest: +SKIP
    >>> report.verdict  # doctest: +SKIP
    'equivalent'
    """
    __tracebackhide__ = True
    return run_check(
        reference,
        X,
        y,
        candidate=candidate,
        fit=fit,
        sample_weight=sample_weight,
        X_eval=X_eval,
        y_eval=y_eval,
        tolerance=tolerance,
        seed=seed,
        explain=explain,
        budget=budget,
        asserted=True,
        context=CURRENT.get(),
    )


def compare_models(
    reference: Any,
    X: Any,
    y: Any,
    *,
    candidate: Any = None,
    fit: Mapping[str, Any] | None = None,
    sample_weight: Any = None,
    X_eval: Any = None,
    y_eval: Any = None,
    tolerance: Tolerance | float | None = None,
    seed: int | Unset | None = UNSET,
    explain: bool | Unset = UNSET,
    budget: float | None = None,
) -> ParityReport:
    """Compare a scikit-learn estimator with its port and return what was found.

    Parameters
    ----------
    reference, X, y, candidate, fit, sample_weight, X_eval, y_eval, tolerance, seed, explain, budget
        As in `assert_models_equivalent`.

    Returns
    -------
    ParityReport
        Whatever the verdict; true in a condition where the models are equivalent.

    Raises
    ------
    ModelParityError
        If the check could not be made; the message says what to do.
    """
    __tracebackhide__ = True
    return run_check(
        reference,
        X,
        y,
        candidate=candidate,
        fit=fit,
        sample_weight=sample_weight,
        X_eval=X_eval,
        y_eval=y_eval,
        tolerance=tolerance,
        seed=seed,
        explain=explain,
        budget=budget,
        asserted=False,
        context=CURRENT.get(),
    )


def run_check(
    reference: Any,
    X: Any,
    y: Any,
    *,
    candidate: Any = None,
    fit: Mapping[str, Any] | None = None,
    sample_weight: Any = None,
    X_eval: Any = None,
    y_eval: Any = None,
    tolerance: Tolerance | float | None = None,
    seed: int | Unset | None = UNSET,
    explain: bool | Unset = UNSET,
    budget: float | None = None,
    asserted: bool,
    context: CheckContext | None,
    fixture: CheckSettings | None = None,
) -> ParityReport:
    """Make one check with the settings that hold here, and record it: what every surface calls.

    Parameters
    ----------
    asserted : bool
        Whether a divergence raises `ModelsDivergeError`.
    context : CheckContext, optional
        The pytest run's; ``None`` outside of one.
    fixture : CheckSettings, optional
        What the fixtures ``parity_tolerance`` and ``parity_seed`` say.
    """
    __tracebackhide__ = True
    try:
        argument = CheckSettings(
            tolerance=None if tolerance is None else Tolerance.of(tolerance),
            seed=seed,
            explain=explain,
            budget=budget,
        )
        settings = argument.over(
            context.marker() if context else None, fixture, context.ini if context else None
        )

        from pytest_modelparity.parity.compare import compare

        comparison = compare(
            reference,
            X,
            y,
            candidate=candidate,
            fit=fit,
            sample_weight=sample_weight,
            X_eval=X_eval,
            y_eval=y_eval,
            tolerance=settings.tolerance or Tolerance(),
            seed=DEFAULT_SEED if settings.seed is UNSET else settings.seed,
            explain=DEFAULT_EXPLAIN if settings.explain is UNSET else settings.explain,
            budget=DEFAULT_BUDGET if settings.budget is None else settings.budget,
            progress=context.progress if context else None,
            mappings=context.mappings() if context else (),
        )
    except ModelParityError as error:
        if context is not None:
            context.refuse(str(error))
        # The message says all there is: the user's line is the place, not ours.
        raise error.with_traceback(None)  # noqa: B904
    finally:
        if context is not None and context.progress is not None:
            context.progress(None)
    report = comparison.report
    if context is not None:
        context.record(report, asserted)
    diverged = ModelsDivergeError(str(report), report) if asserted and not report else None
    try:
        _raise_again(comparison.raised)
    except Warning:
        # Where warnings are errors, the verdict goes first; it quotes the warnings.
        if diverged is None:
            raise
    if diverged is not None:
        raise diverged
    return report


def _raise_again(raised: tuple[Warning, ...]) -> None:
    """Issue the warnings of both trainings once more, at the line that called this package."""
    __tracebackhide__ = True
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    for warning in raised:
        warnings.warn(warning, stacklevel=level)


def _is_ours(module: str) -> bool:
    """Whether a module belongs to this package."""
    return module.partition(".")[0] == "pytest_modelparity"


def read_seed(value: object) -> int:
    """Return a seed as a builtin int.

    Raises
    ------
    ModelParityError
        If ``value`` is not an integer in [0, 2**32).
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        seed = value.__index__()  # type: ignore[attr-defined]
    except (AttributeError, TypeError):
        seed = -1
    if not 0 <= seed < SEED_LIMIT:
        raise ModelParityError(
            f"seed must be None or an integer in [0, 2**32), got seed={value!r}; "
            f"None leaves initialisation and shuffling to Keras"
        )
    return int(seed)


def read_budget(value: object) -> float:
    """Return a budget as a builtin float.

    Raises
    ------
    ModelParityError
        If ``value`` is no finite number >= 0.
    """
    try:
        budget = float("nan") if isinstance(value, (bool, str)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        budget = float("nan")
    if not 0 <= budget < float("inf"):
        raise ModelParityError(
            f"budget must be a finite number of seconds >= 0, got budget={value!r}; "
            f"0 names the causes without trying repairs, explain=False looks for none"
        )
    return budget
