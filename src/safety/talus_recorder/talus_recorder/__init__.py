# SPDX-License-Identifier: Apache-2.0
"""The black box: what every node said around an event, on disk, whatever happens to the
computer.
"""
