"""The check of two models on rows that arrive in blocks: `compare_stream`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pytest_modelparity.check_run import run_check

if TYPE_CHECKING:
    from pytest_modelparity.parity.compare import Comparison
    from pytest_modelparity.parity.question import Question, Wiring
    from pytest_modelparity.report.report import ParityReport
    from pytest_modelparity.tolerance import Tolerance


def compare_stream(
    reference: Any,
    candidate: Any,
    blocks: Iterable[Any],
    *,
    feature_names: Sequence[str] | None = None,
    tolerance: Tolerance | float | None = None,
    kind: str | None = None,
    allow_pickle: bool | None = None,
) -> ParityReport:
    """Compare two trained models on rows that arrive in blocks and are held one block at a time.

    Parameters
    ----------
    reference, candidate : object
        Two models that predict any rows: what `compare_models` takes without labels, but no table
        of predictions.
    blocks : iterable
        Of X (an array, a DataFrame, a sparse matrix or a tensor of rows) or of pairs (X, y); a
        generator, say. It is read once. Labels are for scores, and nothing is trained on them.
    feature_names : sequence of str, optional
        Of the columns. Default: those of the first block.
    tolerance, kind, allow_pickle
        As in `assert_models_equivalent`; of regressors the default tolerance is a part of the
        standard deviation of all that the reference predicts.

    Returns
    -------
    ParityReport
        Whatever the verdict; true in a condition where the models are equivalent.

    Raises
    ------
    ModelParityError
        If the comparison could not be made; the message names the block, and says how the blocks
        before it stand.

    Notes
    -----
    In a pytest run it is recorded as any check. What one change of structure is between two models
    is told from the first rows and the worst of the first block that diverges, and held against
    every block from there.

    Examples
    --------
    >>> blocks = (X[i : i + 100_000] for i in range(0, len(X), 100_000))  # doctest: +SKIP
    >>> report = compare_stream(model, "port.onnx", blocks)  # doctest: +SKIP
    >>> assert report, str(report)  # doctest: +SKIP
    """
    __tracebackhide__ = True

    def compare(question: Question, wiring: Wiring) -> Comparison:
        from pytest_modelparity.parity.stream import compare_blocks

        return compare_blocks(question, wiring, feature_names)

    arguments = {
        "reference": reference,
        "candidate": candidate,
        "X": blocks,
        "y": None,
        "tolerance": tolerance,
        "kind": kind,
        "allow_pickle": allow_pickle,
    }
    return run_check(arguments, compare, asserted=False)
