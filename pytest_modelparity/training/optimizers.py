"""The stock optimizers of Keras as formulas: what all of them do around their own updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pytest_modelparity.training.defaults import COMMON, OWN
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A stock optimizer of Keras (base_optimizer.py, Keras 3.15.1) without its learning rate.

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
    # Other frameworks mean something else by these names: torch's RMSprop adds epsilon outside the
    # root, its Adagrad starts at 0 and not at 0.1.
    if optimizer.framework != "keras" or optimizer.name not in _UPDATES:
        return None
    # A schedule of the user's own is a program, which may ask for anything but the step.
    if isinstance(optimizer.rate, Schedule) and not optimizer.rate.known:
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
