# SPDX-License-Identifier: Apache-2.0
"""Brings chunks to disk so that they survive a power cut, and keeps what lies around events."""
