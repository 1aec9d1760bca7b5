# SPDX-License-Identifier: Apache-2.0
"""Turns torques and postures into commands of all joints, and sees what came of them."""
