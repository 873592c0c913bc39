"""What workers of a cluster must share with this process."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
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
    with in_words():
        if not client.nthreads():
            # A cluster that adapts starts workers for a task, not for somebody who waits for them.
            waited_for(client, client.submit(os.getpid, pure=False), "a task")
        found = client.run(versions, on_error="return")
    for worker, there in sorted(found.items()):
        if isinstance(there, OSError):
            # It left while it was asked, as workers of clusters that adapt do.
            continue
        if isinstance(there, BaseException):
            raise ModelParityError(
                f"worker {worker} does not answer: {type(there).__name__}: {there}; install "
                f"pytest-modelparity {versions()['pytest-modelparity']} there"
            )
        _check(f"worker {worker}", there, versions())


def check_this_worker(client: Mapping[str, str]) -> None:
    """Refuse to compute in a worker that joined since the others were asked.

    Parameters
    ----------
    client : mapping of str to str
        The versions where the pass comes from.

    Raises
    ------
    ModelParityError
        If a version here is another one.
    """
    if versions() != client:
        _check(this_worker(), versions(), client)


def this_worker() -> str:
    """Return what to call the worker that computes this."""
    return f"worker {importlib.import_module('distributed').get_worker().address}"


def _check(worker: str, there: Mapping[str, str], here: Mapping[str, str]) -> None:
    """Refuse a worker that has another version of a package."""
    for package in NEEDED:
        if there[package] != here[package]:
            raise ModelParityError(
                f"{another_version(worker, package, there[package], here[package])}: passes over "
                f"rows must compute the same everywhere; install the same version there"
            )


def another_version(worker: str, package: str, there: str, here: str) -> str:
    """Say which version a worker has; nothing stands for a package that it lacks."""
    return f"{worker} has {package} {there or '(not installed)'} and this process {here}"


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


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the version of each package that is needed; empty where it is not installed."""
    found = {}
    for package in NEEDED:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = ""
    return found
