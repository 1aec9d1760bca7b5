# SPDX-License-Identifier: Apache-2.0
"""Takes a bare machine to a built workspace with the standard library alone, behind `./talus`."""
