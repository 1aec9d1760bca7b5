# SPDX-License-Identifier: Apache-2.0
"""Makes a new key of the command path and prints its file: `python3 -m talus_core.graph.new_key`.

Launch files call it once per start, and hand the file's name to the nodes in `TALUS_COMMAND_KEY`.
"""

from __future__ import annotations

import os
import secrets
import sys

from talus_core.errors import TalusError
from talus_core.graph.seal import write_new_key
from talus_core.machine.places import key_place

NAME_BYTES = 8  # of a file's name, so that starts side by side do not meet


def main() -> int:
    """Return 0, or 2 with one line of why no key can be made."""
    try:
        path = key_place(os.environ).folder / f"{secrets.token_hex(NAME_BYTES)}.key"
        write_new_key(path)
    except TalusError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(path, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
