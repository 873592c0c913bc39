"""Which warnings of a training are kept."""

from __future__ import annotations

import warnings

import pytest

from pytest_modelparity.sides.recording import recorded_warnings


def warn(module: str, category: type[Warning]) -> None:
    """Warn from a line of some module."""
    text = f"warnings.warn({category.__name__!r}, {category.__name__})"
    exec(text, {"__name__": module, "warnings": warnings})


@pytest.mark.parametrize(
    ("module", "category", "kept"),
    [
        ("keras.src.backend", DeprecationWarning, False),
        ("keras.src.backend", UserWarning, True),
        ("keras.src.backend", FutureWarning, True),
        ("keras_of_the_user", DeprecationWarning, True),
        ("tests.test_port", DeprecationWarning, True),
    ],
)
def test_a_frameworks_own_deprecated_lines_are_left_out(
    module: str, category: type[Warning], kept: bool
) -> None:
    with recorded_warnings(frameworks=("keras", "tensorflow")) as raised:
        warn(module, category)
    assert [type(item) for item in raised] == [category] * kept
    with recorded_warnings() as raised:
        warn(module, category)
    assert [type(item) for item in raised] == [category]
