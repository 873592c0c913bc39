"""A real Chromium without a window, and a page with checks of every kind."""

from __future__ import annotations

import dataclasses
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sample_reports

from pytest_modelparity import ParityReport
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
    StructureCheck,
)
from pytest_modelparity.report.pictures import (
    Coefficients,
    PredictionRow,
    Seeds,
    SpreadPoint,
    TrajectoryPoint,
)
from pytest_modelparity.report.run import CheckRecord, RefusedCheck, RunReport
from pytest_modelparity.report.suite import LeftOut, PortSuite, SuiteCase, SuiteData
from pytest_modelparity.reporters.html import render
from pytest_modelparity.settings import ModelSettings

ROOT = Path(__file__).parents[2]
PROGRAM = (
    'import keras\n\nmodel = keras.Sequential()\nmodel.add(keras.layers.Dense(1, "sigmoid"))\n'
)
HOSTILE = (
    "<script>window.hacked = 1; alert(1)</script><img src=x onerror='window.hacked=1;alert(1)'>"
    "\"' onmouseover=alert(1) ]]> --> </style></svg></textarea>\x00\x1b[31m\u202e\u2066\n"
    "&#60;b&#62;"
)

EQUIVALENT = dataclasses.replace(
    sample_reports.EQUIVALENT,
    divergences={
        **sample_reports.EQUIVALENT.divergences,
        "coef": Divergence(value=0.01, place="x1", reference=1.0, candidate=1.01),
    },
    settings={
        "reference": ModelSettings(
            framework="scikit-learn",
            model="LogisticRegression()",
            written={"penalty": "l2 (the default)", "C": "C=1.0", "iterations": "max_iter=100"},
        ),
        "candidate": ModelSettings(
            framework="keras",
            model="Keras Dense(1, 'sigmoid'), binary_crossentropy, Adam(0.001)",
            written={"penalty": "no kernel_regularizer", "iterations": "epochs=12"},
        ),
    },
    structure=StructureCheck(agrees=True, distance=1e-7, allowed=1e-5, note="the same"),
    certificates={
        "reference": Certificate(distance=6.12e-4, gradient_norm=1e-5),
        "candidate": Certificate(finite_optimum=False, gradient_norm=0.2),
    },
    predictions=tuple(
        PredictionRow(row=i, reference=(1 - i / 200, i / 200), candidate=(0.5, 0.5))
        for i in range(200)
    ),
    coefficients=Coefficients(
        names=("mean radius", "mean texture"),
        reference=((0.5, -1.25),),
        candidate=((0.25, 2.0),),
        reference_intercept=(0.1,),
        candidate_intercept=(math.nan,),
    ),
)
DIVERGED = dataclasses.replace(
    EQUIVALENT,
    verdict="diverged",
    divergences={
        "probability": dataclasses.replace(
            sample_reports.DIVERGED.divergences["probability"], value=0.936
        ),
        "labels": Divergence(value=0.09),
    },
    split=sample_reports.DIVERGED.split,
    explained=True,
    causes=(
        dataclasses.replace(sample_reports.DIVERGED.causes[0], reference="l2 (the default)"),
        dataclasses.replace(sample_reports.DIVERGED.causes[1], candidate="epochs=12"),
    ),
    repair=Repair(
        changes=(
            Change(side="candidate", setting="penalty", text="kernel_regularizer=L2(8.79e-4)"),
        ),
        verified=True,
        left=0.0037,
        trained=(0.0037, 0.0036),
        source=PROGRAM,
    ),
    alternatives=(
        Repair(
            changes=(Change(side="candidate", setting="iterations", text="epochs=1200"),),
            verified=False,
            source="model.fit(X, y, epochs=1200)\n" + "x = 1  # " + "long " * 60,
        ),
    ),
    findings=(
        Finding(slug="candidate-not-converged", text="the candidate stopped 0.21 away"),
        Finding(slug="no-finite-optimum", text="separable classes and no penalty (candidate)"),
    ),
    warnings=(
        RecordedWarning(side="reference", category="ConvergenceWarning", message="lbfgs\nfailed"),
    ),
    scores={"accuracy": (0.988, 0.896)},
    trajectory=tuple(TrajectoryPoint(epoch=e, distance=0.9 / e) for e in range(1, 13)),
    seeds=Seeds(
        seeds=(0, 1, 2),
        distances=(0.9, 0.93, 0.95),
        mean=0.926,
        lower=0.9,
        upper=0.95,
        outcome="diverged",
        trajectory=tuple(SpreadPoint(epoch=e, lowest=0.5 / e, highest=1 / e) for e in range(1, 13)),
    ),
    training_map=sample_reports.TRAINING_MAP,
    effort=Effort(budget=30.0, explaining=3.2, verifying=4.8, left_out=("the seeds 3 to 7",)),
)


