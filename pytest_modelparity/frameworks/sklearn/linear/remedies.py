"""Trainings of a linear regressor with one setting changed, its objective as it was."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.frameworks.sklearn.linear.families import Family
from pytest_modelparity.frameworks.sklearn.parameters import arguments
from pytest_modelparity.report.parts import Change
from pytest_modelparity.sides.estimator import EstimatorRecipe
from pytest_modelparity.sides.fitted import FittedModel
from pytest_modelparity.sides.training import Remedy

#: A ``tol`` that no solver stops short of, where it was larger.
SMALL_TOL = 1e-10
#: Times the limit that more iterations are tried with.
FACTORS = (10, 100)


def remedies(
    family: Family, estimator: Any, *, fitted: FittedModel, side: str
) -> tuple[Remedy, ...]:
    """Return changed trainings that may bring the estimator to the optimum of its own objective."""
    params, training = family.parameters(estimator), fitted.settings.training
    # Least squares and factors end at the optimum: nothing brings them nearer.
    if training.solver in family.exact_solvers:
        return ()
    changes: list[tuple[str, dict[str, Any]]] = []
    run, limit = training.iterations_run, training.iterations
    if limit is not None and (run is None or run >= limit):
        changes += [("iterations", {"max_iter": limit * factor}) for factor in FACTORS]
    if "tol" in params and params["tol"] > SMALL_TOL:
        least = limit or 1000
        changes += [
            ("tol", {"tol": SMALL_TOL} | ({"max_iter": least * factor} if factor > 1 else {}))
            for factor in (1, *FACTORS)
        ]
    if family.factorising and training.solver != family.factorising:
        changes.append(("solver", {"solver": family.factorising}))
    recipe = EstimatorRecipe.of(estimator)
    return tuple(
        Remedy(
            changes=(Change(side=side, setting=setting, text=arguments(changed)),),
            recipe=recipe.changed(**changed),
        )
        for setting, changed in changes
    )
