"""The rows of an estimator's parameters, with those that are refused among them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from pytest_modelparity.frameworks.sklearn.domains import Refusal
from pytest_modelparity.frameworks.sklearn.parameters import same, spelled
from pytest_modelparity.sides.mapping import MappingRow


def parameter_rows(
    params: Mapping[str, Any],
    refusals: Iterable[Refusal],
    without_effect: Container[str],
    counterpart: Callable[[str], tuple[str, str, str]],
) -> tuple[MappingRow, ...]:
    """Return one row for each parameter.

    Parameters
    ----------
    params : mapping
        Their values.
    refusals : iterable of Refusal
        Of the estimator.
    without_effect : container of str
        Parameters that leave the optimum where it is, whatever their value.
    counterpart : callable
        Returns Keras counterpart, status and reason of a parameter that is not refused; of an
        estimator that is, only those without an effect are asked for.
    """
    refused = {refusal.parameter: refusal.text for refusal in refusals}
    rows = []
    for name, value in params.items():
        if name in refused:
            keras, status, reason = "-", "unsupported", refused[name]
        elif refused and name not in without_effect:
            culprit = next(iter(refused))
            keras, status = "-", "unsupported"
            reason = f"no twin is built while {culprit} is unsupported"
        else:
            keras, status, reason = counterpart(name)
        rows.append(
            MappingRow(name=name, value=spelled(value), keras=keras, status=status, reason=reason)
        )
    return tuple(rows)


def sentences_on_unused(
    params: Mapping[str, Any], defaults: Mapping[str, Any], reasons: Mapping[str, str]
) -> tuple[str, ...]:
    """Return a sentence for each parameter that its user changed and that has no effect.

    Parameters
    ----------
    params, defaults : mapping
        The values, and those without its user's doing.
    reasons : mapping of str to str
        Why a parameter has no effect, by name; one that the installed version lacks is left out.
    """
    return tuple(
        f"{name}={spelled(params[name])} has no effect: {reason}"
        for name, reason in reasons.items()
        if name in params and not same(params[name], defaults[name])
    )
