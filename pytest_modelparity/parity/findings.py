"""What the user must know beside the verdict, each under a stable slug."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_modelparity.parity.inferred import inferred, not_as_declared
from pytest_modelparity.parity.mean_target import ON_THE_MEAN, fits_the_mean
from pytest_modelparity.parity.nearest import NearestLinear
from pytest_modelparity.parity.pair import Pair
from pytest_modelparity.parity.returned import no_distribution
from pytest_modelparity.parity.same_score import same_score
from pytest_modelparity.parity.seeded_shuffle import seeded_shuffle
from pytest_modelparity.parity.seeds import Motion, SeedStudy
from pytest_modelparity.parity.side import EVALUATION, Side
from pytest_modelparity.parity.structure_findings import of_the_sides, structure_findings
from pytest_modelparity.parity.unseen_scaling import constant_columns
from pytest_modelparity.parity.verdict import Verdict
from pytest_modelparity.report.inference_words import only_declared
from pytest_modelparity.report.numbers import number
from pytest_modelparity.report.parts import Finding, StructureCheck
from pytest_modelparity.report.relations import Relation
from pytest_modelparity.report.sentences import on_rows
from pytest_modelparity.sides.training import LONGER
from pytest_modelparity.theory.class_by_class import scaled_condition_number

#: Condition number above which plain gradient descent is hopeless: 8e6 was measured to be still
#: a percent away after 50 000 steps.
ILL_CONDITIONED = 1e4
#: Standardised features are worth a word where they make a condition number so many times smaller.
WORTH_SCALING = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """What findings are made of.

    Parameters
    ----------
    pair : Pair
        The two sides.
    verdict : Verdict
        How far they are apart.
    structure : StructureCheck
        Whether they predict the same with the same parameters.
    study : SeedStudy
        What other seeds of the candidate showed.
    relation : Relation, optional
        The one change of structure that explains the divergence.
    nearest : NearestLinear, optional
        The linear model that comes nearest to a candidate which is none.
    inert : tuple of str
        A sentence for each of the reference's settings that has no effect.
    """

    pair: Pair
    verdict: Verdict
    structure: StructureCheck
    study: SeedStudy
    relation: Relation | None = None
    nearest: NearestLinear | None = None
    inert: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[Side, Side]:
        """Reference and candidate."""
        return self.pair.reference, self.pair.candidate


def find_all(measured: Measured) -> tuple[Finding, ...]:
    """Return every finding of a check, in the order of their weight."""
    return (
        # First: what follows is what it makes of the candidate.
        *structure_findings(
            measured.relation, measured.verdict, measured.pair.tolerance, measured.pair.candidate
        ),
        *_not_converged(measured),
        *inferred(measured.pair.inference, is_related=measured.relation is not None),
        *same_score(measured.verdict),
        *_no_finite_optimum(measured),
        *_intercept_penalised(measured),
        *_ill_conditioned(measured),
        *constant_columns(measured.pair),
        *_precision(measured),
        *_data(measured),
        # In the order in which a reader should rule them out: a side that is not at its optimum
        # makes all that follows depend on when it was stopped.
        *of_the_sides(
            measured.sides, measured.relation, measured.nearest, measured.pair.quantity.name
        ),
        *no_distribution(measured.pair),
        *seeded_shuffle(measured.pair),
        *_seed_noise(measured),
        *(Finding(slug="inert-setting", text=sentence) for sentence in measured.inert),
        *(
            Finding(slug="rows-brought-here", text=sentence)
            for sentence in measured.verdict.brought
        ),
    )


def _not_converged(measured: Measured) -> Iterator[Finding]:
    """Say which side stopped away from the optimum of its own objective."""
    errors, pair = measured.pair.own_errors, measured.pair
    for side in measured.sides:
        if side.name not in errors:
            continue
        distance = errors[side.name].largest
        # Only NaN and what is larger go on.
        if distance <= pair.allowed:
            continue
        if np.isnan(distance):
            text = f"the {side.name}'s training left the numbers: its predictions are NaN"
            yield Finding(slug=f"{side.name}-not-converged", text=text)
            continue
        claim, rows = "", on_rows(errors[side.name].named_rows)
        if side.name in only_declared(pair.inference):
            if not pair.inference[side.name].lost_its_preparation:
                yield not_as_declared(side.name, distance, pair.quantity.name, rows)
            continue
        # A quiet solver is no converged one: on these data its own criterion was met, and its
        # optimum was not.
        if side.fitted.converged:
            claim = "; it claims to have converged, and raised no warning"
        elif side is pair.candidate and measured.study.motion is not None:
            claim = _motion_clause(measured.study.motion)
        # A loss that is not modelled is minimised without a certificate.
        goal = "the exact optimum" if side.objective else "the lowest point that was found"
        yield Finding(
            slug=f"{side.name}-not-converged",
            text=f"the {side.name} stopped {number(distance, 2)} in {pair.quantity.name} away from "
            f"{goal} of its own objective{rows}{claim}",
        )


def _motion_clause(motion: Motion) -> str:
    """Say whether more of the same training would help."""
    now, later = number(motion.now, 2), number(motion.later, 2)
    if motion.moving:
        return f"; it is still moving: {LONGER} times as long takes it from {now} to {later}"
    return f"; it does not get nearer: {LONGER} times as long takes it from {now} to {later}"


def _seed_noise(measured: Measured) -> Iterator[Finding]:
    """Say that the divergence is no larger than what another seed changes."""
    seeds, apart, value = measured.study.seeds, measured.study.apart, measured.verdict.largest
    if seeds is None or seeds.mean is None or not apart >= value:
        return
    allowed = measured.pair.allowed
    passing = sum(distance <= allowed for distance in seeds.distances)
    yield Finding(
        slug="seed-noise",
        text=f"two of {len(seeds.seeds)} seeds of the candidate are {number(apart, 2)} "
        f"apart, no less than the divergence of {number(value, 2)}; {passing} of them pass "
        f"(mean {number(seeds.mean, 2)})",
    )


def _no_finite_optimum(measured: Measured) -> Iterator[Finding]:
    """Say that an objective has no minimiser."""
    infinite = [
        side
        for side in measured.sides
        if side.certificate is not None and side.certificate.finite_optimum is False
    ]
    if not infinite:
        return
    whose = f"({' and '.join(side.name for side in infinite)})"
    absent = {label: None for side in infinite for label in _classes_without_weight(side)}
    if absent:
        text = (
            f"no row of class {', '.join(map(repr, absent))} has weight {whose}: the intercept "
            f"runs away from it without end, its probability is 0 in the limit, and coefficients "
            f"are not compared"
        )
    elif not measured.pair.data.n_classes:
        text = (
            f"some columns tell rows of zero from the others and there is no penalty {whose}: "
            f"their prediction is 0 in the limit, coefficients grow without end, mean nothing and "
            f"are not compared"
        )
    else:
        text = (
            f"separable classes and no penalty {whose}: coefficients grow without end, mean "
            f"nothing and are not compared"
        )
    clauses = "".join(map(_undetermined_clause, measured.sides))
    yield Finding(slug="no-finite-optimum", text=text + clauses)


def _classes_without_weight(side: Side) -> list[Any]:
    """Return the labels of which no row that counts is one."""
    if side.canonical is None or not side.data.n_classes:
        return []
    counted = np.bincount(side.data.y, side.canonical.row_weight, minlength=side.data.n_classes)
    labels: list[Any] = side.data.classes[counted == 0].tolist()
    return labels


def _undetermined_clause(side: Side) -> str:
    """Say on how many of the rows compared no limit fixes what a side predicts."""
    target = side.target_on(EVALUATION)
    if side.may_be_finite or target is None or target.known is None:
        return ""
    return (
        f"; on {int((~target.known).sum())} of the {len(target.known)} evaluation rows its "
        f"objective does not say what the {side.name} is to predict"
    )


def _intercept_penalised(measured: Measured) -> Iterator[Finding]:
    """Say which side's penalty pulls the intercept to zero."""
    for side in measured.sides:
        settings = side.settings.objective
        if settings is None:
            continue
        # Even where it is the same on both sides: who standardises or shifts the features then
        # moves the optimum.
        if settings.intercept_l2_strength or settings.intercept_l1_strength:
            how = side.settings.written.get("intercept_penalty", "it penalises the intercept")
            yield Finding(slug="intercept-penalised", text=f"{side.name}: {how}")


