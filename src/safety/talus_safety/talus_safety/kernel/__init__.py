# SPDX-License-Identifier: Apache-2.0
"""The safety kernel: what decides, and all that it imports.

Every line and branch of it is tested.
"""
