# SPDX-License-Identifier: Apache-2.0
"""Installs what the workspace needs: system packages, environment, Python packages, ROS 2."""
