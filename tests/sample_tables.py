"""Reports of every outcome that a table is made of, as real checks give them."""

from __future__ import annotations

from dataclasses import replace

from sample_reports import AT_NO_OPTIMUM, DIVERGED, EQUIVALENT, INFERRED, WORST_CASE

from pytest_modelparity import ParityReport
from pytest_modelparity.report.compared import ComparedSetting
from pytest_modelparity.report.parts import (
    Cause,
    Certificate,
    Change,
    DataSummary,
    Divergence,
    Effort,
    Finding,
    RecordedWarning,
    Repair,
    Split,
    SplitPart,
    StructureCheck,
)
from pytest_modelparity.settings import ModelSettings


def compared(setting: str, reference: str, candidate: str, same: bool | None, **more: object):
    """Return one setting, looked for."""
    values = {"looked_for": True, **more}
    return ComparedSetting(
        setting=setting,
        reference=reference,
        candidate=candidate,
        same=same,
        **values,  # type: ignore[arg-type]
    )


def change(setting: str, text: str, side: str = "candidate") -> Change:
    """Return a change."""
    return Change(side=side, setting=setting, text=text)


def one_of(setting: str, left: float, *changes: Change, kind: str = "training", **more: object):
    """Return a cause of which one of several suffices."""
    return Cause(
        setting=setting,
        reference="-",
        candidate="-",
        kind=kind,
        role="one_of",
        changes=changes,
        left=left,
        note=" with ".join(change.text for change in changes) + f" leaves {left}",
        **more,  # type: ignore[arg-type]
    )


def must(setting: str, **more: object) -> Cause:
    """Return a cause that must change."""
    return Cause(
        setting=setting,
        reference="-",
        candidate="-",
        kind="objective",
        role="must",
        **more,  # type: ignore[arg-type]
    )


def split(reference: float, gap: float, candidate: float, rows: str = "") -> Split:
    """Return a split by its largest differences."""
    parts = [SplitPart(rms=x / 2, largest=x) for x in (reference, gap, candidate)]
    return Split(
        reference_error=parts[0], objective_gap=parts[1], candidate_error=parts[2], rows=rows
    )


def models(reference: str, candidate: str) -> dict[str, ModelSettings]:
    """Return the settings of two models of which only the name is looked at."""
    return {
        "reference": ModelSettings(framework="scikit-learn", model=reference),
        "candidate": ModelSettings(framework="keras", model=candidate),
    }


PORT = "Keras Dense(1, 'sigmoid'), binary_crossentropy, Adam(0.001)"
FOUR = (
    compared("penalty", "l2 (the default)", "no kernel_regularizer", False),
    compared("C", "C=1.0", "no penalty", None),
    compared("iterations", "max_iter=100 (19 run)", "epochs=12", False),
    compared("solver", "lbfgs", "optimizer=Adam(0.001)", False),
)
TRAINING = (
    compared("learning_rate", "chosen by the solver", "learning_rate=0.001", None),
    compared("batch_size", "all 569 rows", "batch_size=32", None),
    compared("dtype", "float64", "float32", False, looked_for=False),
)
SCHEDULE = change("solver", "optimizer=Adam(CosineDecay(1.0, 600)), batch_size=569, epochs=600")
FASTER = (change("learning_rate", "learning_rate=0.05"), change("iterations", "epochs=400"))
L2 = change("penalty", "kernel_regularizer=L2(8.78735e-4)")

