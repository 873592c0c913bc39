"""Types of arrays of data sets."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Array: TypeAlias = NDArray[Any]
Random: TypeAlias = np.random.RandomState
