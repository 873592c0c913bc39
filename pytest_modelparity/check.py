"""The check: `assert_models_equivalent` and `compare_models`, and what they are wired to.

This is the one module that knows both the comparison and the frameworks. It resolves the settings,
hands the comparison the estimators and the kinds of candidates that there are, records the report
where pytest runs, and raises the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_modelparity.check_settings import DEFAULTS, SETTINGS, UNSET, CheckSettings, Unset
from pytest_modelparity.context import CURRENT, CheckContext
from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.models_diverge import ModelsDivergeError
from pytest_modelparity.warned import warn_again

if TYPE_CHECKING:
    from pytest_modelparity.parity.compare import Comparison
    from pytest_modelparity.parity.journal import Journal
    from pytest_modelparity.parity.question import Wiring
    from pytest_modelparity.report.report import ParityReport
    from pytest_modelparity.tolerance import Tolerance


def assert_models_equivalent(
    reference: Any,
    X: Any,
    y: Any = None,
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
    training: str | None = None,
    input_ranges: Any = None,
    candidate_rows: str | None = None,
    kind: str | None = None,
    allow_pickle: bool | None = None,
    n_jobs: int | None = None,
    memory: float | None = None,
) -> ParityReport:
    """Check that a scikit-learn estimator and its port are the same model; fail if not.

    Parameters
    ----------
    reference : estimator
        A ``LogisticRegression``, or whatever a mapping knows. Unfitted: a clone is fitted on X
        and y. Fitted: taken as it is. Without y: anything that a candidate may be.
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        The rows both sides are trained on.
    y : array-like of shape (n_samples,) or (n_samples, 1), optional
        Labels: numbers, booleans or strings. ``None``: both models are compared on X as they are
        given, and nothing is trained.
    candidate : keras.Model, callable, object with predict_proba, array or path, optional
        The model under test: a compiled Keras model, a torch module, anything with
        ``predict_proba``, the path of a model (``.onnx``, ``.tflite``), or its predictions of the
        rows compared: an array, a DataFrame or the path of a table. A function is told by what it
        requires: nothing (it makes one of these, for every seed afresh), X (it predicts), X and y
        (it trains, and returns one of these). Default: the Keras twin that is built from the
        reference's settings.
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
        does not fit is left out, and named in the report's ``effort``. Default: 10.
    training : str, optional
        ``"auto"``: of a long ``fit`` the first epochs are made by the candidate itself, and the
        others by its optimizer's formulas where both agree to rounding; the report says which.
        ``"fit"``: all epochs are made by the candidate itself. Default: ``"auto"``.
    input_ranges : mapping of column to (low, high), or a pair for each column, optional
        What columns may hold, by name or number, for the worst case in the box. Default: what
        they hold in the rows given.
    candidate_rows : str, optional
        Beside a reference that is a pipeline: ``"pipeline"``: the candidate takes the rows that it
        takes; ``"transformed"``: those that its last step gets. Default: ``"pipeline"``.
    kind : str, optional
        What the candidate is where it could be two things: ``"make"``, ``"predict"`` or
        ``"train"`` of a function, ``"onnx"``, ``"table"``, ... of a file with another suffix.
    allow_pickle : bool
        Whether the candidate may be the path of a pickle, which runs the code in it when it is
        loaded. Default: False.
    n_jobs : int, optional
        How many cores passes over rows use; -1: all that the process may use. It changes no bit of
        the report. Default: all, shared out among the workers of pytest-xdist.
    memory : float, optional
        Megabytes that the rows may take in memory as float64. Rows that take more are passed over
        in blocks; with 0 all are. Default: 160.

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
    In a pytest run every check is recorded, also one that fails. An interrupt (Ctrl-C, or a timeout
    of pytest-timeout) goes on to pytest; one that comes while a divergence is explained leaves a
    report of what was found until then. A setting that is not given
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
    arguments = dict(locals())
    __tracebackhide__ = True
    return _run(arguments, asserted=True)


