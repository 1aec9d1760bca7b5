# SPDX-License-Identifier: Apache-2.0
"""Tries before torque whether each joint of the legs is wired as the configuration says."""
