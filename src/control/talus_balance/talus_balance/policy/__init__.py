# SPDX-License-Identifier: Apache-2.0
"""A learned policy in the place of the whole-body controller's command, and the way back from it."""
