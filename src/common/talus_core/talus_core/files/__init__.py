# SPDX-License-Identifier: Apache-2.0
"""Reads files that anybody may have written."""
