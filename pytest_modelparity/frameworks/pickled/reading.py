"""Loading a pickle: one sentence where it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.artefact import error_line, first_line


def read_pickle(path: Path, name: str) -> Any:
    """Return what is in a pickle, of pickle itself or of joblib.

    Raises
    ------
    ModelParityError
        If there is no file, it is cut off, or it needs a package or class that is not there.
    """
    try:
        loaded = joblib.load(path)
    except OSError as error:
        raise ModelParityError(
            f"{name} cannot be read: {error.strerror or first_line(error)}; pass the path of a "
            f"file that is there"
        ) from error
    except (ImportError, AttributeError) as error:
        raise ModelParityError(
            f"{name} needs what is not there ({first_line(error)}); install or import it first"
        ) from error
    # What is no pickle may raise anything.
    except Exception as error:
        raise ModelParityError(
            f"{name} is none, or is cut off ({error_line(error)}); write it again"
        ) from error
    if loaded is None:
        raise ModelParityError(f"{name} holds None; write the trained model into it")
    return loaded
