"""Which mapping knows an estimator, and how Keras counterparts are spelled."""

from types import SimpleNamespace

import pytest

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.keras.write.words import kernel_regularizer_text, number_text
from pytest_modelparity.sides.mapping import EstimatorMapping, MappingRow, find_mapping
from pytest_modelparity.sides.protocols import problems


class Model:
    """An estimator of a third party."""


class MappingOf:
    """A mapping of one class that only answers what the search asks."""

    def __init__(self, kind, name):
        self.kind, self.name = kind, name

    def knows(self, estimator):
        return type(estimator) is self.kind

    def read(self, estimator, data):
        raise AssertionError("the search asks for nothing else")

    fit = remedies = source = read
    mapping_rows = inert_settings = read


def test_the_mapping_that_knows_the_estimator_is_found():
    wanted = MappingOf(Model, "Model")
    assert find_mapping(Model(), (MappingOf(int, "int"), wanted)) is wanted


def test_of_two_mappings_that_know_the_estimator_the_first_wins():
    first, second = MappingOf(Model, "first"), MappingOf(Model, "second")
    assert find_mapping(Model(), (first, second)) is first


def test_an_unknown_estimator_is_refused_with_the_known_ones_and_the_hook():
    with pytest.raises(ModelParityError) as caught:
        find_mapping(Model(), (MappingOf(int, "a.Known"), MappingOf(str, "b.Other")))
    message = str(caught.value)
    assert f"{Model.__module__}.Model" in message
    assert "known: a.Known, b.Other" in message
    assert "hook pytest_modelparity_mappings" in message


def test_a_class_in_place_of_an_estimator_is_told_to_be_called():
    with pytest.raises(ModelParityError, match=r"got the class Model; write Model\(\)"):
        find_mapping(Model, (MappingOf(Model, "Model"),))


def test_what_something_lacks_to_be_a_mapping_is_listed():
    assert problems(SimpleNamespace(name="", knows=None, read=len), EstimatorMapping) == [
        "name (str)",
        "knows()",
        "read(estimator, data)",
        "fit()",
        "remedies()",
        "source()",
        "mapping_rows()",
        "inert_settings()",
    ]


def test_a_method_that_takes_other_arguments_is_named_with_what_it_must_take():
    old = MappingOf(Model, "Model")
    assert problems(old, EstimatorMapping) == [
        "fit(estimator, data, *, side)",
        "remedies(estimator, data, *, fitted, side)",
        "source(estimator, data, *, side)",
    ]
    old.fit = old.remedies = old.source = lambda estimator, data, **rest: None
    assert problems(old, EstimatorMapping) == []


def test_a_mapping_row_has_one_of_five_statuses():
    expected = "exact, approximate, inert, outside, unsupported, got 'ok'"
    with pytest.raises(ModelParityError, match=expected):
        MappingRow(name="C", value="1.0", keras="-", status="ok", reason="")


@pytest.mark.parametrize(
    "l2,l1,text",
    [
        (0.0, 0.0, "None"),
        (2 * 8.7873e-4, 0.0, "L2(8.79e-4)"),
        (0.0, 0.25, "L1(0.25)"),
        (0.02, 0.5, "L1L2(l1=0.5, l2=0.01)"),
    ],
)
def test_keras_l2_is_half_the_l2_strength(l2, l1, text):
    assert kernel_regularizer_text(l2, l1) == text


def test_in_full_the_regularizer_keeps_every_digit():
    strength = 1 / 569
    text = kernel_regularizer_text(strength, 0.0, digits=None)
    assert float(text.removeprefix("L2(").removesuffix(")")) == strength / 2


@pytest.mark.parametrize(
    "value,text",
    [
        (0.0, "0.0"),
        (1.0, "1"),
        (0.25, "0.25"),
        (5e-4, "5e-4"),
        (1.001e-7, "1e-7"),
        (123456.0, "1.23e5"),
        (-2.5e-9, "-2.5e-9"),
        (float("inf"), "inf"),
    ],
)
def test_a_number_is_shown_in_three_digits(value, text):
    assert number_text(value) == text
