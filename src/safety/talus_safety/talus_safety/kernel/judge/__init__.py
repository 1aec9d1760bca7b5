# SPDX-License-Identifier: Apache-2.0
"""Judges in each control tick whether commands, drives and sensors are sound."""
