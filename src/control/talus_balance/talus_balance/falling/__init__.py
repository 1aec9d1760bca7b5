# SPDX-License-Identifier: Apache-2.0
"""Falls that can not be caught, and getting up after them."""
