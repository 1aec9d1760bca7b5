# SPDX-License-Identifier: Apache-2.0
"""Gathers messages: what is recorded, where it comes from, and how it becomes chunks."""
