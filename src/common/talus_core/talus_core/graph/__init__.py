# SPDX-License-Identifier: Apache-2.0
"""Lists nodes and public topics, and defines what messages pass through beside topics."""
