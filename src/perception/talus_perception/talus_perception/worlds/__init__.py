# SPDX-License-Identifier: Apache-2.0
"""Worlds made by procedure, their pictures and the truth about them; no PyTorch."""
