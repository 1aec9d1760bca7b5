# SPDX-License-Identifier: Apache-2.0
"""Runs the processes of a plan until one of them or the user ends them."""
