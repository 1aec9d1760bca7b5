# SPDX-License-Identifier: Apache-2.0
"""Reads launch files in XML into a plan of processes."""
