# SPDX-License-Identifier: Apache-2.0
"""Finds what must come from the operating system, and installs it where that is allowed."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.process import run_logged
from talus_cli.bootstrap.progress import StepProgress

PYTHONS = ((3, 10), (3, 13))  # the versions that the ROS 2 wheels exist for

_APT_STATUS = re.compile(r"(dl|pm)status:([^:]*):([\d.]+):")  # stage, package or count, percent


@dataclass(frozen=True)
class SystemPart:
    """Describes what the system must offer, and the Debian packages that bring it.

    Where no package of this system brings it, `by_hand` says what does.
    """

    name: str
    purpose: str
    packages: tuple[str, ...]
    is_there: Callable[[], bool]
    by_hand: str = ""

    @property
    def remedy(self) -> str:
        """Return what to do where it is missing."""
        return f"apt install {' '.join(self.packages)}" if self.packages else self.by_hand


def _python_package(suffix: str) -> tuple[str, ...]:
    return (f"python{sys.version_info.major}.{sys.version_info.minor}-{suffix}",)


def _has_headers() -> bool:
    return Path(sysconfig.get_paths()["include"], "Python.h").exists()


def _has_venv() -> bool:
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def _loads(*libraries: str) -> bool:
    try:
        return all(ctypes.CDLL(name) for name in libraries)
    except OSError:
        return False


def _has_rendering() -> bool:
    return _loads("libEGL.so.1", "libEGL_mesa.so.0", "libOpenGL.so.0") or _loads(
        "libEGL.so.1", "libEGL_nvidia.so.0"
    )


def find_browser() -> tuple[str, str] | None:
    """Return a Chromium and its WebDriver, None where one is missing.

    Debian, Google and Ubuntu's snap call them by different names.
    """
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    driver = next(filter(None, map(shutil.which, ("chromedriver", "chromium.chromedriver"))), None)
    return (browser, driver) if browser and driver else None


def _browser_packages() -> tuple[str, ...]:
    """Return no packages on Ubuntu, whose packages of that name need a running snapd."""
    try:
        is_ubuntu = platform.freedesktop_os_release().get("ID") == "ubuntu"
    except OSError:
        is_ubuntu = False
    return () if is_ubuntu else ("chromium", "chromium-driver")


BUILD_PARTS = (
    SystemPart("python venv", "its own Python packages", _python_package("venv"), _has_venv),
    SystemPart("python headers", "building messages", _python_package("dev"), _has_headers),
    SystemPart(
        "C compiler", "building messages", ("gcc",), lambda: shutil.which("gcc") is not None
    ),
    SystemPart(
        "C++ compiler", "building messages", ("g++",), lambda: shutil.which("g++") is not None
    ),
)
RENDERING = SystemPart(
    "EGL",
    "cameras without a display",
    ("libegl1", "libegl-mesa0", "libopengl0", "libgl1-mesa-dri"),
    _has_rendering,
)
BROWSER = SystemPart(
    "chromium",
    "the tests of the web page",
    _browser_packages(),
    lambda: find_browser() is not None,
    "snap install chromium, or Google Chrome's package and the chromedriver of its version",
)


def check_machine() -> None:
    """Refuse a machine or a Python for which there are no packages."""
    if platform.system() != "Linux" or platform.machine() not in ("x86_64", "AMD64"):
        raise BootstrapError(
            f"this is {platform.system()} on {platform.machine()}; Talus needs Linux on x86-64"
        )
    if not PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        raise BootstrapError(
            f"this is Python {platform.python_version()}; Talus needs 3.10 to 3.13: "
            "install python3.11"
        )


def ensure(parts: Iterable[SystemPart], log: Path) -> None:
    """Install what is missing with apt where that is allowed; else raise BootstrapError."""
    missing = [part for part in parts if not part.is_there()]
    if not missing:
        return
    packages = [package for part in missing for package in part.packages]
    names = f"missing: {', '.join(f'{part.name} (for {part.purpose})' for part in missing)}"
    by_apt = [f"apt install {' '.join(packages)}"] if packages else []
    by_hand = [part.by_hand for part in missing if not part.packages]
    remedy = f"install it with: {', and '.join([*by_apt, *by_hand])}"
    prefix = _root_prefix()
    if prefix is None or not packages or not shutil.which("apt-get"):
        raise BootstrapError(f"{names}; {remedy}")
    _apt_install(prefix, packages, log)
    still = [part.name for part in missing if not part.is_there()]
    if still:
        raise BootstrapError(f"apt did not bring {', '.join(still)} (log: {log}); {remedy}")


def _root_prefix() -> list[str] | None:
    """Return words in front of a command that needs root; None where we may not."""
    if os.geteuid() == 0:
        return []
    may = (
        shutil.which("sudo")
        and not subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode
    )
    return ["sudo", "-n"] if may else None


def _apt_install(prefix: list[str], packages: list[str], log: Path) -> None:
    apt = [
        *prefix,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-q",
        "-o",
        "APT::Status-Fd=1",
    ]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    with StepProgress(f"installing {len(packages)} system packages") as progress:

        def watch(line: str) -> None:
            if found := _APT_STATUS.match(line):
                half = 50.0 * (found[1] == "pm")  # downloads first, then installs
                progress.update((half + float(found[3]) / 2.0) / 100.0, found[2])

        for attempt in (install, [*apt, "update"], install):
            code, output = run_logged(attempt, log, watch, os.environ)
            if not code and attempt is install:
                return
    reason = next((line for line in output.splitlines() if line.startswith("E:")), "see the log")
    raise BootstrapError(f"apt cannot install {' '.join(packages)}: {reason} (log: {log})")
