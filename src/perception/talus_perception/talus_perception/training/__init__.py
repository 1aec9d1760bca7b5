# SPDX-License-Identifier: Apache-2.0
"""The road of training; needs PyTorch, and no node imports it."""
