# SPDX-License-Identifier: Apache-2.0
"""The command ./talus: prepares the workspace, checks the machine, runs the robot."""
