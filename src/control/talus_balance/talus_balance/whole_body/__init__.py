# SPDX-License-Identifier: Apache-2.0
"""From a reference motion of the body to torques of all joints."""
