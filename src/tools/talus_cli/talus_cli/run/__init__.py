# SPDX-License-Identifier: Apache-2.0
"""Runs the whole robot in simulation, with an operator that makes it stand, walk and sit."""
