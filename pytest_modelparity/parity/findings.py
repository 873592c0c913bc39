"""What the user must know beside the verdict, each under a stable slug."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pytest_modelparity.parity.blends import SideObjective
from pytest_modelparity.parity.check import Check
from pytest_modelparity.parity.divergence import Predictions, labels_of, largest, scores
from pytest_modelparity.parity.seeds import Motion, Training
from pytest_modelparity.parity.split import SplitPoints
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Certificate, Divergence, Finding, StructureCheck
from pytest_modelparity.sides.fitted import LONGER
from pytest_modelparity.theory.conditioning import scaled_condition_number
from pytest_modelparity.theory.optimum import find_optimum

#: Condition number above which plain gradient descent is hopeless: 8e6 was measured to be still
#: a percent away after 50 000 steps.
ILL_CONDITIONED = 1e4
#: A displacement of the optimum below this part of the tolerance is not worth a sentence.
NOTICEABLE = 0.1


def find_all(
    check: Check,
    predictions: Predictions,
    points: SplitPoints | None,
    certificates: dict[str, Certificate],
    structure: StructureCheck,
    divergences: dict[str, Divergence],
    training: Training,
) -> tuple[Finding, ...]:
    """Return every finding of a check, in the order of their weight."""
    return (
        *_not_converged(check, points, training.motion),
        *_same_score(check, predictions, divergences),
        *_no_finite_optimum(certificates),
        *_intercept_penalised(check),
        *_class_order(check, predictions),
        *_ill_conditioned(check, certificates, points),
        *_precision(check, structure, divergences),
        *_data(check),
        *check.candidate.findings,
        *_seeded_shuffle(check),
        *_seed_noise(check, divergences, training),
        *_inert(check),
    )


def _not_converged(
    check: Check, points: SplitPoints | None, motion: Motion | None
) -> Iterator[Finding]:
    """Say which side stopped away from the optimum of its own objective."""
    allowed = check.tolerance.probability
    if points is not None:
        errors = (points.reference_error, points.candidate_error)
    else:
        optimum, side = check.reference_optimum(), check.reference_side
        if optimum is None or side is None:
            return
        errors = (check.predict(check.reference) - check.at_optimum(side, optimum), np.zeros(0))
    for name, fitted, error in zip(
        ("reference", "candidate"), (check.reference, check.candidate), errors, strict=True
    ):
        distance = largest(error)
        if distance <= allowed:
            continue
        if np.isnan(distance):
            text = f"the {name}'s training left the numbers: its predictions are NaN"
            yield Finding(slug=f"{name}-not-converged", text=text)
            continue
        claim = ""
        if fitted.converged:
            claim = "; it claims to have converged, and raised no warning"
        elif name == "candidate" and motion is not None:
            claim = _motion_clause(motion)
        yield Finding(
            slug=f"{name}-not-converged",
            text=f"the {name} stopped {number(distance, 2)} in probability away from the exact "
            f"optimum of its own objective{claim}",
        )


def _motion_clause(motion: Motion) -> str:
    """Say whether more of the same training would help."""
    now, later = number(motion.now, 2), number(motion.later, 2)
    if motion.moving:
        return f"; it is still moving: {LONGER} times as long takes it from {now} to {later}"
    return f"; it does not get nearer: {LONGER} times as long takes it from {now} to {later}"


def _seeded_shuffle(check: Check) -> Iterator[Finding]:
    """Say how far one permutation that is replayed in every epoch moves the optimum."""
    weights, side = check.candidate.replayed_weight, check.candidate_side
    optimum = check.candidate_optimum()
    if weights is None or side is None or optimum is None or check.candidate.coef is None:
        return
    own = np.ones_like(weights) if side.sample_weight is None else side.sample_weight
    replayed = SideObjective(
        settings=replace(side.settings, sample_weight=True), sample_weight=own * weights
    )
    corner = check.at_optimum(replayed, find_optimum(check.objective_of(replayed)))
    moved = largest(corner - check.at_optimum(side, optimum))
    if not moved > NOTICEABLE * check.tolerance.probability:
        return
    heavier = float(weights.max() / weights.min())
    yield Finding(
        slug="seeded-shuffle",
        text=f"TensorFlow's global seed is set, so fit replays one permutation: the same "
        f"{int((weights == weights.max()).sum())} rows make the short last batch of every epoch "
        f"and weigh {number(heavier)} times as much, which moves the optimum by "
        f"{number(moved, 2)}; shuffle by hand, or use a batch_size that divides the rows",
    )


def _seed_noise(
    check: Check, divergences: dict[str, Divergence], training: Training
) -> Iterator[Finding]:
    """Say that the divergence is no larger than what another seed changes."""
    seeds, value = training.seeds, divergences["probability"].value
    if seeds is None or seeds.mean is None or not training.apart >= value:
        return
    passing = sum(distance <= check.tolerance.probability for distance in seeds.probability)
    yield Finding(
        slug="seed-noise",
        text=f"two of {len(seeds.seeds)} seeds of the candidate are {number(training.apart, 2)} "
        f"apart, no less than the divergence of {number(value, 2)}; {passing} of them pass "
        f"(mean {number(seeds.mean, 2)})",
    )


def _same_score(
    check: Check, predictions: Predictions, divergences: dict[str, Divergence]
) -> Iterator[Finding]:
    """Say that scores or labels agree where probabilities do not."""
    if divergences["probability"].within:
        return
    accuracy = scores(predictions).get("accuracy")
    labels = labels_of(predictions.reference) == labels_of(predictions.candidate)
    agrees = []
    if accuracy is not None and accuracy[0] == accuracy[1]:
        agrees.append(f"both score {number(accuracy[0])}")
    if labels.all():
        agrees.append("every predicted label is the same")
    if agrees:
        yield Finding(
            slug="same-score-different-model",
            text=f"{' and '.join(agrees)}, yet probabilities differ by up to "
            f"{number(divergences['probability'].value, 2)}",
        )


def _no_finite_optimum(certificates: dict[str, Certificate]) -> Iterator[Finding]:
    """Say that an objective has no minimiser."""
    sides = [name for name, item in certificates.items() if item.finite_optimum is False]
    if sides:
        yield Finding(
            slug="no-finite-optimum",
            text=f"separable classes and no penalty ({' and '.join(sides)}): coefficients grow "
            f"without end, mean nothing and are not compared",
        )


def _intercept_penalised(check: Check) -> Iterator[Finding]:
    """Say which side's penalty pulls the intercept to zero."""
    for name, side in (
        ("reference", check.reference_side),
        ("candidate", check.candidate_side),
    ):
        if side is None:
            continue
        strengths = side.settings.intercept_l2_strength, side.settings.intercept_l1_strength
        if any(strengths):
            word = (check.reference if name == "reference" else check.candidate).settings
            how = word.written.get("intercept_penalty", "it penalises the intercept")
            yield Finding(slug="intercept-penalised", text=f"{name}: {how}")


