# SPDX-License-Identifier: Apache-2.0
"""Makes the generated tables of the documentation, one file for each kind."""
