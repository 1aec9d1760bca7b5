# SPDX-License-Identifier: Apache-2.0
"""The robot in the embedded simulator MuJoCo: physics at 1 kHz inside the driver process."""
