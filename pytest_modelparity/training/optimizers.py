"""Stock optimizers as formulas: what all of them do around their own updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.training import torch_updates
from pytest_modelparity.training.defaults import COMMON, OWN, TORCH, TORCH_COMMON
from pytest_modelparity.training.momentum import SGD, Adam, Adamax, Lion, Nadam
from pytest_modelparity.training.recipe import Optimizer, Schedule
from pytest_modelparity.training.squares import Adadelta, Adagrad, Ftrl, RMSprop
from pytest_modelparity.training.updates import Update

#: By the name of the Keras class.
_UPDATES: Mapping[str, Callable[..., Update]] = {
    "SGD": SGD,
    "Adam": Adam,
    "AdamW": Adam,
    "RMSprop": RMSprop,
    "Adagrad": Adagrad,
    "Adadelta": Adadelta,
    "Nadam": Nadam,
    "Adamax": Adamax,
    "Ftrl": Ftrl,
    "Lion": Lion,
}
#: By the name of the class in torch.
_OF_TORCH: Mapping[str, Callable[..., Update]] = {
    "SGD": torch_updates.SGD,
    "Adam": torch_updates.Adam,
    "AdamW": torch_updates.Adam,
    "NAdam": torch_updates.NAdam,
    "Adamax": torch_updates.Adamax,
    "RMSprop": torch_updates.RMSprop,
    "Adagrad": torch_updates.Adagrad,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A stock optimizer without its learning rate; what Keras's can do, torch's do not.

    As in base_optimizer.py of Keras 3.15.1.

    Loss scaling is no part of it: it multiplies the loss and divides the gradient, which cancels
    to the rounding of float32.

    Parameters
    ----------
    update : Update
        Its own update.
    weight_decay : float, optional
        Decoupled: the weights shrink by this share of a step of the learning rate.
    clipvalue, clipnorm, global_clipnorm : float, optional
        Limits of the gradient: of an element, of kernel and bias apart, of both together.
    use_ema, ema_momentum, ema_overwrite_frequency : bool, float, int or None
        Averaging of the weights; the averages are what ``fit`` leaves.
    gradient_accumulation_steps : int, optional
        Batches whose mean gradient makes one step.
    """

    update: Update
    weight_decay: float | None
    clipvalue: float | None
    clipnorm: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    gradient_accumulation_steps: int | None

    @property
    def batches_a_step(self) -> int:
        """Batches that make one step of the update."""
        return self.gradient_accumulation_steps or 1

    def slots(self) -> Mapping[str, float]:
        """Return the first value of each slot, by the name that Keras gives it."""
        slots = dict(self.update.slots())
        if self.use_ema:
            slots["average"] = 0.0
        if self.batches_a_step > 1:
            slots["gradient_accumulator"] = 0.0
        return slots

    def factors(self, rates: np.ndarray, first: int) -> tuple[np.ndarray, ...]:
        """Return what each batch's step is made with: learning rate, then the update's factors.

        Parameters
        ----------
        rates : ndarray of float32
            Learning rates, the batches along the first axis.
        first : int
            Batches that were seen before.
        """
        # The update counts its steps, a schedule the batches.
        steps = (first + np.arange(len(rates))) // self.batches_a_step + 1
        # Float32, in which Keras raises betas to their power.
        numbers = steps.astype(np.float32).reshape(-1, *[1] * (rates.ndim - 1))
        return (rates, *self.update.factors(rates, numbers))


def formula_of(optimizer: Optimizer) -> Formula | None:
    """Return an optimizer's formula.

    Returns
    -------
    Formula or None
        ``None`` for an optimizer, a schedule or an option that is not known here: only ``fit``
        itself can tell what it does.
    """
    # A schedule of the user's own is a program, which may ask for anything but the step.
    if isinstance(optimizer.rate, Schedule) and not optimizer.rate.known:
        return None
    # Frameworks mean different things by the same names: torch's RMSprop adds epsilon outside the
    # root, its Adagrad starts at 0 and not at 0.1.
    if optimizer.framework == "torch":
        return _of_torch(optimizer)
    if optimizer.framework != "keras" or optimizer.name not in _UPDATES:
        return None
    own = OWN[optimizer.name]
    # A later Keras may bring options that this table does not have.
    if not all(name in own or name in COMMON for name, _ in optimizer.options):
        return None
    update = _UPDATES[optimizer.name](
        **{name: optimizer.option(name) for name in own if name not in COMMON}
    )
    common = {name: optimizer.option(name) for name in COMMON if name != "loss_scale_factor"}
    return Formula(update=update, **common)


def _of_torch(optimizer: Optimizer) -> Formula | None:
    """Return the formula of an optimizer of torch."""
    if optimizer.name not in _OF_TORCH:
        return None
    own = TORCH[optimizer.name]
    if not all(name in own or name in TORCH_COMMON for name, _ in optimizer.options):
        return None
    names = [name for name in own if name != "weight_decay"]
    return Formula(
        update=_OF_TORCH[optimizer.name](**{name: optimizer.option(name) for name in names}),
        weight_decay=optimizer.option("weight_decay"),
        clipvalue=None,
        clipnorm=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.0,
        ema_overwrite_frequency=None,
        gradient_accumulation_steps=None,
    )
