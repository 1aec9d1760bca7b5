# SPDX-License-Identifier: Apache-2.0
"""Opens the simulator to other processes by UNIX sockets."""
