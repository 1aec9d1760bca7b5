# SPDX-License-Identifier: Apache-2.0
"""Models the robot's kinematics and dynamics, and what follows from them alone."""
