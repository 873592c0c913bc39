"""What is known as a SavedModel, without TensorFlow: it is imported when one is opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pytest_modelparity.frameworks.loading import load
from pytest_modelparity.frameworks.sharing import before_tensorflow
from pytest_modelparity.sides.artefact import Artefact, ArtefactKind

#: The file that makes a folder one.
GRAPH = "saved_model.pb"


def is_saved_model(given: Any) -> bool:
    """Whether it is the path of a folder with a SavedModel."""
    return isinstance(given, (str, os.PathLike)) and (Path(given) / GRAPH).is_file()


def _open(given: Any) -> Artefact:
    """Return a SavedModel opened."""
    before_tensorflow()
    module = load("saved_model.model", "run: pip install tensorflow")
    opened: Artefact = module.open_model(given)
    return opened


SAVED_MODEL = ArtefactKind(
    name="the path of a SavedModel",
    word="saved_model",
    is_one=is_saved_model,
    open=_open,
)
