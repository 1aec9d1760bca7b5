# SPDX-License-Identifier: Apache-2.0
"""Turn limb targets, which may jump, into references that a limb can follow."""
