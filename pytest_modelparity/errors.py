"""The error of this package; the verdict `ModelsDivergeError` is raised, and stands, in `check`."""

from __future__ import annotations


class ModelParityError(Exception):
    """The check could not be made: the input, a setting or the environment prevents it.

    Never a verdict: two models that were compared and differ raise `ModelsDivergeError`.
    """


ModelParityError.__module__ = "pytest_modelparity"
