"""scikit-learn's ``C`` as strengths of the canonical objective."""

from __future__ import annotations

from pytest_modelparity.errors import ModelParityError


def l2_strength_from_c(C: float, n_samples: int, l1_ratio: float = 0.0) -> float:
    """Convert scikit-learn's ``C`` to the L2 strength of the canonical objective.

    Parameters
    ----------
    C : float
        Inverse regularization strength; ``inf`` means no penalty.
    n_samples : int
        Number of rows, whatever their weights.
    l1_ratio : float
        Share of the L1 penalty, in [0, 1].

    Returns
    -------
    float
        ``(1 - l1_ratio) / (C * n_samples)``; exactly 0.0 for ``C=inf``.

    Raises
    ------
    ModelParityError
        If ``C`` or ``n_samples`` is not positive, or ``l1_ratio`` is outside [0, 1].

    Notes
    -----
    scikit-learn 1.9 minimises ``C * sum(s_i * loss_i) + penalty`` (user guide,
    "Logistic regression"); dividing by ``C * n_samples`` gives the canonical form.
    """
    return (1.0 - l1_ratio) * _strength_from_c(C, n_samples, l1_ratio)


def l1_strength_from_c(C: float, n_samples: int, l1_ratio: float) -> float:
    """Convert scikit-learn's ``C`` to the L1 strength of the canonical objective.

    Parameters
    ----------
    C, n_samples, l1_ratio
        As for `l2_strength_from_c`.

    Returns
    -------
    float
        ``l1_ratio / (C * n_samples)``; exactly 0.0 for ``C=inf``.

    Raises
    ------
    ModelParityError
        As `l2_strength_from_c`.
    """
    return l1_ratio * _strength_from_c(C, n_samples, l1_ratio)


def _strength_from_c(C: float, n_samples: int, l1_ratio: float) -> float:
    """Return ``1 / (C * n_samples)`` of checked arguments."""
    if not C > 0:
        raise ModelParityError(f"C must be a number > 0, got C={C!r}")
    if not n_samples > 0:
        raise ModelParityError(f"n_samples must be an integer > 0, got n_samples={n_samples!r}")
    if not 0 <= l1_ratio <= 1:
        raise ModelParityError(f"l1_ratio must be a number in [0, 1], got l1_ratio={l1_ratio!r}")
    # In this order: C * n_samples overflows where C is near the largest float.
    return float(1.0 / C / n_samples)