def _ill_conditioned(measured: Measured) -> Iterator[Finding]:
    """Say how the features' scales slow training down, where a side did not arrive."""
    if measured.pair.parts is None:
        return
    errors = measured.pair.own_errors
    for side in measured.sides:
        certificate, optimum = side.certificate, side.optimum
        # A training that arrived was not slowed down by anything.
        arrived = errors[side.name].largest <= measured.pair.allowed
        if certificate is None or certificate.condition_number is None or arrived:
            continue
        condition = certificate.condition_number
        if not condition > ILL_CONDITIONED or side.canonical is None or optimum is None:
            continue
        scaled = scaled_condition_number(side.canonical, optimum.coef, optimum.intercept)
        yield Finding(
            slug="ill-conditioned",
            text=f"the {side.name}'s Hessian has condition number {number(condition, 2)} on these "
            f"features{scaling_clause(condition, scaled)}: gradient steps are slow",
        )
        return


def scaling_clause(condition: float, scaled: float | None) -> str:
    """Say what standardising the features does to a condition number; nothing where not known."""
    if scaled is None:
        return ""
    # False for a NaN: what is not known to help is no advice.
    if scaled * WORTH_SCALING <= condition:
        return f" ({number(scaled, 2)} once they are standardised)"
    return ", and standardising them does not help"


def _precision(measured: Measured) -> Iterator[Finding]:
    """Say that the candidate's floating type cannot resolve the tolerance, where it had to."""
    allowed = measured.structure.allowed
    if allowed is None or measured.verdict.decisive.within:
        return
    if allowed > measured.pair.allowed:
        yield Finding(
            slug="precision-limited",
            text=f"rounding alone may move a {measured.pair.quantity.name} by "
            f"{number(allowed, 2)} at these feature values: scale the features, or use float64",
        )


def _data(measured: Measured) -> Iterator[Finding]:
    """Say what was made of the data, and of the weights."""
    if measured.pair.data.column_labels:
        yield Finding(slug="target-shape", text="y of shape (n, 1) was taken as n labels")
    if not measured.verdict.equivalent and fits_the_mean(measured.pair):
        yield Finding(slug="target-shape", text=ON_THE_MEAN)
    settings = measured.pair.candidate.settings.objective
    if settings is not None and settings.weights_normalised:
        yield Finding(
            slug="weights-normalised",
            text="the candidate divides its loss by the sum of the weights, the reference by the "
            "number of rows: penalties of the same strength then act differently",
        )
