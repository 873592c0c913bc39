"""What workers of a cluster must share with this process."""

from __future__ import annotations

import importlib.metadata
import sys
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.dask.failures import lost_scheduler

#: Packages whose version decides what a pass computes, or whether it runs.
NEEDED = ("pytest-modelparity", "numpy", "scipy", "scikit-learn")


def check_workers() -> None:
    """Refuse a cluster whose workers lack a package, or have another version of one.

    Nothing to do where passes run on threads of this process.

    Raises
    ------
    ModelParityError
        If there is one, named with its address.
    """
    client = active_client()
    if client is None:
        return
    here = versions()
    try:
        found = client.run(versions, on_error="return")
    except Exception as error:
        raise lost_scheduler(error) from error
    for worker, there in sorted(found.items()):
        if isinstance(there, BaseException):
            raise ModelParityError(
                f"worker {worker} does not answer: {type(there).__name__}: {there}; install "
                f"pytest-modelparity {here['pytest-modelparity']} there"
            )
        for package in NEEDED:
            if there[package] != here[package]:
                raise ModelParityError(
                    f"worker {worker} has {package} {there[package] or '(not installed)'} and this "
                    f"process {here[package]}: passes over rows must compute the same everywhere; "
                    f"install the same version there"
                )


def versions() -> dict[str, str]:
    """Return the version of each package that is needed; empty where it is not installed."""
    found = {}
    for package in NEEDED:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = ""
    return found


def active_client() -> Any | None:
    """Return the Client that computes graphs, if there is one; imports nothing."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.default_client()
    except ValueError:
        return None
