# SPDX-License-Identifier: Apache-2.0
"""Limit the whole body, one limit a file: accelerations and wrenches must obey each."""
