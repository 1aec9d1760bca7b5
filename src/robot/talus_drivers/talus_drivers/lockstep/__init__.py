# SPDX-License-Identifier: Apache-2.0
"""Lock-step and pace: when simulated time may go on."""
