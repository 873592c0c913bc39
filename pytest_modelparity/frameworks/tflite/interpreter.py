"""A TFLite file, opened by ai-edge-litert: one sentence where it cannot be."""

from __future__ import annotations

from typing import Any

from ai_edge_litert.interpreter import Interpreter

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.sides.artefact import content_of, first_line


def interpreter_of(given: Any) -> Any:
    """Return an interpreter of a file, ready to run.

    Raises
    ------
    ModelParityError
        If the file cannot be read, is none, or needs an operator that is not there.
    """
    content, name = content_of(given, "TFLite")
    try:
        interpreter = Interpreter(model_content=content)
    except (ValueError, RuntimeError) as error:
        raise ModelParityError(
            f"{name} is no TFLite model, or is cut off ({first_line(error)}); convert it again"
        ) from error
    try:
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelParityError(f"{name} {_why(first_line(error))}") from error
    return interpreter


def _why(text: str) -> str:
    """Return why a file cannot be run, and what to do."""
    if "custom op" in text or "Select TensorFlow op" in text or "builtin opcode" in text:
        return (
            f"needs an operator that ai-edge-litert does not have ({text}); convert it with "
            f"supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS], or pass an Interpreter that has it"
        )
    return f"cannot be run: {text}; convert it again"