def compare_models(
    reference: Any,
    X: Any,
    y: Any = None,
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
    training: str | None = None,
    input_ranges: Any = None,
    candidate_rows: str | None = None,
    kind: str | None = None,
    allow_pickle: bool | None = None,
    n_jobs: int | None = None,
    memory: float | None = None,
) -> ParityReport:
    """Compare a scikit-learn estimator with its port and return what was found.

    Parameters
    ----------
    reference, X, y, candidate, fit, sample_weight, X_eval, y_eval, tolerance, seed, explain
    budget, training, input_ranges, candidate_rows, kind, allow_pickle, n_jobs, memory
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
    arguments = dict(locals())
    __tracebackhide__ = True
    return _run(arguments, asserted=False)


def _run(arguments: dict[str, Any], *, asserted: bool) -> ParityReport:
    """Make one check with the settings that hold here, and record it.

    Parameters
    ----------
    arguments : dict
        Those of `compare_models`, by name.
    asserted : bool
        Whether a divergence raises `ModelsDivergeError`.
    """
    __tracebackhide__ = True
    # Ambient, since a plain call in a test has no other way to reach the run that it is made in.
    context = CURRENT.get()
    try:
        comparison = _compare(arguments, context)
    except ModelParityError as error:
        if context is not None:
            context.refuse(str(error))
        # The message says all there is: the user's line is the place, not ours.
        raise error.with_traceback(None)  # noqa: B904
    # Also after an error: a line of progress must not stay behind on the terminal.
    finally:
        if context is not None and context.progress is not None:
            context.progress(None)
    report = comparison.report
    if context is not None:
        # Before anything is raised: a check that fails is the one that the report is for.
        context.record(report, asserted)
    if comparison.interruption is not None:
        raise comparison.interruption
    message = str if context is None else context.message
    diverged = ModelsDivergeError(message(report), report) if asserted and not report else None
    try:
        # After the record: where warnings are errors, this raises.
        warn_again(comparison.raised)
    except Warning:
        # Where warnings are errors, the verdict goes first; it quotes the warnings.
        if diverged is None:
            raise
    if diverged is not None:
        raise diverged
    return report


def _compare(arguments: dict[str, Any], context: CheckContext | None) -> Comparison:
    """Resolve the settings and make the comparison."""
    # First: a wrong setting is refused before imports that may take seconds.
    settings = _settings(arguments, context)

    # numpy and what follows are imported by the first check, not by the plugin.
    from pytest_modelparity.frameworks.registry import many_models
    from pytest_modelparity.parity.compare import compare
    from pytest_modelparity.parity.journal import Journal
    from pytest_modelparity.parity.question import Question
    from pytest_modelparity.progress import listening
    from pytest_modelparity.rows.jobs import using

    resolved = {name: getattr(settings, name) for name in SETTINGS}
    prediction = settings.prediction_tolerance
    resolved |= {
        "prediction_tolerance": None if prediction is UNSET else prediction,
        "for_classifiers": prediction is None,
    }
    question = Question(**{**arguments, **resolved})
    listener = context.progress if context else None
    journal = Journal(listener)
    try:
        with many_models(), listening(listener), using(question.n_jobs):
            return compare(question, _wiring(context, journal))
    except Exception:
        raise
    # Ctrl-C, an exit, or what a plugin ends a test with that takes too long.
    except BaseException as error:
        if context is not None:
            context.interrupt(error, journal.now)
        raise


def _settings(arguments: dict[str, Any], context: CheckContext | None) -> CheckSettings:
    """Return the settings that hold: argument, marker, fixture, ini, default."""
    argument = CheckSettings.of_arguments(**{name: arguments[name] for name in SETTINGS})
    # Outside pytest there is nothing to ask, and a notebook has the defaults.
    if context is None:
        return argument.over(DEFAULTS)
    return argument.over(context.marker(), context.fixture, context.ini, DEFAULTS)


def _wiring(context: CheckContext | None, journal: Journal) -> Wiring:
    """Return what a check works with: what plugins contribute first, then what is built in."""
    from pytest_modelparity.frameworks import registry
    from pytest_modelparity.parity.question import Wiring

    # A plugin's first, so that it can replace what is built in.
    mappings = (*(context.mappings() if context else ()), *registry.mappings())
    return Wiring(
        mappings=mappings,
        kinds=(*(context.candidates() if context else ()), *registry.candidate_kinds(mappings)),
        row_kinds=registry.row_kinds(),
        environment=registry.environment,
        findings=context.findings if context else None,
        journal=journal,
        draws_map=context.draws_map if context else False,
    )
