# SPDX-License-Identifier: Apache-2.0
"""The robot in modern Gazebo (gz-sim), whose server runs in lock-step in the driver's process."""
