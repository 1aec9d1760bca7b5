# SPDX-License-Identifier: Apache-2.0
"""States the facts that hold of every driver, one theme a file."""
