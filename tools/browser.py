"""Provide what the tests of the HTML report in a browser need: Chromium, its driver and axe-core.

Whatever cannot be had is said in one line, and the tests that need it are skipped with a reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

#: Debian's; the fonts because a bare container has none, and text without a font has no width.
PACKAGES = ("chromium", "chromium-driver", "fonts-dejavu-core")
APT = ("apt-get", "-qq", "-o", "Dpkg::Use-Pty=0")
#: Seconds, for each command.
LIMIT = 600


def provide(environment: Path) -> None:
    """Install what is missing: Chromium into the system where we may, axe-core for ourselves."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        provide_chromium()
    if not axe_core(environment).is_file():
        provide_axe_core(environment)


def axe_core(environment: Path) -> Path:
    """Return where axe-core stands; the browser tests look there too."""
    return environment / "axe" / "node_modules" / "axe-core" / "axe.min.js"


def provide_chromium() -> None:
    """Install Chromium and its driver from the system's packages."""
    if not shutil.which("apt-get") or os.name == "nt" or os.geteuid() != 0:
        missing("Chromium and its driver are not installed; on Debian and Ubuntu: ", *PACKAGES)
        return
    print(f"installing {', '.join(PACKAGES)}", flush=True)
    install = (*APT, "install", "--yes", "--no-install-recommends", *PACKAGES)
    # A fresh container has no lists of packages, one that is not so fresh has old ones.
    if not (succeeds(*install) or (succeeds(*APT, "update") and succeeds(*install))):
        missing("apt-get could not install ", *PACKAGES)


def provide_axe_core(environment: Path) -> None:
    """Install axe-core into a folder of the environment."""
    if not shutil.which("npm"):
        missing("npm is not installed, and so neither is ", "axe-core")
        return
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--silent")
    if not succeeds("npm", "install", *options, "--prefix", str(environment / "axe"), "axe-core@4"):
        missing("npm could not install ", "axe-core")


def succeeds(*command: str) -> bool:
    """Run a command and say whether it went well."""
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=settings, timeout=LIMIT, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr, flush=True)
        return False
    return done.returncode == 0


def missing(reason: str, *names: str) -> None:
    """Say what is missing, where errors go."""
    told = f"BROWSER TESTS WILL BE SKIPPED: {reason}{' '.join(names)}"
    print(told, file=sys.stderr, flush=True)
