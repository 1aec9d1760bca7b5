# SPDX-License-Identifier: Apache-2.0
"""Public controllers of others on a robot of others, and ours under the same shoves."""
