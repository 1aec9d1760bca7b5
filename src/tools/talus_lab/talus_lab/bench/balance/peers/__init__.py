# SPDX-License-Identifier: Apache-2.0
"""Public controllers of others on a robot of others, and ours on the same: in the same run, under the same shoves."""
