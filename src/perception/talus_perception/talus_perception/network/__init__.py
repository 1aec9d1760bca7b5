# SPDX-License-Identifier: Apache-2.0
"""The shared trunk, its pyramid and the place where heads are joined; needs PyTorch."""