def _class_order(check: Check, predictions: Predictions) -> Iterator[Finding]:
    """Say that the candidate's classes stand in another order."""
    allowed = check.tolerance.probability
    reference, candidate = predictions.reference, predictions.candidate
    if largest(reference - candidate) <= allowed or candidate.shape[1] != 2:
        return
    if largest(reference - candidate[:, ::-1]) <= allowed:
        first, second = predictions.classes.tolist()
        yield Finding(
            slug="class-order",
            text=f"the candidate's probabilities agree once its classes are swapped: it models "
            f"{first!r} where the reference models {second!r}",
        )


def _ill_conditioned(
    check: Check, certificates: dict[str, Certificate], points: SplitPoints | None
) -> Iterator[Finding]:
    """Say how the features' scales slow training down, where a side did not arrive."""
    if points is None:
        return
    sides = (
        ("reference", check.reference_side, check.reference_optimum(), points.reference_error),
        ("candidate", check.candidate_side, check.candidate_optimum(), points.candidate_error),
    )
    for name, side, optimum, error in sides:
        condition = certificates[name].condition_number if name in certificates else None
        arrived = largest(error) <= check.tolerance.probability
        if condition is None or not condition > ILL_CONDITIONED or arrived:
            continue
        assert side is not None
        assert optimum is not None
        scaled = scaled_condition_number(check.objective_of(side), optimum.coef, optimum.intercept)
        after = f" ({number(scaled, 2)} once they are standardised)" if scaled is not None else ""
        yield Finding(
            slug="ill-conditioned",
            text=f"the {name}'s Hessian has condition number {number(condition, 2)} on these "
            f"features{after}: gradient steps are slow",
        )
        return


def _precision(
    check: Check, structure: StructureCheck, divergences: dict[str, Divergence]
) -> Iterator[Finding]:
    """Say that the candidate's floating type cannot resolve the tolerance, where it had to."""
    if structure.allowed is None or divergences["probability"].within:
        return
    if structure.allowed > check.tolerance.probability:
        yield Finding(
            slug="precision-limited",
            text=f"rounding alone may move a probability by {number(structure.allowed, 2)} at "
            f"these feature values: scale the features, or use float64",
        )


def _data(check: Check) -> Iterator[Finding]:
    """Say what was made of the data, and of the weights."""
    if check.data.column_labels:
        yield Finding(
            slug="target-shape",
            text="y of shape (n, 1) was taken as n labels",
        )
    side = check.candidate_side
    if side is not None and side.settings.weights_normalised:
        yield Finding(
            slug="weights-normalised",
            text="the candidate divides its loss by the sum of the weights, the reference by the "
            "number of rows: penalties of the same strength then act differently",
        )


def _inert(check: Check) -> Iterator[Finding]:
    """Say which of the reference's settings have no effect."""
    if not hasattr(check.mapping, "inert_settings"):
        return
    for sentence in check.mapping.inert_settings(check.estimator, check.data):
        yield Finding(slug="inert-setting", text=sentence)
