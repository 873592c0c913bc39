"""What can go wrong while a graph is computed, each in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.sides.artefact import first_line

#: Names of the errors of a scheduler that cannot be reached any more; `distributed` need not be
#: installed where these come from.
LOST = ("CommClosedError", "FutureCancelledError", "ClosedClientError", "TimeoutError")
#: Of a task that ended every worker that tried it.
KILLED = "KilledWorker"


@contextmanager
def in_words() -> Iterator[None]:
    """Say in one sentence what goes wrong inside.

    Raises
    ------
    ModelParityError
        If the scheduler is lost, a block kills its workers, or a block cannot be computed.
    """
    try:
        yield
    except ModelParityError:
        raise
    except Exception as error:
        raise _sentence(error) from error


def _sentence(error: Exception) -> ModelParityError:
    """Return what an error of a graph means to its user."""
    name, said = type(error).__name__, first_line(error)
    if isinstance(error, (CancelledError, OSError)) or name in LOST:
        return lost_scheduler(error)
    if name == KILLED:
        return ModelParityError(
            f"a block of X ended every worker that worked on it ({said}); give workers more "
            f"memory, or X smaller chunks"
        )
    return InvalidDataError(
        f"a block of X could not be computed: {name}: {said}; mend what makes the dask array"
    )


def lost_scheduler(error: Exception) -> ModelParityError:
    """Return what to say of a scheduler that does not answer."""
    return ModelParityError(
        f"the dask scheduler cannot be reached any more ({type(error).__name__}: "
        f"{first_line(error)}); start the cluster and its Client again, and repeat this check"
    )


def no_workers(address: str, seconds: float, setting: str) -> ModelParityError:
    """Return what to say of a scheduler that has nobody to work for it."""
    return ModelParityError(
        f"the dask scheduler at {address} has no worker, and none came in {seconds:g} s "
        f"({setting}); start workers for it, or give it more time"
    )
