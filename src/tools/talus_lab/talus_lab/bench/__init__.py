# SPDX-License-Identifier: Apache-2.0
"""Measures our figures beside those of peers, in one run."""
