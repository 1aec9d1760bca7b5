# SPDX-License-Identifier: Apache-2.0
"""Judges commands, drives and sensors in each control tick: sound or not."""
