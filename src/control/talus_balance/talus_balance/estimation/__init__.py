# SPDX-License-Identifier: Apache-2.0
"""What the sensors say of base, ground and drives."""
