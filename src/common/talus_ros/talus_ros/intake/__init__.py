# SPDX-License-Identifier: Apache-2.0
"""Is the shell between a node and others: what they send cannot end it, and is told if useless."""
