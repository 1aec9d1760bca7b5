# SPDX-License-Identifier: Apache-2.0
"""Load learned models whose manifest tells the truth about them, and refuse all others."""
