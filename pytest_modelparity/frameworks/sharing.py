"""Engines that can share a process in one order only: TensorFlow and triton, a part of torch.

Both hold a copy of LLVM, and the second to be loaded finds its options taken. Measured: with
triton 3.8 and 3.9 behind TensorFlow 2.21 the interpreter ends (status 134 or 139), no exception is
raised, and the run's results are lost; with triton first both work. torch loads triton when its
first optimizer is made, not when it is imported. Builds of torch for the processor have none.
Every other pair of the engines that a candidate may need was tried in both orders, and works.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec

from pytest_modelparity.errors import ModelParityError


def before_tensorflow() -> None:
    """Load triton where it is installed with torch: TensorFlow, which comes next, must be second.

    Also where torch is not loaded yet, as nobody knows what the run's later tests do; it takes
    0.4 s beside TensorFlow's 8 s.
    """
    if "tensorflow" in sys.modules or not (_is_there("torch") and _is_there("triton")):
        return
    # A triton that cannot be imported is of no use to torch either. What it warns about at its
    # import is none of the check's, and would raise where warnings are errors.
    with warnings.catch_warnings(), suppress(ImportError):
        warnings.simplefilter("ignore")
        import_module("triton")


def before_torch_optimizers() -> None:
    """Let torch make optimizers only where that does not end the interpreter.

    Raises
    ------
    ModelParityError
        Where TensorFlow was loaded before triton.
    """
    if "tensorflow" in sys.modules and "triton" not in sys.modules and _is_there("triton"):
        raise ModelParityError(
            "TensorFlow was imported before torch's compiler triton, and torch's first optimizer "
            "would now end this process without a word; put this line first in conftest.py: "
            "import triton"
        )


def before_unknown_training() -> None:
    """Let a function of the user's train, which may be in torch where that is loaded.

    Raises
    ------
    ModelParityError
        As `before_torch_optimizers`.
    """
    if "torch" in sys.modules:
        before_torch_optimizers()


def _is_there(name: str) -> bool:
    """Whether a package is loaded or installed."""
    return name in sys.modules or find_spec(name) is not None