#: The example of the README.
USUAL = replace(
    DIVERGED,
    divergences={
        "probability": Divergence(
            value=0.936, allowed=0.01, place="row 152, class 0", reference=0.00116, candidate=0.937
        ),
        "labels": Divergence(value=0.09),
    },
    settings=models("LogisticRegression()", PORT),
    compared=(*FOUR, *TRAINING),
    split=split(0.00369, 0.993, 0.937),
    causes=(
        must("penalty", note="without one the candidate has no finite optimum"),
        one_of("iterations", 0.0088, change("iterations", "epochs=1200")),
        one_of("learning_rate", 0.0041, *FASTER),
        one_of("solver", 0.0037, SCHEDULE),
    ),
    repair=Repair(changes=(L2, *FASTER), verified=True, left=0.0041),
    alternatives=(Repair(changes=(L2, SCHEDULE), verified=False, note="not tried"),),
    findings=(
        Finding(slug="candidate-not-converged", text="the candidate stopped 0.94 away"),
        Finding(slug="no-finite-optimum", text="separable classes and no penalty"),
    ),
    scores={"accuracy": (0.988, 0.896)},
)

FORGOTTEN_HALF = replace(
    USUAL,
    settings=models(
        "LogisticRegression()",
        "Keras Dense(1, 'sigmoid', kernel_regularizer=L2(0.00176)), binary_crossentropy, SGD(1)",
    ),
    compared=(
        compared("penalty", "l2 (the default)", "kernel_regularizer=L2(0.00176)", True),
        compared(
            "C",
            "C=1.0",
            "C=0.5",
            False,
            note="twice too strong: Keras's L2(l) has no factor 1/2, so l = 1/(2 C n)",
        ),
        compared("iterations", "max_iter=100 (19 run)", "epochs=200", False, looked_for=False),
        compared("solver", "lbfgs", "optimizer=SGD(1, momentum=0.9)", False, looked_for=False),
    ),
    split=split(0.00369, 0.0974, 0.00021),
    causes=(must("C"),),
    repair=Repair(changes=(L2,), verified=True, left=0.00407),
    alternatives=(),
    findings=(Finding(slug="same-score-different-model", text="both score 0.988"),),
    scores={"accuracy": (0.988, 0.988)},
)

WEIGHTS = replace(
    FORGOTTEN_HALF,
    compared=(
        compared("penalty", "l2 (the default)", "kernel_regularizer=L2(8.79e-4)", True),
        compared("C", "C=1.0", "C=1", True),
        *FORGOTTEN_HALF.compared[2:],
        compared(
            "sample_weight",
            "given",
            "sample_weight given",
            False,
            note="1000 times the reference's: a common factor acts as C",
        ),
    ),
    causes=(must("sample_weight"),),
    repair=Repair(changes=(change("sample_weight", "sample_weight / 1000"),), verified=True),
)

#: Neither side converged, and both optimizers are at fault.
NEITHER = replace(
    USUAL,
    settings=models("LogisticRegression(random_state=0, solver='sag')", PORT),
    compared=(
        *FOUR[:2],
        compared("iterations", "max_iter=100 (stopped at 100)", "epochs=100", False),
        compared("solver", "sag", "optimizer=SGD(0.01)", False),
    ),
    split=split(0.672, 0.00796, 1.0),
    causes=(
        must("penalty"),
        one_of(
            "solver",
            1.9e-9,
            change("solver", "solver='newton-cholesky'", "reference"),
            kind="reference",
        ),
        one_of("solver", 0.0052, SCHEDULE),
    ),
    repair=Repair(
        changes=(change("solver", "solver='newton-cholesky'", "reference"), L2, SCHEDULE),
        verified=True,
        left=0.005,
    ),
    findings=(
        Finding(slug="reference-not-converged", text="the reference stopped 0.67 away"),
        *USUAL.findings,
        Finding(slug="seed-noise", text="two of 8 seeds are 1 apart"),
    ),
    warnings=(
        RecordedWarning(
            side="reference",
            category="ConvergenceWarning",
            message="The max_iter was reached which means the coef_ did not converge",
        ),
    ),
)

#: A layer without its sigmoid: no training is to blame.
STRUCTURE = replace(
    USUAL,
    settings=models("LogisticRegression()", "Keras Dense(1), binary_crossentropy, Adam(0.001)"),
    structure=StructureCheck(
        agrees=False,
        distance=7.2,
        note="the candidate's outputs are no probabilities: they range from -6.2 to 8.1; its head "
        "lacks a link",
    ),
    split=None,
    causes=(must("output_head"),),
    repair=Repair(
        changes=(change("output_head", "activation='sigmoid'"), L2), verified=True, left=0.002
    ),
    alternatives=(),
    findings=(),
)

