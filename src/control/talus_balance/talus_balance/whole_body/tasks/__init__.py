# SPDX-License-Identifier: Apache-2.0
"""Defines the tasks of the whole body, one a file: each wants an acceleration of a part."""
