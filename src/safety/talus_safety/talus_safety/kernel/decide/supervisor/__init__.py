# SPDX-License-Identifier: Apache-2.0
"""Decides every 10 ms which level of the stop ladder holds."""
