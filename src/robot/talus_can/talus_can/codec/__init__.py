# SPDX-License-Identifier: Apache-2.0
"""Turns targets into frames and frames into feedback, for all joints of a family at once."""
