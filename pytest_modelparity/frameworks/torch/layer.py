"""The weights of a module that are trained, and whether they are those of one linear layer."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np
import torch

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.frameworks.torch.affine import (
    LOG_SOFTMAX,
    SOFTMAX,
    affine_map_of,
    centred,
)
from pytest_modelparity.frameworks.torch.running import dtype_of, outputs_of
from pytest_modelparity.frameworks.torch.session import torch_state_kept
from pytest_modelparity.sides.dataset import Dataset

#: What the map of random weights may be off these, relative to the largest.
SAME = 1e-7
#: Rows on which a module in training is held against itself at prediction.
_ROWS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The linear layer that a module is trained in.

    Parameters
    ----------
    weight : str
        Name of the parameter.
    bias : str, optional
        The same; ``None``: it has none.
    n_outputs : int
        Outputs.
    transposed : bool
        Whether the weight has a row a feature, as in ``x @ weight``.
    link : str
        What comes behind it (`affine.AffineMap`).
    """

    weight: str
    bias: str | None
    n_outputs: int
    transposed: bool
    link: str

    def parameters(self, module: torch.nn.Module) -> list[torch.nn.Parameter]:
        """Return weight and, where there is one, bias of a module."""
        names = [self.weight] if self.bias is None else [self.weight, self.bias]
        return [module.get_parameter(name) for name in names]

    def arrays(self, module: torch.nn.Module) -> tuple[np.ndarray, np.ndarray]:
        """Return kernel (n_features, n_outputs) and bias (n_outputs,) of a module."""
        found = [one.detach().cpu().numpy() for one in self.parameters(module)]
        kernel = found[0].reshape(-1, self.n_outputs) if self.transposed else found[0].T
        bias = found[1].reshape(-1) if len(found) > 1 else np.zeros(self.n_outputs)
        return np.array(kernel), np.array(bias)

    def assign(self, module: torch.nn.Module, kernel: np.ndarray, bias: np.ndarray) -> None:
        """Set the layer's weights."""
        first, *rest = self.parameters(module)
        with torch.no_grad():
            weight = kernel if self.transposed else kernel.T
            first.copy_(torch.as_tensor(np.ascontiguousarray(weight)).reshape(first.shape))
            for one in rest:
                one.copy_(torch.as_tensor(bias).reshape(one.shape))


def find_layer(module: torch.nn.Module, data: Dataset) -> Layer | str:
    """Return the layer that a module is trained in, or a sentence on why it is none.

    Parameters
    ----------
    module : torch.nn.Module
        Not changed.
    data : Dataset
        Whose columns scale what it is asked for.
    """
    trained = {name: one for name, one in module.named_parameters() if one.requires_grad}
    if not trained:
        return "no weight of the module is trained"
    widths = [one.numel() // data.n_features for one in trained.values()]
    n_outputs = max(widths)
    sizes = sorted((one.numel() for one in trained.values()), reverse=True)
    allowed = ([n_outputs * data.n_features], [n_outputs * data.n_features, n_outputs])
    if not n_outputs or sizes not in allowed:
        return f"the module trains {len(trained)} tensors of {sum(sizes)} numbers, not one layer"
    names = sorted(trained, key=lambda name: -trained[name].numel())
    found = _by_random_weights(module, names, n_outputs, data)
    if isinstance(found, str):
        return found
    if not _is_the_same_in_training(module, data):
        return "the module does something else in training than at prediction"
    return found


def _by_random_weights(
    module: torch.nn.Module, names: list[str], n_outputs: int, data: Dataset
) -> Layer | str:
    """Give the layer random weights, and see whether these are the map then."""
    # Weights of zero would be those of any map.
    asked = copy.deepcopy(module).double().eval()
    generator = np.random.default_rng(0)
    spread = np.asarray(np.sqrt((abs(data.X[:1024]) ** 2).mean(axis=0))).reshape(-1)
    # Outputs of order 1: further out a link is flat, and shows nothing of what is behind it.
    kernel = generator.normal(size=(data.n_features, n_outputs))
    kernel /= np.sqrt(data.n_features) * np.where(spread > 0, spread, 1.0)[:, None]
    bias = generator.normal(size=n_outputs) if len(names) > 1 else np.zeros(n_outputs)
    weight = asked.get_parameter(names[0])
    # A square weight does not tell by its shape.
    shapes = {True: (data.n_features, n_outputs), False: (n_outputs, data.n_features)}
    for transposed, shape in shapes.items():
        if tuple(weight.shape) != shape and weight.ndim != 1:
            continue
        layer = Layer(
            weight=names[0],
            bias=names[1] if len(names) > 1 else None,
            n_outputs=n_outputs,
            transposed=transposed or weight.ndim == 1,
            link="",
        )
        layer.assign(asked, kernel, bias)
        found = affine_map_of(asked, data)
        if found is None or found.coef.shape[0] != n_outputs:
            continue
        # A softmax does not see what all of its outputs have in common.
        wanted = np.vstack([kernel, bias])
        seen = np.vstack([found.coef.T, found.intercept])
        if found.link in (SOFTMAX, LOG_SOFTMAX):
            wanted, seen = centred(wanted), centred(seen)
        if np.abs(seen - wanted).max() <= SAME * np.abs(wanted).max():
            return replace(layer, link=found.link)
    return "the module is no linear layer on the features as given"


def _is_the_same_in_training(module: torch.nn.Module, data: Dataset) -> bool:
    """Whether a module in ``train()`` mode puts out what it does in ``eval()`` mode."""
    rows, asked = data.X[:_ROWS], copy.deepcopy(module)
    with torch_state_kept():
        try:
            outputs = [
                outputs_of(mode(), rows, dtype_of(asked)) for mode in (asked.eval, asked.train)
            ]
        except ModelParityError:
            return False
    return bool(np.array_equal(outputs[0], outputs[1]))
