# SPDX-License-Identifier: Apache-2.0
"""Turns a reference motion of the body into torques of all joints."""
