# SPDX-License-Identifier: Apache-2.0
"""Runs an enabling device over ROS: a joystick button is held while the robot may move."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from rclpy import create_node
from sensor_msgs.msg import Joy
from std_msgs.msg import UInt8MultiArray
from talus_core.parameters import parameter
from talus_ros.fast_link_node import FastLink
from talus_ros.parameters_node import declare_config
from talus_ros.run_node import run_node, serve_link

from talus_safety.operation.operator_link import Hold, OperatorDevice, load_key
from talus_safety.operator_inputs_node import OPERATOR_QOS

JOY_SILENT_S = 0.25  # s: five messages of the joy node, which repeats itself at 20 Hz


@dataclass(frozen=True)
class DeviceConfig:
    """Declares the parameters of the device."""

    key: str = parameter("", "Key file, the same as the robot's.")
    button: int = parameter(
        4, "Of sensor_msgs/Joy, held while the robot may move: 4 is the left bumper.", 0, 31
    )


class OperatorDeviceNode:
    """Answers each challenge with the present state of the button.

    A joystick that is silent counts as released.
    """

    def __init__(self) -> None:
        self._node = create_node("operator_device")
        config = declare_config(self._node, DeviceConfig)
        self._button = config.button
        self._held_at = float("-inf")
        self._device = OperatorDevice(load_key(Path(config.key)))
        self._publisher = self._node.create_publisher(
            UInt8MultiArray, "operator/answer", OPERATOR_QOS
        )
        self._link = FastLink(self._node)
        self._link.subscribe(
            UInt8MultiArray, "operator/challenge", self._on_challenge, OPERATOR_QOS
        )
        self._link.subscribe(Joy, "joy", self._on_joy, OPERATOR_QOS)

    def run(self, ended: Event) -> None:
        """Answer the robot's challenges until `ended` is set."""
        serve_link(self._node, self._link, ended)

    def close(self) -> None:
        """Stop answering: the robot then stands, and later sits."""

    def _on_joy(self, message: Joy) -> None:
        is_held = self._button < len(message.buttons) and message.buttons[self._button] != 0
        self._held_at = time.monotonic() if is_held else float("-inf")

    def _on_challenge(self, message: UInt8MultiArray) -> None:
        hold = Hold.ENABLED if time.monotonic() - self._held_at < JOY_SILENT_S else Hold.RELEASED
        answer = self._device.answer(message.data.tobytes(), hold)
        if answer is not None:
            self._publisher.publish(UInt8MultiArray(data=answer))


def main() -> None:
    """Run the device node until it is ended."""
    sys.exit(run_node(OperatorDeviceNode))


if __name__ == "__main__":
    main()