def record(name: str, report: ParityReport, **more: Any) -> CheckRecord:
    """Return a check of a test."""
    return CheckRecord(
        **{"test_id": name, "outcome": "passed", "asserted": True, **more}, report=report
    )


def suite(word: str, *test_ids: str) -> PortSuite:
    """Return a suite of twenty data sets, whose first ones ran in tests of these ids."""
    names = tuple(f"{word}_{place}" for place in range(20))
    return PortSuite(
        name=f"tests/test_port.py::{word}",
        references=(word, f"{word}, l1"),
        datasets=tuple(SuiteData(name=name, hard_for=word) for name in names),
        left_out=tuple(
            LeftOut(reference=f"{word}, l1", dataset=name, reason=word) for name in names[1:]
        ),
        cases=tuple(
            SuiteCase(reference=word, dataset=name, test_id=test_id, outcome="passed")
            for name, test_id in zip(names, test_ids, strict=False)
        ),
    )


RUN = RunReport(
    checks=(
        record("tests/test_port.py::test_twin", EQUIVALENT),
        record("tests/test_port.py::test_adam", DIVERGED, outcome="failed"),
        record(
            "tests/test_port.py::test_twice_sigmoid[a_very_long_parameter_id-and-another-one]",
            dataclasses.replace(
                DIVERGED,
                structure=StructureCheck(agrees=False, distance=0.3, note="sigmoid twice"),
                findings=(Finding(slug="saturated", text="no weight has moved"),),
            ),
        ),
        record(
            "tests/test_bare.py::test_nothing_known",
            dataclasses.replace(
                EQUIVALENT,
                verdict="diverged",
                divergences={"probability": Divergence(value=math.nan, allowed=0.01)},
                certificates={},
                settings={},
                predictions=(),
                coefficients=None,
            ),
            asserted=False,
        ),
    ),
    suites=(
        suite("C=0.1", "tests/test_port.py::test_twin", "tests/test_port.py::test_adam", "none"),
    ),
    refusals=(RefusedCheck(test_id="tests/test_svm.py::test_port", message="no mapping\nfor SVC"),),
    problems=("the worker gw1 crashed: checks of 1 test are missing",),
    started="2026-01-01T00:00:00+00:00",
    duration=61.2,
    exit_status=1,
    environment={"python": "3.12.0", "keras": "3.10.0"},
)
HOSTILE_RUN = RunReport(
    checks=(
        record(
            HOSTILE * 50,
            dataclasses.replace(
                DIVERGED,
                divergences={
                    "probability": Divergence(value=math.inf, allowed=0.01, place=HOSTILE),
                    HOSTILE: Divergence(value=1.0, place="x" * 10_000, note=HOSTILE),
                },
                settings={
                    side: ModelSettings(
                        framework=HOSTILE,
                        model=HOSTILE + "y" * 10_000,
                        written={"penalty": HOSTILE, HOSTILE: "z" * 10_000},
                        unmodelled=(HOSTILE,),
                    )
                    for side in ("reference", "candidate")
                },
                data=DataSummary(
                    n_samples=1, n_features=1, classes=(HOSTILE, "\u05d0" * 10_000), n_eval=1
                ),
                causes=(
                    Cause(
                        setting=HOSTILE,
                        reference=HOSTILE,
                        candidate="w" * 10_000,
                        kind="objective",
                        role="must",
                        share=1.0,
                    ),
                ),
                repair=Repair(
                    changes=(Change(side=HOSTILE, setting=HOSTILE, text=HOSTILE),),
                    verified=False,
                    source=HOSTILE * 20,
                    note=HOSTILE,
                ),
                findings=(Finding(slug=HOSTILE, text=HOSTILE * 100),),
                warnings=(RecordedWarning(side=HOSTILE, category=HOSTILE, message=HOSTILE),),
                coefficients=Coefficients(
                    names=(HOSTILE, "v" * 10_000),
                    reference=((math.inf, 1e300),),
                    candidate=((-math.inf, math.nan),),
                ),
                environment={HOSTILE: HOSTILE},
            ),
        ),
    ),
    suites=(suite(HOSTILE, HOSTILE * 50),),
    refusals=(RefusedCheck(test_id=HOSTILE, message=HOSTILE),),
    problems=(HOSTILE,),
    started=HOSTILE,
    environment={HOSTILE: HOSTILE},
)


