# SPDX-License-Identifier: Apache-2.0
"""Driver node, lock-step, and the mock and MuJoCo drivers."""
