# SPDX-License-Identifier: Apache-2.0
"""Expands a xacro file, where xacro is installed."""

from __future__ import annotations

from pathlib import Path
from xml.dom.minidom import Document

from talus_description.formats.urdf_model import DescriptionError


def expanded(source: Path) -> Document:
    """Return the URDF of a xacro file. Raises DescriptionError, with the remedy, in one line."""
    try:
        import xacro
    except ImportError as error:
        raise DescriptionError(
            f"{source}: xacro is not installed; expand it elsewhere: `xacro FILE > robot.urdf`"
        ) from error
    try:
        return xacro.process_file(str(source))
    except Exception as error:  # whatever an expression in the file raises
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DescriptionError(f"{source}: xacro cannot expand it: {reason}") from error
