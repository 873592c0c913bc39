"""An ONNX model, opened by onnxruntime: one sentence where it cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.onnx.inputs import Feeder
from pytest_modelparity.frameworks.onnx.outputs import Reader
from pytest_modelparity.sides.artefact import Artefact, content_of, first_line, title_of

#: What to do where rows of the output are no probabilities.
ADVICE = (
    "write the file without options={'raw_scores': True}, or pass a function of X that applies the "
    "sigmoid or softmax to what session.run returns"
)


def open_model(given: Any) -> Artefact:
    """Return an ONNX model opened.

    Parameters
    ----------
    given : path, bytes, InferenceSession or onnx.ModelProto
        As the user gave it.

    Raises
    ------
    ModelParityError
        If it cannot be read or run, or has no outputs that can be compared.
    """
    session, name = _session(given)
    feeder = Feeder(session.get_inputs(), name)
    reader = Reader(session.get_outputs(), name)

    def run(feed: dict[str, np.ndarray]) -> Any:
        try:
            return session.run([output.name for output in reader.outputs], feed)
        # The errors of onnxruntime have no class in common, and none is public (1.32).
        except Exception as error:
            raise ModelParityError(
                f"{name} cannot predict these rows: {first_line(error)}; pass the rows that it was "
                f"exported for"
            ) from error

    def ask(X: Any) -> np.ndarray:
        parts = [reader.read(run(feed))[:n_rows] for feed, n_rows in feeder.feeds(X)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    return Artefact(
        title=title_of(given, "ONNX"),
        ask=ask,
        classes=reader.classes_by(lambda: run(feeder.one_row())),
        advice=ADVICE,
    )


def _session(given: Any) -> tuple[Any, str]:
    """Return a session, and what to call the model in a sentence."""
    if hasattr(given, "get_inputs"):
        return given, "the ONNX model"
    # onnx's own class, as skl2onnx returns it.
    given = given.SerializeToString() if hasattr(given, "SerializeToString") else given
    content, name = content_of(given, "ONNX")
    options = onnxruntime.SessionOptions()
    # What an error says is in the error: the log would write it to the terminal as well.
    options.log_severity_level = 4
    try:
        # By its path, since weights may lie in files beside it.
        source = content if isinstance(given, (bytes, bytearray)) else str(given)
        session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelParityError(f"{name} {_why(error)}") from error
    return session, name


def _why(error: Exception) -> str:
    """Return why onnxruntime cannot open a file, and what to do."""
    version = onnxruntime.__version__
    text = first_line(error).rpartition(" : ")[2]
    # By the name of the class: onnxruntime 1.32 exports none of them.
    kind = type(error).__name__
    if kind in ("InvalidProtobuf", "InvalidArgument"):
        return "is no ONNX model, or is cut off; write it again"
    if "No Op registered" in str(error) or "is not a registered function/op" in str(error):
        return (
            f"needs an operator that onnxruntime {version} does not have "
            f"({_operator(str(error))}); write it without that operator, or pass an "
            f"InferenceSession that has it registered"
        )
    if "ZipMap" in str(error):
        return (
            "makes dictionaries of doubles, which no runtime takes; write it with "
            "options={'zipmap': False}"
        )
    if "opset" in str(error) or "IR version" in str(error):
        return (
            f"was written for a later version of ONNX than onnxruntime {version} reads; upgrade "
            f"onnxruntime, or write it with an earlier target_opset"
        )
    return f"cannot be opened by onnxruntime {version}: {text}; write it again"


def _operator(text: str) -> str:
    """Return the operator that an error names."""
    if "No Op registered for" in text:
        return text.partition("No Op registered for ")[2].split(" ")[0]
    return text.partition(" is not a registered")[0].rpartition(" ")[2].partition("(")[0]
