# SPDX-License-Identifier: Apache-2.0
"""Decides when and where the feet step."""
