# SPDX-License-Identifier: Apache-2.0
"""Holds what every conversion needs: remarks, comparison with the source, whole files."""
