# SPDX-License-Identifier: Apache-2.0
"""The commands that arrive, and their way through the last gate to the drives."""
