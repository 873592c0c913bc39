"""What both sides predict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What both sides predict and the verdict rests on; the divergence of this name decides.

    Parameters
    ----------
    name : str
        ``"probability"`` for a classifier, ``"prediction"`` for a regressor.
    unit : str
        Such as ``"EUR"``; empty where it has none, as a probability.
    """

    # Reports of version 1 have no quantity, and are all of classifiers.
    name: str = "probability"
    unit: str = ""

    @property
    def plural(self) -> str:
        """The name of several."""
        return f"{self.name.removesuffix('y')}ies" if self.name.endswith("y") else f"{self.name}s"

    def unit_of(self, divergence: str) -> str:
        """Return the unit of a divergence by its name; of this quantity only the unit is known."""
        return self.unit if divergence in (self.name, f"{self.name}_rms") else ""
