# SPDX-License-Identifier: Apache-2.0
"""Prints a robot's URDF as others shall get it: `python -m talus_description.describe FOLDER`.

It is the file that `robot.yaml` names, with meshes that lie in the robot's folder as `file://`
URIs: whoever reads the text of `robot_description` knows no folder.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr, unescape

from talus_core.errors import TalusError
from talus_core.machine.program import CommandLine
from talus_core.robot import model_file

_MESH = re.compile(r"(<mesh\b[^>]*?\bfilename\s*=\s*)([\"'])(.*?)\2", re.DOTALL)


def description_text(folder: Path) -> str:
    """Return the URDF of a robot, all else than relative mesh paths letter by letter.

    Raises TalusError, OSError or UnicodeDecodeError where it cannot be read.
    """
    urdf = model_file(folder, "urdf")
    home = urdf.resolve().parent

    def located(match: re.Match[str]) -> str:
        name = unescape(match[3], {"&quot;": '"', "&apos;": "'"})
        if "://" in name or name.startswith("/"):
            return match[0]
        return match[1] + quoteattr("file://" + quote(str(home / name)))

    return _MESH.sub(located, urdf.read_text(encoding="utf-8"))


def main() -> int:
    """Run the command and return its exit code: 2 for a robot that cannot be read."""
    parser = CommandLine(prog="talus_description.describe", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of the robot, with robot.yaml")
    try:
        text = description_text(parser.parse_args().folder)
    except (TalusError, OSError, UnicodeDecodeError) as error:
        print(f"describe: {error}", file=sys.stderr)
        return 2
    sys.stdout.buffer.write(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
