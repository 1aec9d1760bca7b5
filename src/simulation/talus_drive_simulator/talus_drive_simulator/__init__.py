# SPDX-License-Identifier: Apache-2.0
"""Simulates drives with firmware on CAN buses, with a simulated body behind them."""
