"""Every reference beside LogisticRegression: a control on two data sets, and what is planted in it.

A new reference is an entry of `planting.estimators.ESTIMATORS` and one of `FAMILIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from planting import controls
from planting.bases import STRENGTH, Base
from planting.pair import Pair
from planting.plants import Plant, in_candidate, in_reference
from planting.suite import Case

#: Data sets of each kind, and of features as they come, which a scaler is for.
OF_CLASSES, RAW_CLASSES = ("noisy", "breast_cancer"), ("imbalanced raw", "breast_cancer raw")
OF_NUMBERS, RAW_NUMBERS = ("diabetes", "made"), ("diabetes raw", "made raw")
OF_COUNTS = ("counts", "many counts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One reference.

    Parameters
    ----------
    data : tuple of str
        Names of two data sets, of `planting.rows`.
    control : callable
        Maps a data set's name to the pair without a difference.
    plants : callable
        Maps that pair to ten differences and more.
    """

    data: tuple[str, ...]
    control: Callable[[str], Pair]
    plants: Callable[[Pair], Iterator[Plant]]


def family_cases(only: str = "") -> list[Case]:
    """Return a control and all plants of each family on each of its data sets."""
    found = []
    for name, family in FAMILIES.items():
        for data in family.data:
            base = Base(name=f"{name} / {data}", pair=family.control(data))
            found.append(Case(kind="control", base=base))
            found += [
                Case(kind="single", base=base, planted=(plant,))
                for plant in family.plants(base.pair)
            ]
    return [case for case in found if only in case.name]


