"""What is known as a TFLite model, without an interpreter: it is imported when one is opened."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.frameworks.loading import installing, load
from pytest_modelparity.frameworks.tflite.model import open_model
from pytest_modelparity.sides.artefact import Artefact, ArtefactKind, is_path

#: The identifier that a flatbuffer of this format has behind its first four bytes (schema.fbs).
IDENTIFIER = b"TFL3"


def is_tflite(given: Any) -> bool:
    """Whether it is the path of a TFLite file, its bytes, or an interpreter."""
    if isinstance(given, (bytes, bytearray)):
        return bytes(given[4:8]) == IDENTIFIER
    # ai_edge_litert's, tf.lite's and tflite_runtime's are one class, copied.
    if type(given).__name__ == "Interpreter":
        return hasattr(given, "get_input_details")
    return is_path(given, ".tflite", ".lite")


def _open(given: Any) -> Artefact:
    """Return a TFLite model opened."""
    interpreter = given
    if not hasattr(given, "get_input_details"):
        interpreter = load("tflite.interpreter", installing("tflite")).interpreter_of(given)
    return open_model(interpreter, given)


TFLITE = ArtefactKind(
    name="a TFLite model (the path of a .tflite file, its bytes, or an Interpreter)",
    word="tflite",
    is_one=is_tflite,
    open=_open,
)
