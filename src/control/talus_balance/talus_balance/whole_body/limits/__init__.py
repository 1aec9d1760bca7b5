# SPDX-License-Identifier: Apache-2.0
"""Defines the limits of accelerations and wrenches of the whole body, one limit a file."""
