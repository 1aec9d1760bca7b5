# SPDX-License-Identifier: Apache-2.0
"""Tells whether the workspace is ready, and takes the steps that are missing."""
