"""A sample of the planted pairs of `benchmarks/planted_causes.py`: named, repaired, and afresh.

And of those of `benchmarks/planted_families.py`, for the other references, and of
`benchmarks/planted_kinds.py`, for ports that are handed over trained.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from sampling import sampled

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

CONTROLS = (
    "few rows / l2 / falling Adam in thirds",
    "iris two / penalised intercept / Nesterov",
    "breast_cancer / lbfgs / at its optimum",
)
#: Every kind of setting, on either side, alone and together.
PLANTED = (
    "iris / l2 / momentum | C: candidate's strength forgotten 1/2",
    "few rows / l2 / momentum | penalty: candidate has L1 for L2",
    "iris two / l2 / momentum | intercept_penalty: reference is liblinear",
    "iris two / l2 / momentum | output_head: softmax of two units",
    "few rows / weighted rows / momentum | sample_weight: candidate trained without",
    "few rows / l2 / momentum | iterations: epochs=1",
    "few rows / l2 / momentum | learning_rate: 0.003",
    "breast_cancer / lbfgs / at its optimum | tol: tol=0.3",
    "wine raw / lbfgs / at its optimum | iterations: max_iter=4",
    "few rows / l2 / momentum | class_weight: candidate has 3 for one | C: reference's C a fifth",
    "iris / l2 / momentum | fit_intercept: candidate without bias | iterations: epochs=1",
)
#: A plain run takes a penalty, a head, a training, a solver and two settings at once.
IN_PLAIN = (PLANTED[1], PLANTED[3], PLANTED[6], PLANTED[7], PLANTED[9])
#: Those whose repair is trained once more by a whole plain fit, ten seconds each: of the objective,
#: of the training, of the reference, and of two settings at once.
AFRESH = (PLANTED[1], PLANTED[6], PLANTED[7], PLANTED[10])
#: Of the other references: the objective, the scaling before it, the training.
OF_FAMILIES = (
    "Ridge / made",
    "ElasticNet / made | l1_ratio: candidate has 0.05",
    "scaler and LogisticRegression / imbalanced raw | feature_scaling: by the range",
    "LinearRegression / made | iterations: epochs=3",
)


@pytest.fixture(scope="module")
def planting() -> Any:
    """Return the modules that make and judge the pairs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        for name in ("planting.table", "planting.families", "planting.family_table"):
            importlib.import_module(name)
        importlib.import_module("planted_kinds")
        return sys.modules["planting"]


@pytest.mark.parametrize("name", CONTROLS)
def test_nothing_planted_is_equivalent(planting: Any, name: str) -> None:
    pair = planting.suite.case_named(name).base.pair
    result = planting.judging.judged(pair)
    assert result["verdict"] == "equivalent"
    assert result["causes"] == []


@pytest.mark.parametrize("name", sampled(PLANTED, IN_PLAIN))
def test_planted_settings_are_named_and_the_repair_holds(planting: Any, name: str) -> None:
    case = planting.suite.case_named(name)
    afresh = name in AFRESH
    result = planting.judging.judged(case.base.pair, case.planted, afresh=afresh)
    assert ("fresh" in result) == afresh
    assert result["probability"] > planting.judging.MOVES, "the plant does not count"
    assert list(planting.table.faults(result)) == []


@pytest.mark.parametrize("name", OF_FAMILIES)
def test_what_is_planted_for_another_reference_is_named(planting: Any, name: str) -> None:
    (case,) = [one for one in planting.families.family_cases() if one.name == name]
    result = planting.judging.judged(case.base.pair, case.planted, afresh=False)
    line = {"name": name, "planted": [plant.name for plant in case.planted], **result}
    assert list(planting.family_table.short(line)) == []
    if case.planted:
        assert result["repair"]["verified"]


def test_each_reference_has_ten_differences_on_two_data_sets(planting: Any) -> None:
    for name, family in planting.families.FAMILIES.items():
        assert len(family.data) == 2, name
        for data in family.data:
            planted = list(family.plants(family.control(data)))
            assert len({plant.name for plant in planted}) == len(planted) >= 10, name
            kinds = {plant.kind for plant in planted}
            assert {"objective", "training"} <= kinds, name


@pytest.mark.parametrize(
    "way,plant,data",
    [
        ("a function of X and y", "no intercept", "iris"),
        ("an object with coefficients", "half the logit", "wine"),
        ("npy, float32", "weighted rows", "breast_cancer"),
        ("a CSV of six decimals", "nothing", "wine"),
    ],
)
def test_what_is_planted_in_a_port_is_named_however_it_is_handed_over(
    planting: Any, tmp_path: Path, way: str, plant: str, data: str
) -> None:
    kinds = sys.modules["planted_kinds"]
    assert kinds.falls_short(plant, way, kinds.data_sets()[data], tmp_path) == ""
    # Judged for what it is: the same port is no other plant's.
    other = "C a tenth" if plant == "nothing" else "nothing"
    kinds_of_other = {**kinds.PLANTS, plant: (kinds.PLANTS[other][0], kinds.PLANTS[plant][1])}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds, "PLANTS", kinds_of_other)
        assert kinds.falls_short(plant, way, kinds.data_sets()[data], tmp_path) != ""
