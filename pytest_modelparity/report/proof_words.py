"""What is proven of a side's distance to its optimum, in words."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_modelparity.report.numbers import number, rounded_up
from pytest_modelparity.report.parts import Certificate, Split
from pytest_modelparity.report.sentences import on_rows


def proven_sentence(certificates: Mapping[str, Certificate], split: Split | None = None) -> str:
    """Say what is proven about each side's distance to its own optimum."""
    # A certificate speaks of the training rows, whatever the sides are compared on, unless it says
    # otherwise.
    rows = "training" if split is not None and split.rows else ""
    return "; ".join(
        certificate_sentence(side, certificates[side], rows)
        for side in ("reference", "candidate")
        if side in certificates
    )


def certificate_sentence(side: str, certificate: Certificate, rows: str = "") -> str:
    """Say what one certificate proves, and for which rows."""
    # Before any bound: the distance to an optimum that is not there says nothing.
    if certificate.finite_optimum is False:
        return f"the {side}'s objective has no finite optimum"
    if certificate.distance is None:
        return (
            f"nothing is proven about the {side}'s distance to its optimum "
            f"(gradient {number(certificate.gradient_norm)})"
        )
    # Rounded up, since a bound that is rounded down is proven no more.
    bound = rounded_up(certificate.distance)
    elsewhere = ""
    if certificate.evaluation is not None:
        elsewhere = f" and {rounded_up(certificate.evaluation)}{on_rows('evaluation')}"
    rows = certificate.rows or rows
    return f"the {side} is within {bound} of its exact optimum{on_rows(rows)}{elsewhere}"
