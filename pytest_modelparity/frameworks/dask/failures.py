"""What can go wrong while a graph is computed, each in one sentence."""

from __future__ import annotations

from concurrent.futures import CancelledError
from typing import Any

from dask.base import compute

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.sides.artefact import first_line

#: Names of the errors of a scheduler that cannot be reached any more; `distributed` need not be
#: installed where these come from.
LOST = ("CommClosedError", "FutureCancelledError", "ClosedClientError", "TimeoutError")
#: Of a task that ended every worker that tried it.
KILLED = "KilledWorker"


def computed(value: Any) -> Any:
    """Return what a dask value holds, computed by the scheduler that is active.

    Raises
    ------
    ModelParityError
        If the scheduler is lost, a block kills its workers, or a block cannot be computed.
    """
    try:
        (found,) = compute(value)
    except ModelParityError:
        raise
    except Exception as error:
        raise _in_words(error) from error
    return found


def _in_words(error: Exception) -> ModelParityError:
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
