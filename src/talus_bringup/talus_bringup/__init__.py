# SPDX-License-Identifier: Apache-2.0
"""Starts Talus: bootstrap, launch runner, operator, benchmarks. Imported by nobody."""
