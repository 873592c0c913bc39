"""What workers of a cluster must share with this process."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Sequence
from typing import Any

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.dask.computing import active_client, waited_for
from pytest_modelparity.frameworks.dask.failures import in_words

#: Packages whose version decides what a pass computes, or whether it runs.
NEEDED = ("pytest-modelparity", "numpy", "scipy", "scikit-learn")
#: Those of a model that are loaded in a second.
LIGHT = {"numpy", "scipy", "sklearn"}


def check_workers() -> None:
    """Refuse a cluster without workers, or whose workers lack a package or have another version.

    Nothing to do where passes run on threads of this process.

    Raises
    ------
    ModelParityError
        If there is one, named with its address; if no worker comes in time.
    """
    client = active_client()
    if client is None:
        return
    here = versions()
    with in_words():
        if not client.nthreads():
            # A cluster that adapts starts workers for a task, not for somebody who waits for them.
            waited_for(client, client.submit(os.getpid, pure=False))
        found = client.run(versions, on_error="return")
    for worker, there in sorted(found.items()):
        if isinstance(there, OSError):
            # It left while it was asked, as workers of clusters that adapt do.
            continue
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


def have_loaded(client: Any, packages: Sequence[str]) -> bool:
    """Whether all workers have loaded some packages, or will in a second.

    Raises
    ------
    ModelParityError
        If the scheduler is lost.
    """
    with in_words():
        return all(client.run(_has_loaded, set(packages) - LIGHT).values())


def _has_loaded(packages: set[str]) -> bool:
    """Whether this process has loaded some packages."""
    return sys.modules.keys() >= packages


def versions() -> dict[str, str]:
    """Return the version of each package that is needed; empty where it is not installed."""
    found = {}
    for package in NEEDED:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = ""
    return found
