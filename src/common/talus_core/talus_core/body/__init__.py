# SPDX-License-Identifier: Apache-2.0
"""What the parts of a body are for, found by how they move and never by their names."""
