# SPDX-License-Identifier: Apache-2.0
"""Records to disk what every node said around an event, as a black box that outlives power cuts."""
