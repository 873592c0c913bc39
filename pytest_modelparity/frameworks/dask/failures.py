"""What can go wrong while a graph is computed, each in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from pytest_modelparity.errors import InvalidDataError, ModelParityError
from pytest_modelparity.sides.artefact import error_line, first_line

#: Names of the errors of a scheduler that cannot be reached any more; `distributed` need not be
#: installed where these come from.
LOST = ("CommClosedError", "FutureCancelledError", "ClosedClientError", "TimeoutError")
#: Of a task that ended every worker that tried it.
KILLED = "KilledWorker"
#: How the error of tasks begins that the scheduler cannot read; its cause says why.
UNREAD = "Error during deserialization of the task graph"


class FailedTaskError(InvalidDataError):
    """A task of a graph raised an error.

    Parameters
    ----------
    raised : Exception
        The error.
    what : str
        What was computed, such as "block 3 of X".
    """

    def __init__(self, raised: BaseException, what: str) -> None:
        super().__init__(f"{what} could not be computed ({error_line(raised)}); mend what makes it")
        self.raised = raised


def failed(raised: BaseException, what: str) -> ModelParityError:
    """Return what to say of a task that raised an error which is none of ours."""
    if type(raised).__name__ == KILLED:
        # Where to read on is for who runs the cluster.
        said = first_line(raised).partition(". ")[0]
        return ModelParityError(
            f"{what} ended every worker that worked on it ({said}); give workers more memory, or "
            f"make chunks smaller"
        )
    if str(raised).startswith(UNREAD):
        said = error_line(raised.__cause__ or raised)
        return ModelParityError(
            f"the dask scheduler cannot read the tasks of X ({said}); install where it runs what "
            f"they are made of"
        )
    return FailedTaskError(raised, what)


def failed_together(raised: BaseException) -> ModelParityError:
    """Return what to say of a task that raised an error, though what it takes can be computed."""
    return ModelParityError(
        f"a pass over X failed ({error_line(raised)}), and each of its blocks can be computed "
        f"alone; make chunks smaller, or give workers more memory"
    )


@contextmanager
def in_words() -> Iterator[None]:
    """Say in one sentence what goes wrong inside between this process and a cluster.

    Raises
    ------
    ModelParityError
        If the scheduler is lost, or what is computed cannot be sent there.
    """
    try:
        yield
    except ModelParityError:
        raise
    except Exception as error:
        if isinstance(error, (CancelledError, OSError)) or type(error).__name__ in LOST:
            raise lost_scheduler(error) from error
        raise FailedTaskError(error, "a task for workers") from error


def lost_scheduler(error: Exception) -> ModelParityError:
    """Return what to say of a scheduler that does not answer."""
    return ModelParityError(
        f"the dask scheduler cannot be reached any more ({error_line(error)}); start the cluster "
        f"and its Client again, and repeat this check"
    )


def no_workers(address: str, seconds: float, setting: str) -> ModelParityError:
    """Return what to say of a scheduler that has nobody to work for it."""
    return ModelParityError(
        f"the dask scheduler at {address} has no worker, and none came in {seconds:g} s "
        f"({setting}); start workers for it, or give it more time"
    )
