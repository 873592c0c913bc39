"""A module as a function of rows: copied, asked in one floating type, its outputs as columns."""

from __future__ import annotations

import copy

import numpy as np
import torch

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.torch.session import torch_state_kept
from pytest_modelparity.sides.finite import Matrix
from pytest_modelparity.theory.design import dense_rows

#: Rows that a module is asked for in one call.
ROWS_A_CALL = 8192


def copy_of(module: torch.nn.Module) -> torch.nn.Module:
    """Return a copy on the processor; the user's module is never run or changed.

    Raises
    ------
    ModelParityError
        If it cannot be copied, or holds no numbers yet.
    """
    name = type(module).__name__
    # A lazy layer gets its shape from the rows that it sees first.
    if any(torch.nn.parameter.is_lazy(tensor) for tensor in module.parameters()):
        raise ModelParityError(
            f"the candidate {name} has layers that have not seen a row yet; call it once on rows "
            f"of X, and train it"
        )
    if any(tensor.is_meta for tensor in (*module.parameters(), *module.buffers())):
        raise ModelParityError(
            f"the candidate {name} is on the device 'meta', which holds no numbers; pass the "
            f"module with its weights"
        )
    try:
        return copy.deepcopy(module).to("cpu")
    # A module may hold anything: a lock, a file, a tensor in the middle of a graph.
    except Exception as error:
        raise ModelParityError(
            f"the candidate {name} cannot be copied: {error}; pass a function of X that calls it"
        ) from error


def dtype_of(module: torch.nn.Module) -> torch.dtype:
    """Return the floating type that a module computes in."""
    found = (
        tensor.dtype
        for tensor in (*module.parameters(), *module.buffers())
        if tensor.is_floating_point()
    )
    return next(found, torch.get_default_dtype())


def outputs_of(module: torch.nn.Module, rows: Matrix, dtype: torch.dtype) -> np.ndarray:
    """Return what a module puts out for rows, without gradients, one row a row.

    Parameters
    ----------
    module : torch.nn.Module
        In ``eval()`` mode.
    rows : ndarray or CSR matrix of shape (n_rows, n_features)
        What it is asked for.
    dtype : torch.dtype
        What the rows are handed over in.

    Returns
    -------
    ndarray of shape (n_rows,) or (n_rows, n_outputs)
        In the floating type of the outputs; float32 where NumPy has none for it.

    Raises
    ------
    ModelParityError
        If it cannot be called with rows, or returns something else.
    """
    parts, n_rows = [], int(rows.shape[0])
    with torch_state_kept(), torch.no_grad():
        for start in range(0, n_rows, ROWS_A_CALL):
            part = dense_rows(rows, slice(start, start + ROWS_A_CALL), ones=False)
            wanted = len(part)
            if wanted == 1:
                # `squeeze()` without an axis makes a number of one row.
                part = np.vstack([part, part])
            # A file is mapped to be read alone, of which torch warns.
            given = torch.from_numpy(np.require(part, requirements=["C", "W"])).to(dtype)
            parts.append(_as_array(_called(module, given), module, len(part))[:wanted])
    return np.concatenate(parts)


def _called(module: torch.nn.Module, rows: torch.Tensor) -> torch.Tensor:
    """Return what a module makes of rows."""
    name, shape = type(module).__name__, tuple(rows.shape)
    try:
        outputs = module(rows)
    # Whatever a forward of the user's raises.
    except Exception as error:
        raise ModelParityError(
            f"the candidate {name} could not be called with a tensor of shape {shape}, it raised "
            f"{type(error).__name__}: {error}; pass a module whose forward takes rows of X"
        ) from error
    if not isinstance(outputs, torch.Tensor):
        raise ModelParityError(
            f"the candidate {name} must return one tensor, got {type(outputs).__name__}; pass a "
            f"module whose forward returns the outputs alone"
        )
    return outputs


def _as_array(outputs: torch.Tensor, module: torch.nn.Module, n_rows: int) -> np.ndarray:
    """Return outputs as an array."""
    if outputs.ndim not in (1, 2) or outputs.shape[0] != n_rows:
        raise ModelParityError(
            f"the candidate {type(module).__name__} must return one row of outputs for each row, "
            f"got a tensor of shape {tuple(outputs.shape)} for {n_rows} rows; flatten what "
            f"is more than one axis"
        )
    # NumPy has no bfloat16.
    known = outputs.float() if outputs.dtype == torch.bfloat16 else outputs
    array: np.ndarray = known.detach().cpu().numpy()
    return array
