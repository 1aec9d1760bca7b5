# SPDX-License-Identifier: Apache-2.0
"""Lets files appear whole or not at all: they are made in a hidden folder beside, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def workplace_beside(folder: Path) -> Iterator[Path]:
    """Give an empty hidden folder on the same disk as `folder`; afterwards it is gone."""
    parent = folder.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f".{folder.resolve().name}.", dir=parent))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def put_in_place(made: Path, folder: Path, files: Iterable[Path]) -> None:
    """Move files from `made` to the same places in `folder`, once all of them are whole."""
    for file in files:
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(made / file, target)


def put_folder_in_place(made: Path, folder: Path) -> None:
    """Let the folder `made` be `folder`; what was there before goes only once this is there."""
    folder = folder.absolute()
    if not folder.exists():
        os.rename(made, folder)
        return
    old = made.with_name(f"{made.name}.old")
    os.rename(folder, old)
    os.rename(made, folder)
    shutil.rmtree(old, ignore_errors=True)