#: Of the candidate only its predictions are known.
PREDICTIONS_ONLY = replace(
    USUAL,
    settings={
        "reference": USUAL.settings["reference"],
        "candidate": ModelSettings(
            framework="other",
            model="Predictor (taken as trained)",
            unmodelled=("only its predictions can be seen: its settings are unknown",),
        ),
    },
    compared=tuple(replace(item, candidate="", same=None, looked_for=False) for item in FOUR),
    certificates={"reference": Certificate(distance=4.6e-5)},
    split=None,
    causes=(),
    repair=None,
    alternatives=(),
    findings=(
        Finding(
            slug="class-order",
            text="the candidate's probabilities agree once its classes are swapped: it models "
            "False where the reference models True",
        ),
    ),
)

#: Its weights tell that it was trained elsewhere with class weights.
TRAINED_ELSEWHERE = replace(
    USUAL,
    divergences={
        "probability": Divergence(
            value=0.279, allowed=0.01, place="row 413, class 0", reference=0.512, candidate=0.791
        ),
        "labels": Divergence(value=0.01),
    },
    settings=models("LogisticRegression()", "Keras Dense(1), binary_crossentropy, Adam(0.001)"),
    compared=(
        compared("penalty", "l2 (the default)", "kernel_regularizer=L2(8.79e-4)", True),
        compared("C", "C=1.0", "C=1", True),
        compared("iterations", "max_iter=100 (19 run)", "already trained, epochs unknown", None),
        compared("solver", "lbfgs", "optimizer=Adam(0.001)", False),
        compared(
            "class_weight", "none", "~{0: 1, 1: 4}", False, note="1 to 4 times the reference's"
        ),
    ),
    split=split(0.00369, 0.279, 3e-7),
    causes=(must("class_weight"),),
    repair=Repair(
        changes=(
            change("class_weight", "class_weight=None"),
            change("solver", "train_to_optimum(model, X, y)"),
        ),
        verified=True,
        left=1.9e-7,
    ),
    alternatives=(),
    findings=(
        Finding(
            slug="objective-inferred",
            text="the candidate is at the optimum of class_weight={0: 1, 1: 4}, all else as it "
            "declares, proven within 4e-7; what is marked ~ was inferred",
        ),
    ),
    inference={"candidate": INFERRED},
    scores={"accuracy": (0.988, 0.984)},
)
#: Nothing tells what it was trained on.
TRAINED_SOMEHOW = replace(
    TRAINED_ELSEWHERE,
    compared=TRAINED_ELSEWHERE.compared[:4],
    split=split(0.00369, 0.0, 0.528),
    causes=(),
    repair=replace(
        TRAINED_ELSEWHERE.repair, changes=(change("solver", "train_to_optimum(model, X, y)"),)
    ),
    findings=(
        Finding(
            slug="at-no-optimum",
            text="the candidate is at no optimum of 937 objectives and sets of rows (nearest: "
            "label_smoothing=0.1, 0.41 away); proven not to be what it declares; it was stopped "
            "early, or trained on something else: its weights do not tell which",
        ),
    ),
    inference={"candidate": AT_NO_OPTIMUM},
)

