"""The check: `assert_models_equivalent` and `compare_models`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_modelparity.check_run import run_check
from pytest_modelparity.check_settings import UNSET, Unset

if TYPE_CHECKING:
    from pytest_modelparity.parity.compare import Comparison
    from pytest_modelparity.parity.question import Question, Wiring
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
    return run_check(arguments, _compare, asserted=True)


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
    return run_check(arguments, _compare, asserted=False)


def _compare(question: Question, wiring: Wiring) -> Comparison:
    """Return the comparison on rows that are all in memory."""
    from pytest_modelparity.parity.compare import compare

    return compare(question, wiring)
