"""Where a check's settings come from: argument, marker, fixture, ini, default, in this order."""

from __future__ import annotations

import itertools
import threading
import types
from dataclasses import fields
from math import inf
from typing import Any

import pytest

from pytest_modelparity import ModelParityError, ParityReport, Tolerance
from pytest_modelparity import check as assertion
from pytest_modelparity.check_settings import UNSET, CheckSettings
from pytest_modelparity.context import CURRENT, CheckContext
from pytest_modelparity.frameworks import registry
from pytest_modelparity.parity.question import Question, Wiring
from pytest_modelparity.report.parts import DataSummary

PLACES = ("argument", "marker", "fixture", "ini")
VALUES = {
    "argument": {
        "tolerance": 0.1,
        "seed": 1,
        "explain": False,
        "budget": 10.0,
        "training": "fit",
        "input_ranges": {"age": (1.0, 2.0)},
        "n_jobs": 1,
        "memory": 10.0,
    },
    "marker": {
        "tolerance": 0.2,
        "seed": None,
        "explain": True,
        "budget": 20.0,
        "training": "auto",
        "input_ranges": {0: (1.0, 3.0)},
        "n_jobs": 2,
        "memory": 20.0,
    },
    "fixture": {
        "tolerance": 0.3,
        "seed": 3,
        "explain": False,
        "budget": 0.0,
        "training": "fit",
        "input_ranges": ((1.0, 4.0),),
        "n_jobs": 3,
        "memory": 0.0,
    },
    "ini": {
        "tolerance": 0.4,
        "seed": 4,
        "explain": False,
        "budget": 40.0,
        "training": "fit",
        "input_ranges": {},
        "n_jobs": -1,
        "memory": 40.0,
        "allow_pickle": True,
    },
    "default": {
        "tolerance": 0.01,
        "seed": 0,
        "explain": True,
        "budget": 10.0,
        "training": "auto",
        "input_ranges": None,
        "candidate_rows": "pipeline",
        "kind": None,
        "allow_pickle": False,
        "n_jobs": None,
        "memory": 160.0,
    },
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Put a stand-in where the comparison is, and return what it is asked and wired to."""
    asked: dict[str, Any] = {}

    def compare(question: Question, wiring: Wiring) -> Any:
        asked.update({item.name: getattr(question, item.name) for item in fields(question)})
        asked.update({name: getattr(wiring, name) for name in ("mappings", "draws_map")})
        report = ParityReport(
            verdict="equivalent",
            divergences={},
            tolerance=question.tolerance,
            settings={},
            data=DataSummary(n_samples=1, n_features=1, classes=(), n_eval=1),
        )
        return types.SimpleNamespace(report=report, raised=(), interruption=None)

    monkeypatch.setattr("pytest_modelparity.parity.compare.compare", compare)
    return asked


def settings_of(place: str, given: tuple[str, ...]) -> CheckSettings:
    """Return what a place says, which is nothing where it is not among those that are given."""
    if place not in given:
        return CheckSettings()
    values = dict(VALUES[place])
    return CheckSettings(tolerance=Tolerance.of(values.pop("tolerance")), **values)


@pytest.mark.parametrize(
    "given", [g for n in range(len(PLACES) + 1) for g in itertools.combinations(PLACES, n)], ids=str
)
def test_the_first_place_that_says_something_wins(asked: dict, given: tuple[str, ...]) -> None:
    contributed: Any = types.SimpleNamespace(name="a mapping")
    context = CheckContext(
        record=lambda report, asserted: None,
        refuse=lambda message: None,
        marker=lambda: settings_of("marker", given),
        ini=settings_of("ini", given),
        fixture=settings_of("fixture", given),
        mappings=lambda: (contributed,),
    )
    arguments = VALUES["argument"] if "argument" in given else {}
    outer = CURRENT.set(context)
    try:
        assertion.assert_models_equivalent(1, 2, 3, **arguments)
    finally:
        CURRENT.reset(outer)
    winner = VALUES[given[0] if given else "default"]
    assert asked["tolerance"] == Tolerance.of(winner["tolerance"])
    for name in ("seed", "explain", "budget", "training", "input_ranges", "n_jobs", "memory"):
        assert asked[name] == winner[name]
    # What a plugin contributes goes before what is built in.
    assert asked["mappings"][0] is contributed
    assert len(asked["mappings"]) == 1 + len(registry.mappings())


def test_outside_of_pytest_the_defaults_hold_and_nothing_is_recorded(asked: dict) -> None:
    def check() -> None:
        assert CURRENT.get() is None
        assertion.assert_models_equivalent(1, 2, 3)

    # A thread has a context of its own, as a notebook has.
    thread = threading.Thread(target=check)
    thread.start()
    thread.join()
    mappings = asked.pop("mappings")
    assert list(map(type, mappings)) == list(map(type, registry.mappings()))
    assert asked == {
        "reference": 1,
        "X": 2,
        "y": 3,
        "candidate": None,
        "fit": None,
        "sample_weight": None,
        "X_eval": None,
        "y_eval": None,
        "tolerance": Tolerance(),
        "prediction_tolerance": None,
        "for_classifiers": False,
        "seed": 0,
        "explain": True,
        "budget": 10.0,
        "training": "auto",
        "draws_map": False,
        "input_ranges": None,
        "candidate_rows": "pipeline",
        "kind": None,
        "allow_pickle": False,
        "n_jobs": None,
        "memory": 160.0,
    }


def test_every_argument_reaches_the_comparison(asked: dict) -> None:
    given = {
        "candidate": "c",
        "fit": {"epochs": 3},
        "sample_weight": [1],
        "X_eval": "X",
        "y_eval": "y",
        "tolerance": Tolerance(coef=1),
        "seed": 5,
        "explain": False,
        "budget": 7.0,
        "training": "fit",
        "input_ranges": {"age": (18.0, 99.0)},
        "candidate_rows": "transformed",
        "kind": "train",
        "allow_pickle": True,
        "n_jobs": 2,
        "memory": 80.0,
    }
    assertion.compare_models(1, 2, 3, **given)
    # What a conftest of the same run contributes travels beside the arguments.
    assert isinstance(asked.pop("mappings"), tuple)
    asked.pop("draws_map")
    # Of predictions this tolerance says nothing, and so is one for classifiers.
    assert (asked.pop("prediction_tolerance"), asked.pop("for_classifiers")) == (None, True)
    assert asked == {"reference": 1, "X": 2, "y": 3} | given


@pytest.mark.parametrize("given", [0.5, Tolerance(prediction=0.5)])
def test_a_number_is_meant_for_whatever_is_predicted(asked: dict, given: Any) -> None:
    assertion.compare_models(1, 2, 3, tolerance=given)
    assert (asked["prediction_tolerance"], asked["for_classifiers"]) == (0.5, False)


@pytest.mark.parametrize("function", [assertion.assert_models_equivalent, assertion.compare_models])
@pytest.mark.parametrize(
    "wrong,message",
    [
        ({"training": "loop"}, r"training must be 'auto' or 'fit', got training='loop'; "),
        ({"training": True}, r"training must be 'auto' or 'fit', got training=True; "),
        ({"input_ranges": {"age": (9, 1)}}, r"input_ranges of column 'age' must be two finite "),
        (
            {"input_ranges": 5},
            r"input_ranges must map columns to pairs of numbers, or ",
        ),
        ({"budget": -1}, r"budget must be a finite number of seconds >= 0, got budget=-1; "),
        ({"budget": float("nan")}, r"budget must be a finite number of seconds >= 0, got "),
        ({"budget": "30"}, r"budget must be a finite number of seconds >= 0, got budget='30'; "),
        ({"n_jobs": 0}, r"n_jobs must be a positive integer or -1, got n_jobs=0; -1 takes all "),
        ({"n_jobs": -2}, "got n_jobs=-2; "),
        ({"n_jobs": True}, "got n_jobs=True; "),
        ({"n_jobs": 2.0}, r"got n_jobs=2\.0; "),
        ({"n_jobs": "2"}, "got n_jobs='2'; "),
        ({"memory": -1}, r"memory must be a number of megabytes >= 0, got memory=-1; rows that "),
        ({"memory": float("nan")}, "got memory=nan; "),
        ({"memory": True}, "got memory=True; "),
        ({"memory": "160"}, "got memory='160'; "),
        ({"seed": -1}, r"seed must be None or an integer in \[0, 2\*\*32\), got seed=-1; "),
        ({"seed": 2**32}, "got seed=4294967296"),
        ({"seed": 1.0}, r"got seed=1\.0"),
        ({"seed": True}, "got seed=True"),
        ({"seed": "0"}, "got seed='0'"),
        ({"explain": 1}, "explain must be True or False, got explain=1"),
        ({"tolerance": "tight"}, "tolerance probability must be .* got probability='tight'"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_trained(
    asked: dict, function: Any, wrong: dict, message: str
) -> None:
    with pytest.raises(ModelParityError, match=message):
        function(1, 2, 3, **wrong)
    assert asked == {}


@pytest.mark.parametrize("name", ["seed", "n_jobs"])
def test_a_numpy_integer_is_an_integer(name: str) -> None:
    numpy = pytest.importorskip("numpy")
    value = getattr(CheckSettings(**{name: numpy.int64(7)}), name)
    assert (value, type(value)) == (7, int)


@pytest.mark.parametrize("given,megabytes", [(0, 0.0), (80, 80.0), (0.5, 0.5), (inf, inf)])
def test_megabytes_may_be_any_number_from_none_on(given: float, megabytes: float) -> None:
    memory = CheckSettings(memory=given).memory
    assert (memory, type(memory)) == (megabytes, float)


def test_the_signature_shows_what_is_not_given() -> None:
    assert repr(UNSET) == "<default>"


def test_the_fixture_has_the_signature_and_the_text_of_the_function(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        import inspect
        import pytest_modelparity

        def test_signature(assert_models_equivalent, compare_models):
            for fixture in (assert_models_equivalent, compare_models):
                plain = getattr(pytest_modelparity, fixture.__name__)
                assert inspect.signature(fixture) == inspect.signature(plain)
                assert fixture.__doc__ == plain.__doc__
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_run_leaves_the_context_of_the_run_around_it(pytester: pytest.Pytester) -> None:
    before = CURRENT.get()
    assert before is not None
    pytester.makepyfile("def test_nothing(): pass")
    pytester.runpytest_inprocess()
    assert CURRENT.get() is before
