# SPDX-License-Identifier: Apache-2.0
"""Lists what the balance benchmark measures, and on which trials it asks for each figure."""
