# SPDX-License-Identifier: Apache-2.0
"""Holds all drives of a robot together, without sockets: which frames to send, what came back."""
