"""A function that is sent to workers once, and made there again once for each of their threads."""

from __future__ import annotations

import io
import pickle
import sys
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import cloudpickle

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.dask.workers import another_version, this_worker
from pytest_modelparity.sides.artefact import error_line
from pytest_modelparity.sides.dataset import Dataset
from pytest_modelparity.sides.row_parts import without_rows

#: What every worker has: checked before any pass.
EVERYWHERE = {"pytest_modelparity", *sys.stdlib_module_names}
#: Folders that packages are installed in.
INSTALLED = {"site-packages", "dist-packages"}


class NotSentError(ModelParityError):
    """A function cannot work where the rows lie; it says why."""


class Sent:
    """A function as it lies on a worker.

    Parameters
    ----------
    pickled : bytes
        The function.
    versions : mapping of str to str
        Those of the packages that it is made of, where it comes from.
    """

    def __init__(self, pickled: bytes, versions: Mapping[str, str]) -> None:
        self._pickled, self._versions = pickled, versions
        # A model need not bear two threads: each has its own.
        self._own, self._lock = threading.local(), threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return _kept, (self._pickled, tuple(self._versions.items()))

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that it is made of."""
        return tuple(self._versions)

    @property
    def function(self) -> Callable[..., Any]:
        """The function of this thread.

        Raises
        ------
        NotSentError
            If this process lacks a package, has another version of one, or cannot make it.
        """
        if not hasattr(self._own, "function"):
            with self._lock:
                self._own.function = self._made()
        function: Callable[..., Any] = self._own.function
        return function

    def _made(self) -> Callable[..., Any]:
        """Return the function, made of what was sent."""
        for package, version in self._versions.items():
            try:
                found = version_of(package)
            except ImportError:
                found = ""
            if found != version:
                raise NotSentError(
                    f"{another_version(this_worker(), package, found, version)}; install the same "
                    f"version there"
                )
        try:
            function: Callable[..., Any] = pickle.loads(self._pickled)
        # Whatever is in a model may go wrong as it is made.
        except Exception as error:
            raise NotSentError(
                f"{this_worker()} could not make the models again ({error_line(error)})"
            ) from error
        return function


# A scheduler drops copies that few tasks wait for, and sends them again: it stays the same one.
@lru_cache(maxsize=1)
def _kept(pickled: bytes, versions: tuple[tuple[str, str], ...]) -> Sent:
    """Return what arrives in this process, the last until another one does."""
    return Sent(pickled, dict(versions))


def sent_function(function: Callable[..., Any]) -> Sent:
    """Return a function as it is sent, without the rows of any data set that it holds.

    Raises
    ------
    NotSentError
        If it holds something that only this process has.
    """
    written = io.BytesIO()
    pickler = _Pickler(written)
    try:
        pickler.dump(function)
    # Whatever is in a model may refuse to leave.
    except Exception as error:
        raise NotSentError(f"the models cannot be sent to workers ({error_line(error)})") from error
    finally:
        pickler.close()
    versions = {package: version_of(package) for package in sorted(pickler.packages)}
    return Sent(written.getvalue(), versions)


def version_of(package: str) -> str:
    """Return the version of a package; of Keras with that of what it computes by."""
    module = import_module(package)
    version = str(getattr(module, "__version__", ""))
    if package != "keras":
        return version
    backend = module.backend.backend()
    return f"{version} on {backend} {version_of(backend)}"


class _Pickler(cloudpickle.Pickler):
    """Writes down a function without the rows of data sets, and notes what it is made of.

    What is in a module of the user's own, such as a file of tests, is written down itself: workers
    need not know it. That is a setting of the process, until it is closed.
    """

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.packages: set[str] = set()
        self._own: list[ModuleType] = []

    def reducer_override(self, value: Any) -> Any:
        """Return how one object is made again."""
        if isinstance(value, Dataset) and value.n_samples:
            return _itself, (without_rows(value),)
        kind = value if isinstance(value, (type, FunctionType)) else type(value)
        module, package = sys.modules.get(kind.__module__), kind.__module__.partition(".")[0]
        if module is not None and package not in EVERYWHERE:
            if _is_installed(module):
                self.packages.add(package)
            elif module not in self._own:
                self._own.append(module)
                cloudpickle.register_pickle_by_value(module)
        return super().reducer_override(value)

    def close(self) -> None:
        """Leave modules to others as they were."""
        for module in self._own:
            cloudpickle.unregister_pickle_by_value(module)


def _is_installed(module: ModuleType) -> bool:
    """Whether a module is of a package that was installed, and not of a folder of its user's."""
    file = getattr(module, "__file__", None)
    return file is None or not INSTALLED.isdisjoint(Path(file).parts)


def _itself(data: Dataset) -> Dataset:
    """Return what was sent."""
    return data
