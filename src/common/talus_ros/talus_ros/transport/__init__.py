# SPDX-License-Identifier: Apache-2.0
"""Checks that Fast DDS really has the transport that its profile asks for."""
