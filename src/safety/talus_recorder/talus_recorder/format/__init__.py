# SPDX-License-Identifier: Apache-2.0
"""Knows the bytes of a recording: records, chunks, links, and the way back from bytes."""
