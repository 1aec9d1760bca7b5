# SPDX-License-Identifier: Apache-2.0
"""Finds the pose at which a view lies on the surfaces of a map."""
