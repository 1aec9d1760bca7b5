# SPDX-License-Identifier: Apache-2.0
"""Turn a reference motion of the body into torques of all joints."""
