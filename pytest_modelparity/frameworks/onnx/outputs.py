"""What an ONNX model returns, as one array of predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError

#: Types of outputs that can be compared: numbers.
NUMBERS = ("tensor(float)", "tensor(double)", "tensor(float16)")


class Reader:
    """Reads predictions from the outputs of a session.

    Parameters
    ----------
    outputs : list of onnxruntime.NodeArg
        Those of the session.
    name : str
        What to call the model in a sentence.

    Attributes
    ----------
    outputs : list of onnxruntime.NodeArg
        Those that are asked for.

    Raises
    ------
    ModelParityError
        If it returns labels alone, or several outputs that might be the one.
    """

    def __init__(self, outputs: list[Any], name: str) -> None:
        # ZipMap, the default of skl2onnx, makes a dictionary of each row.
        self._zipped = [each for each in outputs if each.type.startswith("seq(map(")]
        numbers = [each for each in outputs if each.type in NUMBERS]
        self.outputs = self._zipped[:1] or _of_numbers(numbers)
        self._classes: list[Any] | None = None
        listed = ", ".join(each.name for each in outputs)
        if not numbers and not self._zipped:
            raise ModelParityError(
                f"{name} returns labels alone ({listed}), and probabilities or numbers are "
                f"compared; export the model with its probabilities"
            )
        if not self.outputs:
            raise ModelParityError(
                f"{name} returns several outputs of numbers ({listed}), and which holds the "
                f"probabilities is not said; pass a function of X that returns that one"
            )

    def read(self, made: list[Any]) -> np.ndarray:
        """Return predictions of what a run returned: a column for each class, or one number."""
        if self._zipped:
            rows = made[0]
            classes = self._classes or sorted(rows[0], key=str)
            return np.array([[row[label] for label in classes] for row in rows], dtype=np.float32)
        # `zipmap="columns"` of skl2onnx: an output for each class.
        parts = [np.asarray(part) for part in made]
        return np.column_stack(parts) if len(parts) > 1 else parts[0]

    def classes_by(self, run: Callable[[], list[Any]]) -> np.ndarray | None:
        """Return the classes where the outputs name them; ``None`` where they do not.

        Parameters
        ----------
        run : callable
            Returns what the session makes of one row.
        """
        if not self._zipped:
            return None
        try:
            self._classes = sorted(run()[0][0])
        # It may refuse a row of zeros: then its columns are those of its dictionaries.
        except Exception:
            return None
        return np.asarray(self._classes)


def _of_numbers(outputs: list[Any]) -> list[Any]:
    """Return the outputs that hold predictions: one, or one for each class; none if unclear."""
    if len(outputs) <= 1 or all(len(each.shape) == 1 for each in outputs):
        return outputs
    named = [each for each in outputs if "proba" in each.name.lower()]
    return named if len(named) == 1 else []
