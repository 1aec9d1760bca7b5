# SPDX-License-Identifier: Apache-2.0
"""What the node does with pictures: chooses, undistorts, runs the network, decodes, places."""
