# SPDX-License-Identifier: Apache-2.0
"""Says what a program may expect of the machine: its terminal, its streams, where it may write.

The standard library and `talus_core.errors` are enough for it: `./talus` uses it on a bare machine.
"""
