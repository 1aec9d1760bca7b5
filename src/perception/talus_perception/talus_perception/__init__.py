# SPDX-License-Identifier: Apache-2.0
"""The cameras of a robot and their pictures, for real and simulated ones alike."""
