# SPDX-License-Identifier: Apache-2.0
"""From a bare machine to a built workspace, with the standard library alone: what stands behind `./talus`."""
