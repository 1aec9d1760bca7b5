# SPDX-License-Identifier: Apache-2.0
"""Lets a learned policy drive in place of the model-based command, and takes over from it."""
