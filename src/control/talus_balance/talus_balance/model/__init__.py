# SPDX-License-Identifier: Apache-2.0
"""The robot's kinematics and dynamics, and what follows from them alone."""
