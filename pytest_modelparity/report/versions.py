"""The versions that a report states, read without importing the packages."""

from __future__ import annotations

import platform
from importlib import metadata

#: What decides the numbers of a check.
PACKAGES = ("pytest-modelparity", "scikit-learn", "keras", "tensorflow", "numpy", "scipy")


def versions(*more: str) -> dict[str, str]:
    """Return Python's version, the platform, and the versions of `PACKAGES` and of ``more``."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in (*PACKAGES, *more):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
