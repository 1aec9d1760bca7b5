# SPDX-License-Identifier: Apache-2.0
"""The driver node: one seam for every body, the last gate before it, and lock-step."""
