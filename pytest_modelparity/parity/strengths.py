"""Strengths of penalties on two sides: on another head, and what their ratio looks like."""

from __future__ import annotations

from dataclasses import replace

from pytest_modelparity.report.numbers import number
from pytest_modelparity.settings import ONE_VS_REST, ObjectiveSettings

#: Heads of numbers: a strength as it is written beside the loss, over the canonical one. Keras's
#: ``mean_squared_error`` has no ½.
_WRITTEN = {"identity": 2.0, "exponential": 1.0}


def as_on_head(settings: ObjectiveSettings, head: str) -> ObjectiveSettings:
    """Return settings that are meant the same on another head.

    For two classes, two softmax units hold plus and minus a half of what one sigmoid unit holds:
    the squares sum to a half, the absolute values to the same. One-vs-rest and softmax have no
    effect in common: strengths stay as they are, and what a class weighs against the rest becomes
    the weight of its rows. Between heads of numbers, whose losses have other units, what a program
    writes beside the loss stays.
    """
    if settings.output_head == head:
        return settings
    if ONE_VS_REST in (settings.output_head, head):
        return replace(
            settings, output_head=head, class_weight=_by_row(settings), binary_weight=None
        )
    if head in _WRITTEN:
        of_l2 = of_l1 = _WRITTEN[settings.output_head] / _WRITTEN[head]
    else:
        of_l2, of_l1 = 2.0 if head == "softmax" else 0.5, 1.0
    return replace(
        settings,
        output_head=head,
        l2_strength=of_l2 * settings.l2_strength,
        l1_strength=of_l1 * settings.l1_strength,
        intercept_l2_strength=of_l2 * settings.intercept_l2_strength,
        intercept_l1_strength=of_l1 * settings.intercept_l1_strength,
    )


def _by_row(settings: ObjectiveSettings) -> tuple[float, ...] | None:
    """Return the weights of the classes' rows, each as its own class has it."""
    if settings.binary_weight is None:
        return settings.class_weight
    inside = tuple(own for _, own in settings.binary_weight)
    by_class = settings.class_weight or (1.0,) * len(inside)
    return tuple(first * second for first, second in zip(by_class, inside, strict=True))


def in_same_terms(first: str, second: str) -> bool:
    """Whether both strengths are written as the same parameter, ``C=1.0`` beside ``C=0.5``."""
    name, equals, _ = first.partition("=")
    return bool(equals) and second.startswith(f"{name}=")


def strength_note(
    reference: ObjectiveSettings,
    candidate: ObjectiveSettings,
    n: int,
    *,
    same_terms: bool = False,
    n_outputs: int = 1,
) -> str:
    """Return what the ratio of two strengths looks like: a forgotten ½ or 1/n, or nothing.

    Parameters
    ----------
    n : int
        Number of rows.
    same_terms : bool
        Whether both are written as the same parameter, so that nothing was converted.
    n_outputs : int
        Units of a head of one a class.
    """
    if not (reference.strength > 0 and candidate.strength > 0):
        return ""
    heads = {reference.output_head, candidate.output_head}
    two_heads = len(heads) == 2 and ONE_VS_REST not in heads
    of_units = candidate.output_head == ONE_VS_REST
    candidate = as_on_head(candidate, reference.output_head)
    if two_heads and reference.output_head not in _WRITTEN:
        return (
            f"two softmax units share an L2 penalty: it acts as "
            f"{number(candidate.strength / reference.strength)} times the reference's"
        )
    ratio = candidate.strength / reference.strength
    if same_terms:
        return _by_ratio(ratio, ())
    if reference.output_head == "identity":
        return _of_numbers(ratio, n)
    if reference.output_head == "exponential":
        return _of_counts(ratio, n)
    # The slips that ports make, for λ2 = 1/(C n) is 2 l in Keras, whose loss is a mean where
    # scikit-learn's is a sum. Named by their ratio, since a strength alone tells nobody what was
    # forgotten.
    known: tuple[tuple[float, str], ...] = (
        (2.0, "twice too strong: Keras's L2(l) has no factor 1/2, so l = 1/(2 C n)"),
        (0.5, "half as strong as it should be: a factor 1/2 too many"),
        (float(n), f"{n} times too strong: scikit-learn sums the loss, so divide by n = {n}"),
        (2.0 * n, f"{2 * n} times too strong: the factor 1/(2 n) is missing"),
        (1.0 / n, f"{n} times too weak: divided by n = {n} once too often"),
    )
    if of_units:
        known = (*_of_units(n_outputs), *known)
    return _by_ratio(ratio, known)


def _of_units(n_outputs: int) -> tuple[tuple[float, str], ...]:
    """Return the slips beside a binary crossentropy, which Keras averages over the units."""
    why = f"Keras averages the loss over the {n_outputs} units, so l = 1/(2 C n {n_outputs})"
    return (
        (float(n_outputs), f"{n_outputs} times too strong: {why}"),
        (2.0 * n_outputs, f"{2 * n_outputs} times too strong: {why}"),
    )


def _of_numbers(ratio: float, n: int) -> str:
    """Return the same of a penalty beside a squared error.

    Keras's ``mean_squared_error`` has no ½ either, so Ridge's alpha is l = alpha / n in L2(l).
    """
    known = (
        (0.5, "half as strong as it should be: Keras's squared error has no 1/2 either"),
        (
            float(n),
            f"{n} times too strong: its loss is divided by n, so divide by n = {n}",
        ),
        (n / 2.0, f"{number(n / 2.0)} times too strong: divide by n = {n}, and by no 2"),
        (1.0 / n, f"{n} times too weak: divided by n = {n} once too often"),
    )
    return _by_ratio(ratio, known)


def _of_counts(ratio: float, n: int) -> str:
    """Return the same of a penalty beside a Poisson loss, which is a mean on both sides.

    PoissonRegressor's alpha is l = alpha / 2 in L2(l).
    """
    known = (
        (2.0, "twice too strong: Keras's L2(l) has no factor 1/2, so l = alpha/2"),
        (0.5, "half as strong as it should be: a factor 1/2 too many"),
        (1.0 / n, f"{n} times too weak: alpha stands beside a mean, so divide by no n = {n}"),
        (2.0 / n, f"{number(n / 2.0)} times too weak: alpha stands beside a mean; l = alpha/2"),
    )
    return _by_ratio(ratio, known)


def _by_ratio(ratio: float, known: tuple[tuple[float, str], ...]) -> str:
    """Return what a ratio of strengths is known for, or the ratio itself."""
    for value, text in known:
        # Who writes a strength by hand writes a few digits.
        if abs(ratio / value - 1.0) < 1e-3:
            return text
    # Beside two values of C, the inverse, it must be said what is stronger.
    return f"the penalty is {number(ratio)} times as strong"
