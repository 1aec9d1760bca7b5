# SPDX-License-Identifier: Apache-2.0
"""Makes the numbers of a configuration fit a robot of another size."""