def program(*names: str) -> str:
    """Return the path of the first program that there is, or skip and say which are missing."""
    for name in names:
        if found := shutil.which(name):
            return found
    return pytest.skip(f"NO BROWSER: {' or '.join(names)} is not installed")


@pytest.fixture(scope="session")
def axe() -> str:
    """Return axe-core's source, where `tools/run.py tests` installs it."""
    below = Path("axe", "node_modules", "axe-core", "axe.min.js")
    for folder in (Path(sys.prefix), ROOT / ".venv"):
        if (folder / below).is_file():
            return (folder / below).read_text(encoding="utf-8")
    return pytest.skip("NO AXE-CORE: `python3 tools/run.py tests` installs it into .venv/axe")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Start Chromium, which can reach nothing."""
    browser = program("chromium", "chromium-browser", "google-chrome")
    # With its path given, Selenium neither looks for a driver nor downloads one.
    driver = program("chromedriver")
    webdriver = pytest.importorskip("selenium.webdriver", reason="NO BROWSER: no selenium")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    arguments = [
        *("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--lang=en"),
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ]
    # Chromium refuses to run as root with its sandbox, which containers do.
    arguments += ["--no-sandbox"] if os.name != "nt" and os.geteuid() == 0 else []
    for argument in arguments:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """Return the browser as a desktop with a light theme; nothing may end up in its console."""
    chromium.get("about:blank")
    emulate(chromium)
    for kind in ("browser", "performance"):
        chromium.get_log(kind)
    yield chromium
    assert chromium.get_log("browser") == []


@pytest.fixture
def page(browser: Any, open_page: Callable[..., Any]) -> Any:
    """Return the browser with the page of a run that has every kind of check."""
    return open_page(RUN)


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Callable[..., Any]:
    """Write the page of a run and open it."""

    def opened(run: RunReport) -> Any:
        path = tmp_path / "report.html"
        path.write_text(render(run), encoding="utf-8")
        browser.get(path.as_uri())
        return browser

    return opened


@pytest.fixture
def hostile_run() -> RunReport:
    """Return a run whose every word is hostile."""
    return HOSTILE_RUN


def emulate(
    browser: Any, *, width: int = 1200, scheme: str = "light", media: str = "", script: bool = True
) -> None:
    """Make the browser a device of a width, a colour scheme and a medium."""
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    features.append({"name": "prefers-reduced-motion", "value": "reduce"})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})


@pytest.fixture(name="emulate")
def emulate_fixture(browser: Any) -> Callable[..., None]:
    """Make the browser another device."""

    def changed(**device: Any) -> None:
        emulate(browser, **device)
        # The page is another one from its next frame on: what is asked before is luck. Without
        # scripts it can only be loaded again, which waits by itself.
        if device.get("script", True):
            browser.execute_async_script(
                "const done = arguments[0];"
                "requestAnimationFrame(() => requestAnimationFrame(() => done()))"
            )

    return changed
