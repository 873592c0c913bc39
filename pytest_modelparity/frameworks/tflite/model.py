"""A TFLite interpreter as a model: fed any number of rows, its whole numbers read as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.tflite.quantized import as_numbers, as_whole, read_whole_numbers
from pytest_modelparity.sides.artefact import Artefact, content_of, first_line, shaped, title_of


def open_model(interpreter: Any, given: Any) -> Artefact:
    """Return an interpreter as an artefact.

    Parameters
    ----------
    interpreter : Interpreter
        Of ai-edge-litert or of TensorFlow; left with the shapes that it has.
    given : object
        What the user gave, for its name.

    Raises
    ------
    ModelParityError
        If it has several inputs or outputs.
    """
    runner = _Runner(interpreter, given)
    return Artefact(
        title=title_of(given, "TFLite"),
        ask=runner,
        whole_numbers=read_whole_numbers(interpreter, runner.n_outputs),
    )


class _Runner:
    """Runs an interpreter on rows; what was given is its file, or itself."""

    def __init__(self, interpreter: Any, given: Any) -> None:
        self._interpreter, self._given = interpreter, given
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        for what, details in (("inputs", inputs), ("outputs", outputs)):
            if len(details) != 1:
                names = ", ".join(each["name"] for each in details)
                raise ModelParityError(
                    f"the TFLite model has {len(details)} {what} ({names}), and one is compared; "
                    f"pass a function of X that runs it"
                )
        (self._input,), (self._output,) = inputs, outputs

    @property
    def n_outputs(self) -> int:
        """Columns of what it predicts."""
        return int(np.prod(self._output["shape"][1:]))

    def __call__(self, X: Any) -> np.ndarray:
        """Return what it predicts of rows."""
        rows = shaped(X, [int(size) for size in self._input["shape"][1:]], "the TFLite model")
        n_rows = int(self._input["shape"][0])
        # Without a free first size operators between may have a fixed one.
        if self._input["shape_signature"][0] == -1 or len(rows) == n_rows:
            return self._run(rows)
        whole = np.concatenate([rows, np.repeat(rows[-1:], -len(rows) % n_rows, axis=0)])
        parts = [self._run(whole[start : start + n_rows]) for start in range(0, len(rows), n_rows)]
        return np.concatenate(parts)[: len(rows)]

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how it is made again in another process, of what is in its file."""
        if self._given is self._interpreter:
            raise TypeError("an open Interpreter stays where it is; pass the path of its file")
        return _opened_again, (type(self._interpreter), content_of(self._given, "TFLite")[0])

    @contextmanager
    def _resized(self, n_rows: int) -> Iterator[None]:
        """Let it take a number of rows; leave it as it was found."""
        own = self._interpreter.get_input_details()[0]["shape"]
        self._resize([n_rows, *own[1:]])
        try:
            yield
        finally:
            self._resize(own)

    def _run(self, rows: np.ndarray) -> np.ndarray:
        """Return what it predicts of rows that it takes at once."""
        interpreter = self._interpreter
        with self._resized(len(rows)):
            interpreter.set_tensor(self._input["index"], as_whole(rows, self._input))
            try:
                interpreter.invoke()
            except (ValueError, RuntimeError) as error:
                raise _not_run(error) from error
            made = interpreter.get_tensor(self._output["index"])
            return as_numbers(np.array(made), self._output)

    def _resize(self, shape: Any) -> None:
        """Give its input a shape."""
        try:
            self._interpreter.resize_tensor_input(self._input["index"], list(map(int, shape)))
            # Always beside the other: before it, outputs hold whatever was in memory.
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise _not_run(error) from error


def _opened_again(kind: Callable[..., Any], content: bytes) -> _Runner:
    """Return the model of a file, run by an interpreter of a kind."""
    interpreter = kind(model_content=content)
    interpreter.allocate_tensors()
    return _Runner(interpreter, content)


def _not_run(error: Exception) -> ModelParityError:
    """Return the error of a model that cannot be run."""
    return ModelParityError(
        f"the TFLite model cannot predict these rows: {first_line(error)}; pass the rows that it "
        f"was exported for"
    )
