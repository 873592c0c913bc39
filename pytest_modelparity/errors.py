"""The error of this package; the verdict `ModelsDivergeError` stands in `models_diverge`."""

from __future__ import annotations


class ModelParityError(Exception):
    """The check could not be made: the input, a setting or the environment prevents it.

    Never a verdict: two models that were compared and differ raise `ModelsDivergeError`.
    """


# What pytest prints is the name that a user can import.
ModelParityError.__module__ = "pytest_modelparity"
