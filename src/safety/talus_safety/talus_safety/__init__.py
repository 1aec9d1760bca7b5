# SPDX-License-Identifier: Apache-2.0
"""Stop ladder, limiter, watchdogs, standby and the supervisor node."""
