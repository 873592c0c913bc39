"""Two reports made by hand, which the tests of what draws them share and vary."""

from __future__ import annotations

import math
from dataclasses import replace

from pytest_modelparity import ParityReport, Tolerance
from pytest_modelparity.report.inference import (
    ExcludedObjective,
    InferredObjective,
    InferredValue,
)
from pytest_modelparity.report.parts import (
    Cause,
    Certificate,
    Change,
    DataSummary,
    Divergence,
    Finding,
    Repair,
    Split,
    SplitPart,
)
from pytest_modelparity.report.pictures import MapLine, MapPoint, TrainingMap
from pytest_modelparity.report.worst_case import MixedRow, WorstCase, WorstInput
from pytest_modelparity.settings import ModelSettings

EQUIVALENT = ParityReport(
    verdict="equivalent",
    divergences={
        "probability": Divergence(value=1.2e-5, allowed=0.01, place="row 5, class 'b'"),
        "labels": Divergence(value=0.0),
    },
    tolerance=Tolerance(),
    settings={
        "reference": ModelSettings(framework="scikit-learn", model="LogisticRegression()"),
        "candidate": ModelSettings(framework="keras", model="Dense(1), Adam(0.001)"),
    },
    data=DataSummary(n_samples=569, n_features=30, classes=("a", "b"), n_eval=569),
    certificates={
        "reference": Certificate(distance=6.12e-4),
        "candidate": Certificate(distance=3e-8),
    },
)
DIVERGED = replace(
    EQUIVALENT,
    verdict="diverged",
    divergences={
        "probability": Divergence(
            value=0.4893,
            allowed=0.01,
            place="row 73, class 'b'",
            reference=0.912,
            candidate=0.4227,
        ),
        "labels": Divergence(value=0.032, allowed=0.0),
        "coef": Divergence(value=2.5, place="x1"),
    },
    split=Split(
        reference_error=SplitPart(rms=3e-4, largest=6e-4, share=0.001),
        objective_gap=SplitPart(rms=0.08, largest=0.16, share=-0.5),
        candidate_error=SplitPart(rms=0.1, largest=0.21, share=1.499),
    ),
    explained=True,
    causes=(
        Cause(
            setting="penalty",
            reference="C=1.0",
            candidate="no kernel_regularizer",
            kind="objective",
            role="must",
            share=1.0,
        ),
        Cause(
            setting="iterations",
            reference="max_iter=100",
            candidate="epochs=100",
            kind="training",
            role="one_of",
            share=0.98,
        ),
        Cause(
            setting="solver",
            reference="lbfgs",
            candidate="Adam(0.001)",
            kind="training",
            role="one_of",
            share=0.97,
        ),
    ),
    repair=Repair(
        changes=(
            Change(side="candidate", setting="penalty", text="kernel_regularizer=L2(8.79e-4)"),
            Change(side="candidate", setting="iterations", text="epochs=1000"),
        ),
        verified=True,
        left=0.0012,
        source='import keras\n\nmodel = keras.Sequential()\n"""``` fence"""\n',
    ),
    findings=(
        Finding(slug="candidate-not-converged", text="the candidate stopped 0.21 away"),
        Finding(slug="same-score-different-model", text="both score 0.951"),
    ),
    scores={"accuracy": (0.951, 0.951)},
)
#: Between the rows the models differ three times as much as on them; the last column is whole.
WORST_CASE = WorstCase(
    rows=0.0751,
    mixtures=WorstInput(
        value=0.263,
        bound=0.263,
        label="'b'",
        reference=0.565,
        candidate=0.302,
        x=(0.25, -1.5, 2.4),
        mixture=(
            MixedRow(rows="", row=307, share=0.8),
            MixedRow(rows="", row=461, share=0.2),
        ),
    ),
    ellipsoid=WorstInput(
        value=0.478,
        bound=0.478,
        label="'b'",
        reference=0.712,
        candidate=0.234,
        x=(-1.26, -1.71, 3.36),
    ),
    box=WorstInput(
        value=0.992,
        bound=0.993,
        label="'b'",
        reference=0.00397,
        candidate=0.99597,
        x=(3.97, 4.65, 4.0),
    ),
    exact=True,
    names=("x0", "x1", "x2"),
    low=(-2.0, -2.0, 0.0),
    high=(3.97, 4.65, 4.0),
    whole=("x2",),
    given=("x0",),
)

#: Learning rates and epochs of a map as large as a check makes it; more of either leave less, until
#: the rate is too large.
RATES = tuple(float(f"{0.001 * 10 ** (quarter / 4):.3g}") for quarter in range(-8, 13))
EPOCHS = tuple(sorted({round(1200 ** (index / 39)) for index in range(40)}))
TRAINING_MAP = TrainingMap(
    learning_rates=RATES,
    epochs=EPOCHS,
    left=tuple(
        tuple(math.nan if rate > 0.5 else min(1.0, 0.005 / (rate * epochs)) for epochs in EPOCHS)
        for rate in RATES
    ),
    own=MapPoint(learning_rate=0.001, epochs=12, left=0.42),
    repair=MapPoint(learning_rate=0.1, epochs=105, left=0.0012, beside="batch_size=569"),
    lines=(
        MapLine(setting="batch_size", values=("8", "32", "569"), left=(0.3, 0.42, 0.6), own=1),
        MapLine(
            setting="solver",
            values=("Adam(0.001)", "SGD(0.1, momentum=0.9)", "SGD(1.0, momentum=0.9)"),
            left=(0.42, 0.005, math.nan),
        ),
    ),
    changes=DIVERGED.repair.changes[:1] if DIVERGED.repair else (),
)

#: Of a candidate that was trained elsewhere: what its weights tell, and what they do not.
INFERRED = InferredObjective(
    grade="proven",
    expected="declared",
    is_cause=True,
    values=(
        InferredValue(
            setting="class_weight",
            text="{0: 1, 1: 4}",
            values=(1.0, 4.0),
            low=(1.0, 3.9998),
            high=(1.0, 4.0002),
        ),
    ),
    distance=3.9e-7,
    certified=True,
    expected_distance=0.279,
    resolution=(0.98, 1.02),
    ties=("sample_weight=dropped",),
    excluded=(ExcludedObjective(text="what it declares", at_least=0.31, noise=2e-7),),
    tried=58,
)
AT_NO_OPTIMUM = InferredObjective(
    grade="none",
    expected="declared",
    why="it is at no optimum of the objectives that were tried",
    expected_distance=0.528,
    nearest="label_smoothing=0.1",
    nearest_distance=0.41,
    excluded=(ExcludedObjective(text="what it declares", at_least=0.31, noise=2e-7),),
    other_rows=0.8,
    like_other_rows=True,
    class_balance=(1.0, 2.7),
    tried=937,
)
