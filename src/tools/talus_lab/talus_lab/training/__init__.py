# SPDX-License-Identifier: Apache-2.0
"""Trains learned parts in simulation and writes them as ONNX with a manifest; nothing here runs on the robot."""
