# SPDX-License-Identifier: Apache-2.0
"""Makes a new key of the command path and prints its file: `python3 -m talus_core.graph.new_key`.

Launch files call it once per start, and hand the file's name to the nodes in `TALUS_COMMAND_KEY`.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from talus_core.errors import TalusError
from talus_core.graph.seal import KEY_VARIABLE, write_new_key
from talus_core.machine.places import key_place

NAME_BYTES = 8  # of a file's name, so that starts side by side do not meet


def make_key_file(environment: Mapping[str, str]) -> Path:
    """Return a new file with a new key. Raises PlaceError or SealKeyError."""
    path = key_place(environment).folder / f"{secrets.token_hex(NAME_BYTES)}.key"
    write_new_key(path)
    return path


@contextmanager
def key_of_start(environment: MutableMapping[str, str]) -> Iterator[None]:
    """Name a new key in the environment for a while, unless it names one already.

    Raises PlaceError or SealKeyError where no key can be made.
    """
    if environment.get(KEY_VARIABLE):
        yield
        return
    path = make_key_file(environment)
    environment[KEY_VARIABLE] = str(path)
    try:
        yield
    finally:
        del environment[KEY_VARIABLE]
        path.unlink(missing_ok=True)


def main() -> int:
    """Return 0, or 2 with one line of why no key can be made."""
    try:
        print(make_key_file(os.environ), end="")
    except TalusError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
