"""The errors of this package; the verdict `ModelsDivergeError` stands in `models_diverge`."""

from __future__ import annotations


class ModelParityError(Exception):
    """The check could not be made: the input, a setting or the environment prevents it.

    Never a verdict: two models that were compared and differ raise `ModelsDivergeError`.
    """


class InvalidDataError(ModelParityError, ValueError, TypeError):
    """The rows, labels or weights cannot be used.

    Also a `ValueError` and a `TypeError`, of which scikit-learn raises the one or the other for bad
    data: whoever catches those catches this.
    """


class InvalidParameterError(ModelParityError, ValueError, TypeError):
    """A parameter of an estimator has a value that it cannot have, or that cannot be compared.

    Also a `ValueError` and a `TypeError`, as scikit-learn's own error of this name is.
    """


# What pytest prints is the name that a user can import.
for _error in (ModelParityError, InvalidDataError, InvalidParameterError):
    _error.__module__ = "pytest_modelparity"
