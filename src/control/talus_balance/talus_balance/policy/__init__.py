# SPDX-License-Identifier: Apache-2.0
"""A learned policy in the place of the model-based command, and the way back from it."""
