"""``python -m pytest_modelparity``."""

from __future__ import annotations

import sys

from pytest_modelparity.cli import main

if __name__ == "__main__":
    sys.exit(main())
