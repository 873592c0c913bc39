"""A pair without a difference for each reference beside LogisticRegression, by its data set."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from planting.bases import RECIPES, STRENGTH, TIGHT, Recipe
from planting.pair import Pair, estimator_of

#: What a control of classes is trained by; and one of numbers, whose loss is twice as steep.
CLASSES = RECIPES["falling momentum"]
NUMBERS = Recipe(optimizer="SGD", rate=0.1, epochs=150, falling=True, options=(("momentum", 0.85),))
#: One that arrives with weak penalties too, and to the last digits; one of an L1 penalty, around
#: whose zeros SGD goes to and fro for long.
LONG = replace(CLASSES, epochs=250)
SPARSE = Recipe(optimizer="SGD", rate=0.1, epochs=600, falling=True, options=(("momentum", 0.5),))
#: And one of counts, whose loss is as steep as they are large.
COUNTS = Recipe(optimizer="SGD", rate=0.02, epochs=300, falling=True, options=(("momentum", 0.9),))


def _trained(pair: Pair) -> Pair:
    """Return a pair whose candidate is trained to its optimum by ``fit``."""
    return (CLASSES if pair.rows.n_classes else NUMBERS).applied(pair)


def sgd_classifier(data: str) -> Pair:
    """Return the pair of an SGDClassifier that has arrived."""
    # So many epochs that it arrives; at weaker penalties rounding decides where it ends.
    reference = {"loss": "log_loss", "alpha": STRENGTH, "max_iter": 4000, "tol": None}
    reference["random_state"] = 0
    pair = Pair(data=data, estimator="SGDClassifier", reference=reference, l2=STRENGTH)
    return LONG.applied(pair)


def search(estimator: str, data: str) -> Pair:
    """Return a search with the strength that it chooses for its candidate's."""
    n = Pair(data=data, reference={}).rows.n
    Cs = [share / (STRENGTH * n) for share in (0.2, 0.6, 1.8)]
    pair = Pair(data=data, estimator=estimator, reference={"Cs": Cs, **TIGHT})
    return LONG.applied(replace(pair, l2=1 / (_chosen(estimator, data, tuple(Cs)) * n)))


@cache
def _chosen(estimator: str, data: str, Cs: tuple[float, ...]) -> float:
    """Return the C that a search chooses."""
    pair = Pair(data=data, estimator=estimator, reference={"Cs": list(Cs), **TIGHT})
    fitted: Any = estimator_of(pair).fit(pair.rows.X, pair.rows.y)
    if hasattr(fitted, "best_params_"):
        return float(fitted.best_params_["C"])
    C = fitted.C_
    return float(C if isinstance(C, float) else C[0])


def logistic_pipeline(data: str) -> Pair:
    """Return the pair of a LogisticRegression behind a scaler."""
    n = Pair(data=data, reference={}).rows.n
    pair = Pair(
        data=data,
        estimator="scaler and LogisticRegression",
        reference={"C": 1 / (STRENGTH * n), **TIGHT},
        l2=STRENGTH,
        scaling="standardise",
    )
    return _trained(pair)


def ridge_pipeline(data: str) -> Pair:
    """Return the pair of a Ridge behind a scaler."""
    n = Pair(data=data, reference={}).rows.n
    pair = Pair(
        data=data,
        estimator="scaler and Ridge",
        reference={"alpha": STRENGTH * n},
        l2=STRENGTH,
        scaling="standardise",
    )
    return _trained(_with_numbers(pair))


def _with_numbers(pair: Pair) -> Pair:
    """Return a pair whose candidate predicts numbers."""
    return replace(pair, loss="squared")


def one_vs_rest(data: str) -> Pair:
    """Return the pair of a LogisticRegression for each class."""
    given = Pair(data=data, reference={}).rows
    pair = Pair(
        data=data,
        estimator="OneVsRestClassifier",
        reference={"C": 1 / (STRENGTH * given.n), **TIGHT},
        l2=STRENGTH,
        units=given.n_classes,
        link="sigmoids",
    )
    return replace(LONG, rate=given.n_classes * LONG.rate).applied(pair)


def linear_regression(data: str) -> Pair:
    """Return the pair of a LinearRegression."""
    return _trained(_with_numbers(Pair(data=data, estimator="LinearRegression", reference={})))


def ridge(data: str) -> Pair:
    """Return the pair of a Ridge."""
    pair = Pair(data=data, estimator="Ridge", reference={}, l2=STRENGTH)
    return _trained(_with_numbers(replace(pair, reference={"alpha": STRENGTH * pair.rows.n})))


def lasso(data: str) -> Pair:
    """Return the pair of a Lasso."""
    pair = Pair(data=data, reference={})
    # An L1 penalty counts beside the size of y.
    strength = STRENGTH * float(pair.rows.y.std())
    reference = {"alpha": strength, "tol": 1e-10}
    pair = Pair(data=data, estimator="Lasso", reference=reference, l1=strength)
    return SPARSE.applied(_with_numbers(pair))


def elastic_net(data: str) -> Pair:
    """Return the pair of an ElasticNet."""
    reference = {"alpha": 2 * STRENGTH, "l1_ratio": 0.5, "tol": 1e-10}
    pair = Pair(data=data, estimator="ElasticNet", reference=reference, l1=STRENGTH, l2=STRENGTH)
    return SPARSE.applied(_with_numbers(pair))


def sgd_regressor(data: str) -> Pair:
    """Return the pair of an SGDRegressor that has arrived."""
    reference = {"alpha": STRENGTH, "max_iter": 2000, "tol": None, "random_state": 0}
    reference["learning_rate"] = "optimal"
    pair = Pair(data=data, estimator="SGDRegressor", reference=reference, l2=STRENGTH)
    return _trained(_with_numbers(pair))


def poisson_regressor(data: str) -> Pair:
    """Return the pair of a PoissonRegressor."""
    reference = {"alpha": STRENGTH, "tol": 1e-10, "max_iter": 1000}
    pair = Pair(
        data=data,
        estimator="PoissonRegressor",
        reference=reference,
        l2=STRENGTH,
        loss="poisson",
        link="exponential",
    )
    return COUNTS.applied(pair)
