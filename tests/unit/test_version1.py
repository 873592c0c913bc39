"""Reports of format version 1, which the package wrote before a quantity had a name.

`check_version1.json` was written by the package of that time, as `json.dumps(report.to_dict())`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_modelparity import ModelParityError, ParityReport, RunReport, Tolerance, read_report
from pytest_modelparity.report.parts import (
    Certificate,
    Change,
    DataSummary,
    Divergence,
    Repair,
    StructureCheck,
)
from pytest_modelparity.report.pictures import (
    Coefficients,
    PredictionRow,
    Seeds,
    SpreadPoint,
    TrajectoryPoint,
)
from pytest_modelparity.report.quantity import Quantity

GOLDEN = Path(__file__).parent.parent / "golden"

CHECK = ParityReport(
    verdict="diverged",
    divergences={
        "probability": Divergence(
            value=0.4893,
            allowed=0.01,
            place="row 73, class 'b'",
            reference=0.912,
            candidate=0.4227,
        ),
        "probability_rms": Divergence(value=0.1),
    },
    tolerance=Tolerance(probability=0.01, probability_rms=0.2),
    settings={},
    data=DataSummary(n_samples=3, n_features=1, classes=("a", "b"), n_eval=3),
    quantity=Quantity(name="probability", unit=""),
    structure=StructureCheck(agrees=True, distance=1e-7, allowed=1e-5, note="the same"),
    certificates={
        "reference": Certificate(distance=6.12e-4, coef=0.1, gradient_norm=1e-5),
        "candidate": Certificate(finite_optimum=False, gradient_norm=0.2),
    },
    repair=Repair(
        changes=(Change(side="candidate", setting="iterations", text="epochs=100"),),
        verified=True,
        left=0.0012,
        trained=(0.001, 0.0012),
    ),
    alternatives=(
        Repair(
            changes=(Change(side="candidate", setting="solver", text="SGD(0.1)"),),
            verified=False,
            left=0.02,
        ),
    ),
    coefficients=Coefficients(names=("x",), reference=((1.0,),), candidate=((2.0,),)),
    predictions=(PredictionRow(row=0, reference=(0.4, 0.6), candidate=(0.5, 0.5)),),
    trajectory=(TrajectoryPoint(epoch=1, distance=0.9), TrajectoryPoint(epoch=2, distance=0.45)),
    seeds=Seeds(
        seeds=(0, 1),
        distances=(0.4893, 0.3),
        mean=0.4,
        lower=0.2,
        upper=0.6,
        outcome="diverged",
        trajectory=(SpreadPoint(epoch=1, lowest=0.5, highest=0.9),),
    ),
    explained=True,
)


def test_a_run_of_version_1_is_read_as_one_of_version_2() -> None:
    run = read_report(GOLDEN / "report.json")
    # What came after version 1 is in no report of it.
    checks = tuple(
        replace(check, report=replace(check.report, worst_case=None, inference={}))
        for check in run.checks
    )
    assert repr(read_report(GOLDEN / "report_version1.json")) == repr(
        replace(run, checks=checks, suites=())
    )


def test_every_field_of_a_check_of_version_1_is_found_again() -> None:
    [check] = read_report(GOLDEN / "check_version1.json").checks
    assert check.report == CHECK


def test_what_was_called_by_the_quantity_is_found_under_its_old_name_too() -> None:
    assert CHECK.probabilities == CHECK.predictions
    assert CHECK.repair is not None
    assert CHECK.repair.probability_after == 0.0012
    assert CHECK.certificates["reference"].probability == 6.12e-4
    assert CHECK.structure.probability == 1e-7
    assert [point.probability for point in CHECK.trajectory] == [0.9, 0.45]
    assert CHECK.seeds is not None
    assert CHECK.seeds.probability == (0.4893, 0.3)


@pytest.mark.parametrize(
    "wrong,message",
    [
        ({"certificates": {"reference": 3}}, r"ParityReport.certificates.reference must be an"),
        ({"certificates": 3}, "ParityReport.certificates must be an object, got 3"),
        ({"trajectory": [3]}, r"ParityReport.trajectory\[0\] must be an object, got 3"),
        ({"seeds": {"probability": 3}}, "ParityReport.seeds.distances must be a list, got 3"),
        ({"more": 1}, "ParityReport has no 'more'"),
    ],
    ids=str,
)
def test_a_wrong_report_of_version_1_is_refused_with_the_place(
    wrong: dict[str, Any], message: str
) -> None:
    values = json.loads((GOLDEN / "check_version1.json").read_text(encoding="utf-8"))
    with pytest.raises(ModelParityError, match=message):
        ParityReport.from_dict({**values, **wrong})


@pytest.mark.parametrize("checks", [None, 3, [3], [{"report": 3}]], ids=str)
def test_a_wrong_run_of_version_1_is_refused(checks: object) -> None:
    values = {"kind": "parity-run", "format_version": 1, "checks": checks}
    with pytest.raises(ModelParityError, match="RunReport"):
        RunReport.from_dict(values)
