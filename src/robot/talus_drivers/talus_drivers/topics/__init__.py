# SPDX-License-Identifier: Apache-2.0
"""The topics that the driver publishes beside the state: standard messages and diagnostics."""
