# SPDX-License-Identifier: Apache-2.0
"""Finds PyTorch, which only training needs: installed beside Talus, in a folder of its own."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from talus_core.errors import TalusError

# `./talus` says where the checkout is.
TALUS_FOLDER = Path(os.environ.get("TALUS_ROOT") or Path.cwd())
TRAINING_PACKAGES = TALUS_FOLDER / ".talus" / "train" / "packages"
INSTALL_TRAINING = (
    "./talus exec -- python -m pip install --no-deps --require-hashes "
    "--target .talus/train/packages -r config/python/requirements-train.txt"
)


class NoTorchError(TalusError):
    """Tells that PyTorch is not there; the message says how to install it."""


def has_torch() -> bool:
    """Return whether PyTorch can be imported, after a look into its own folder."""
    if TRAINING_PACKAGES.is_dir() and str(TRAINING_PACKAGES) not in sys.path:
        sys.path.append(str(TRAINING_PACKAGES))  # last: what Talus pins comes first
        importlib.invalidate_caches()
    return importlib.util.find_spec("torch") is not None


def need_torch() -> None:
    """Raise NoTorchError where PyTorch is not there."""
    if not has_torch():
        raise NoTorchError(f"training needs PyTorch, which the robot does not: {INSTALL_TRAINING}")
