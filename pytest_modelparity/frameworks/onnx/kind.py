"""What is known as an ONNX model, without onnxruntime: it is imported when one is opened."""

from __future__ import annotations

from typing import Any

from pytest_modelparity.frameworks.loading import installing, load
from pytest_modelparity.sides.artefact import Artefact, ArtefactKind, is_path

#: A file starts with its first field, the version of the format (onnx.proto, ``ir_version = 1``).
FIRST_FIELD = b"\x08"


def is_onnx(given: Any) -> bool:
    """Whether it is the path of an ONNX file, its bytes, a session, or a model of onnx itself."""
    if isinstance(given, (bytes, bytearray)):
        return bytes(given[:1]) == FIRST_FIELD
    # Nobody can hold one without its package.
    home = type(given).__module__.partition(".")[0]
    held = (home, type(given).__name__)
    return held in (("onnxruntime", "InferenceSession"), ("onnx", "ModelProto")) or is_path(
        given, ".onnx", ".ort"
    )


def _open(given: Any) -> Artefact:
    """Return an ONNX model opened."""
    opened: Artefact = load("onnx.model", installing("onnx")).open_model(given)
    return opened


ONNX = ArtefactKind(
    name="an ONNX model (the path of an .onnx file, its bytes, or an onnxruntime.InferenceSession)",
    word="onnx",
    is_one=is_onnx,
    open=_open,
)
