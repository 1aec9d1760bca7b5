# SPDX-License-Identifier: Apache-2.0
"""Serves the page in the browser: its panels, its style, and what a person does on it."""