def _common(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in every candidate."""
    yield in_candidate("fit_intercept", "candidate without bias", use_bias=False)
    yield in_candidate("sample_weight", "candidate trained with", own_weights="rows")
    yield in_candidate("rows_used", "validation_split=0.6", validation_split=0.6)
    yield in_candidate("iterations", "epochs=3", "training", epochs=3)
    rate = pair.rate / 300
    yield in_candidate("learning_rate", f"{rate:.3g}", "training", rate=rate)


def _penalised(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in a penalty."""
    yield in_candidate("penalty", "candidate without regularizer", l2=0.0, l1=0.0)
    yield in_candidate("C", "candidate's strength times 10", l2=10 * pair.l2, l1=10 * pair.l1)
    if not pair.l1:
        yield in_candidate("intercept_penalty", "bias_regularizer", bias_l2=50 * pair.l2)


def _of_classes(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in a classifier."""
    yield from _penalised(pair)
    yield from _common(pair)
    yield in_candidate("class_weight", "candidate has 4 for one", class_weight=(4.0, 1.0))
    yield in_candidate("label_smoothing", "0.3", label_smoothing=0.3)
    yield in_candidate("loss", "squared error", loss="squared", logits=False)


def _of_sgd(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in an SGDClassifier's pair."""
    yield from _of_classes(pair)
    yield in_reference("C", "reference's alpha times 10", alpha=10 * pair.reference["alpha"])
    yield in_reference("iterations", "max_iter=1", "reference", max_iter=1)


def _of_search(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in a search's pair."""
    yield from _of_classes(pair)
    others = [C / 50 for C in pair.reference["Cs"]]
    yield in_reference("C", "the search has other values", Cs=others)


def _of_numbers(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in a regressor."""
    yield from _common(pair)
    yield in_candidate("loss", "mean absolute error", loss="absolute")
    if pair.scaling == "none":
        yield in_reference("fit_intercept", "reference without", fit_intercept=False)


def _of_linear(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in a LinearRegression's pair."""
    yield from _of_numbers(pair)
    changes = {"optimizer": "Adagrad", "rate": 0.001, "falling": 0, "options": {}}
    yield in_candidate("solver", "Adagrad(0.001)", "training", **changes)
    yield in_candidate("penalty", "candidate has L2", l2=STRENGTH)
    strength = STRENGTH * float(pair.rows.y.std())
    yield in_candidate("penalty", "candidate has L1", l1=strength)


def _of_ridge(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in a Ridge's pair."""
    yield from _penalised(pair)
    yield from _of_numbers(pair)
    strength = STRENGTH * float(pair.rows.y.std())
    yield in_candidate("penalty", "candidate has L1 for L2", l2=0.0, l1=strength)
    yield in_reference("C", "reference's alpha a fifth", alpha=pair.reference["alpha"] / 5)


def _of_scaled_ridge(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted where features have another scale."""
    yield from _of_ridge(pair)
    yield in_candidate("feature_scaling", "Rescaling(1/4)", scaling="shrink")
    early = {"solver": "sag", "max_iter": 1, "random_state": 0}
    yield in_reference("iterations", "sag, max_iter=1", "reference", **early)


def _of_sgd_regressor(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in an SGDRegressor's pair."""
    yield from _of_ridge(pair)
    yield in_reference("iterations", "max_iter=1", "reference", max_iter=1)


def _of_counts(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in a PoissonRegressor's pair."""
    yield from _penalised(pair)
    yield from _common(pair)
    yield in_candidate("loss", "squared error", loss="squared")
    yield in_candidate("output_head", "softplus", link="softplus")
    yield in_candidate("feature_scaling", "Rescaling(1/4)", scaling="shrink")
    yield in_reference("fit_intercept", "reference without", fit_intercept=False)
    yield in_reference("C", "reference's alpha times 10", alpha=10 * pair.reference["alpha"])
    yield in_reference("iterations", "max_iter=1", "reference", max_iter=1)


def _of_l1(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in the pair of a Lasso or an ElasticNet."""
    yield from _penalised(pair)
    yield from _of_numbers(pair)
    yield in_reference("C", "reference's alpha a fifth", alpha=pair.reference["alpha"] / 5)
    yield in_reference("iterations", "max_iter=1", "reference", max_iter=1)
    if not pair.l2:
        yield in_candidate("penalty", "candidate has L2 for L1", l2=2 * STRENGTH, l1=0.0)
        return
    share = {"l1": 0.1 * STRENGTH, "l2": 1.9 * STRENGTH}
    yield in_candidate("l1_ratio", "candidate has 0.05", **share)
    yield in_reference("l1_ratio", "reference has 0.95", l1_ratio=0.95)


def _behind(plants: Callable[[Pair], Iterator[Plant]], pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted behind a scaler, and in the scaling."""
    yield from plants(pair)
    for text, scaling in (
        ("candidate without", "none"),
        ("of a third of the rows", "standardise by a third of the rows"),
        ("by the range", "range"),
    ):
        yield in_candidate("feature_scaling", text, scaling=scaling)


def _of_logistic(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in the pair of a LogisticRegression behind steps."""
    yield from _of_classes(pair)
    yield in_reference("C", "reference's C a tenth", C=pair.reference["C"] / 10)


def _of_one_vs_rest(pair: Pair) -> Iterator[Plant]:
    """Yield what may be planted in a one-vs-rest pair."""
    yield from _penalised(pair)
    yield from _common(pair)
    weights = (4.0, *(1.0,) * (pair.units - 1))
    yield in_candidate("class_weight", "candidate has 4 for one", class_weight=weights)
    yield in_candidate("output_head", "softmax", link="linear")
    yield in_reference("C", "reference's C a tenth", C=pair.reference["C"] / 10)
    yield in_candidate("feature_scaling", "Rescaling(1/4)", scaling="shrink")


#: By name of the reference.
FAMILIES = {
    # At a strength at which SGD arrives, noisy has next to no intercept.
    "SGDClassifier": Family(
        data=("imbalanced", "breast_cancer"), control=controls.sgd_classifier, plants=_of_sgd
    ),
    "LogisticRegressionCV": Family(
        data=OF_CLASSES, control=partial(controls.search, "LogisticRegressionCV"), plants=_of_search
    ),
    "GridSearchCV": Family(
        data=OF_CLASSES, control=partial(controls.search, "GridSearchCV"), plants=_of_search
    ),
    "scaler and LogisticRegression": Family(
        data=RAW_CLASSES, control=controls.logistic_pipeline, plants=partial(_behind, _of_logistic)
    ),
    "OneVsRestClassifier": Family(
        data=("iris", "wine"), control=controls.one_vs_rest, plants=_of_one_vs_rest
    ),
    "LinearRegression": Family(
        data=OF_NUMBERS, control=controls.linear_regression, plants=_of_linear
    ),
    "Ridge": Family(data=OF_NUMBERS, control=controls.ridge, plants=_of_scaled_ridge),
    "Lasso": Family(data=OF_NUMBERS, control=controls.lasso, plants=_of_l1),
    "ElasticNet": Family(data=OF_NUMBERS, control=controls.elastic_net, plants=_of_l1),
    "SGDRegressor": Family(
        data=OF_NUMBERS, control=controls.sgd_regressor, plants=_of_sgd_regressor
    ),
    "PoissonRegressor": Family(
        data=OF_COUNTS, control=controls.poisson_regressor, plants=_of_counts
    ),
    "scaler and Ridge": Family(
        data=RAW_NUMBERS, control=controls.ridge_pipeline, plants=partial(_behind, _of_ridge)
    ),
}
