# SPDX-License-Identifier: Apache-2.0
"""When and where the feet step."""
