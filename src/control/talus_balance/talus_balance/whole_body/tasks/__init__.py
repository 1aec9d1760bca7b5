# SPDX-License-Identifier: Apache-2.0
"""Task the whole body, one task a file: each wants an acceleration of some part."""
