"""A smooth objective around a point: value, gradient and Hessian."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_modelparity.theory.design import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expansion:
    """What one pass over the rows tells of F without its L1 penalties around a point.

    Parameters
    ----------
    theta : array, (d,)
        The point.
    value : float
        F there.
    gradient : array, (d,)
        Of F.
    hessian : array, (d, d)
        Of F.
    """

    theta: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray
