# SPDX-License-Identifier: Apache-2.0
"""The simulated cameras: pictures and depths of the simulator's scene."""