#: Ten classes, six settings that would each do, and no repair that was tried in time.
SIX_WAYS = replace(
    USUAL,
    data=DataSummary(n_samples=1797, n_features=64, classes=tuple("0123456789"), n_eval=450),
    settings=models(
        "LogisticRegression(C=0.1, max_iter=1000)",
        "Keras Dense(10, 'softmax'), sparse_categorical_crossentropy, SGD(0.01)",
    ),
    divergences={"probability": Divergence(value=0.61, allowed=0.01, place="row 7, class 3")},
    compared=(
        compared("penalty", "l2 (the default)", "kernel_regularizer=L2(0.00278)", True),
        compared("C", "C=0.1", "C=0.1", True),
        compared("iterations", "max_iter=1000 (61 run)", "epochs=20", False),
        compared("solver", "lbfgs", "optimizer=SGD(0.01)", False),
        *TRAINING,
    ),
    split=split(0.002, 0.0, 0.6, "evaluation"),
    causes=(
        one_of("solver", 0.002, SCHEDULE),
        one_of("feature_scaling", 0.004, change("feature_scaling", "Normalization() first")),
        one_of("batch_size", 0.008, change("batch_size", "batch_size=8")),
        one_of("iterations", 0.006, change("iterations", "epochs=900")),
        one_of("learning_rate", 0.003, change("learning_rate", "learning_rate=0.3")),
        one_of("initialization", 0.009, change("initialization", "kernel_initializer='zeros'")),
    ),
    repair=Repair(
        changes=(change("iterations", "epochs=900"),),
        verified=False,
        left=0.006,
        note="verifying it takes about 50 s, more than the budget has left",
    ),
    alternatives=tuple(
        Repair(changes=(change(name, text),), verified=False, note="not tried")
        for name, text in (("learning_rate", "learning_rate=0.3"), ("batch_size", "batch_size=8"))
    ),
    effort=Effort(budget=10.0, left_out=("more pairs of settings",)),
    findings=(Finding(slug="candidate-not-converged", text="the candidate stopped 0.6 away"),),
    scores={"accuracy": (0.97, 0.61)},
)

SAME = replace(
    EQUIVALENT,
    settings=models("LogisticRegression()", PORT),
    compared=(
        compared("penalty", "l2 (the default)", "kernel_regularizer=L2(8.79e-4)", True),
        compared("C", "C=1.0", "C=1", True),
        *(replace(item, looked_for=False) for item in (*FOUR[2:], *TRAINING)),
    ),
    split=split(0.00369, 0.0, 0.00073),
    scores={"accuracy": (0.988, 0.988)},
)

#: What a table may not obey: codes, line ends, marks that turn the line around, letters that run
#: from right to left, letters of two columns, and 500 characters.
HOSTILE = (
    "\x1b[2J\r\n\t\x00\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u65e5\u672c"
)
HOSTILE_TABLE = replace(
    USUAL,
    divergences={
        "probability": Divergence(value=0.5, allowed=0.01, place=f"row 1, class {HOSTILE}")
    },
    settings=models(f"{HOSTILE}({'a' * 500})", "b" * 500),
    compared=(
        compared("penalty", HOSTILE, "x" * 500, False),
        compared("C", "c, " * 200, "", None),
        *FOUR[2:],
        compared(f"setting {HOSTILE}", HOSTILE, HOSTILE, False, note="n" * 500),
    ),
    causes=(
        must("penalty"),
        must(f"setting {HOSTILE}"),
        one_of("iterations", float("nan"), change("iterations", HOSTILE + "y" * 500)),
    ),
    repair=Repair(changes=(change(HOSTILE, HOSTILE + "z" * 500, HOSTILE),), verified=True),
    findings=(Finding(slug=HOSTILE, text=HOSTILE),),
)

OUTCOMES: dict[str, ParityReport] = {
    "usual": USUAL,
    "forgotten half": FORGOTTEN_HALF,
    "weights": WEIGHTS,
    "neither side converged": NEITHER,
    "structure": STRUCTURE,
    "predictions only": PREDICTIONS_ONLY,
    "trained elsewhere": TRAINED_ELSEWHERE,
    "trained somehow": TRAINED_SOMEHOW,
    "six ways, none verified": SIX_WAYS,
    "not explained": replace(
        USUAL,
        explained=False,
        causes=(),
        repair=None,
        alternatives=(),
        compared=tuple(replace(item, looked_for=False) for item in USUAL.compared),
    ),
    "equivalent": SAME,
    "equivalent, but not between the rows": replace(SAME, worst_case=WORST_CASE),
    "hostile": HOSTILE_TABLE,
}
