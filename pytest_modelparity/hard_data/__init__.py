"""Small data sets that are hard for a solver, each for one reason, by name.

Every set has a seed of its own and is the same numbers in every version of numpy.
"""

from pytest_modelparity.hard_data.catalogue import classification, counts, regression
from pytest_modelparity.hard_data.data_set import HardData

__all__ = ["HardData", "classification", "counts", "regression"]
