# SPDX-License-Identifier: Apache-2.0
"""Says what the gate believes of joints, feet and vertical whose own sensor has failed."""
