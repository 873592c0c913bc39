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
    # onnx's own class, as skl2onnx returns it.
    written = given.SerializeToString() if hasattr(given, "SerializeToString") else given
    runner = _Runner(written, *_session(written))
    return Artefact(
        title=title_of(given, "ONNX"), ask=runner, classes=runner.classes, advice=ADVICE
    )


class _Runner:
    """Runs a session on rows.

    Parameters
    ----------
    given : path, bytes or InferenceSession
        As the user gave it.
    session : InferenceSession
        The model, opened.
    name : str
        What to call it in a sentence.
    """

    def __init__(self, given: Any, session: Any, name: str) -> None:
        self._given, self._session, self._name = given, session, name
        self._feeder = Feeder(session.get_inputs(), name)
        self._reader = Reader(session.get_outputs(), name)
        #: Those that its outputs name, where they do.
        self.classes = self._reader.classes_by(lambda: self._run(self._feeder.one_row()))

    def __call__(self, X: Any) -> np.ndarray:
        """Return what it predicts of rows."""
        read = self._reader.read
        parts = [read(self._run(feed))[:n_rows] for feed, n_rows in self._feeder.feeds(X)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how it is made again in another process, of what is in its file."""
        if self._given is self._session:
            raise TypeError("an open InferenceSession stays where it is; pass the path of its file")
        return _opened_again, (type(self._session), content_of(self._given, "ONNX")[0], self._name)

    def _run(self, feed: dict[str, np.ndarray]) -> Any:
        """Return what the session makes of its inputs."""
        try:
            return self._session.run([output.name for output in self._reader.outputs], feed)
        # The errors of onnxruntime have no class in common, and none is public (1.32).
        except Exception as error:
            raise ModelParityError(
                f"{self._name} cannot predict these rows: {first_line(error)}; pass the rows that "
                f"it was exported for"
            ) from error


def _opened_again(kind: type, content: bytes, name: str) -> _Runner:
    """Return the model of a file; its kind says which package it needs."""
    return _Runner(content, _session(content)[0], name)


def _session(given: Any) -> tuple[Any, str]:
    """Return a session, and what to call the model in a sentence."""
    if hasattr(given, "get_inputs"):
        return given, "the ONNX model"
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
