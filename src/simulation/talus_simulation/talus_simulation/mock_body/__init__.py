# SPDX-License-Identifier: Apache-2.0
"""The driver mock: an ideal robot at almost no cost."""
