# SPDX-License-Identifier: Apache-2.0
"""Fits the poses of key frames to what was measured between them."""
