# SPDX-License-Identifier: Apache-2.0
"""Frames of rendered worlds with their truth: made afresh, kept in a pool or in files."""
