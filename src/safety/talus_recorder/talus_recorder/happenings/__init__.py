# SPDX-License-Identifier: Apache-2.0
"""Decides what counts as an event, and which part of the timeline is kept for it."""
