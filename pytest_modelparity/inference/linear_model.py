"""From a table of predictions, or a model that can be asked, to the linear model behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.inference.formats import NumberFormat, detect_format, with_flat_tails
from pytest_modelparity.inference.probes import Ask, as_columns, probe
from pytest_modelparity.inference.recovery import Recovery, recover
from pytest_modelparity.inference.rows import FittedRows, choose_rows, work_of
from pytest_modelparity.theory.design import DesignMatrix, FloatArray, dense_rows

#: Deviation of a coefficient, as a part of the largest, above which asking a model is worth it.
WORTH_ASKING = 1e-6
#: Multiplications of a factorisation with the answers that are worth their time.
MOST_WORK_ASKING = 1e9
#: Of a model whose answers do not go together with its rows.
OTHERWISE = "asked at other rows, it is not the linear model that explains its own"


def recover_linear_model(X: DesignMatrix, P: Any, ask: Ask | None = None) -> Recovery:
    """Recover the linear model behind predictions, as far as they show one.

    Parameters
    ----------
    X : ndarray or CSR of shape (n, p)
        float64.
    P : ndarray of shape (n,) or (n, m)
        What a model predicts of these rows, in the floating type that it came in: a column a
        class, or the probability of the second of two. Within [0, 1].
    ask : callable, optional
        Maps rows (m, p) to predictions like P. It is asked two to four times for 2 p + 1 rows where
        the rows of X leave something open: rows that are saturated, columns that depend on each
        other. It may raise `ModelParityError`; the rows alone are used then.
    """
    given = np.asarray(P)
    columns = as_columns(given)
    form = detect_format(given)
    if not np.isfinite(columns).all():
        return Recovery(form=form, untold=("its predictions are not all numbers",))
    rows = choose_rows(X)
    if rows is None:
        sentence = f"{X.shape[1]} features are too many to recover coefficients"
        return Recovery(form=form, n_rows=len(columns), untold=(sentence,))
    found = _recovered(rows, columns, form)
    if ask is None or not _leaves_open(found):
        return found
    return _with_probes(found, rows, given, ask)


def _recovered(rows: FittedRows, P: FloatArray, form: NumberFormat, how: str = "rows") -> Recovery:
    """Return the linear model, also where small predictions have no digits that are right."""
    found, flat = recover(rows, P, form, how), with_flat_tails(form)
    if found.linear is not False or flat is None:
        return found
    again = recover(rows, P, flat, how)
    return again if again.linear and again.is_logistic else found


def _leaves_open(found: Recovery) -> bool:
    """Whether asking the model may tell more than its rows did."""
    if found.coef is None:
        return found.linear is None
    deviation = found.deviation
    assert deviation is not None
    # Probes are laid where a logistic model is undecided.
    return found.is_logistic and not (
        found.linear
        and found.is_complete
        and deviation.max() <= WORTH_ASKING * np.abs(found.coef).max()
    )


def _with_probes(found: Recovery, rows: FittedRows, given: Any, ask: Ask) -> Recovery:
    """Return what rows and probes say together; the rows alone where they do not go together."""
    p = int(rows.X.shape[1])
    if work_of(len(rows.chosen) + 2 * p + 1, p + 1) > MOST_WORK_ASKING:
        return found
    known = dense_rows(rows.X[rows.chosen], slice(0, len(rows.chosen)), ones=False)
    P = given[rows.chosen]
    try:
        asked, predicted = probe(known, as_columns(P), ask)
    except ModelParityError as error:
        return replace(found, untold=(*found.untold, f"asked at other rows, {error}"))
    both = np.concatenate([P, np.asarray(predicted).reshape(-1, *P.shape[1:])])
    together = FittedRows(
        X=np.vstack([known, asked]), chosen=np.arange(len(known) + len(asked), dtype=np.intp)
    )
    more = _recovered(together, as_columns(both), detect_format(both), how="probes")
    if (more.linear and more.is_logistic) or found.coef is None:
        return more
    # Beyond the range of the data it may be clipped, or be another model: its own rows count.
    return replace(found, untold=(*found.untold, OTHERWISE))
