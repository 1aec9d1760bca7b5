# SPDX-License-Identifier: Apache-2.0
"""Checks operators as the supervisor hears them.

The device in a terminal over UDP, the one over ROS, joystick and file.
"""

from __future__ import annotations

import contextlib
import math
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import rclpy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Joy
from talus_cli import operator
from talus_lab.bench.processes import free_port
from talus_ros.fast_link_node import FastLink
from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.supervisor.facts import OperatorWord
from talus_safety.operation.operator_link import LinkError, write_key
from talus_safety.operator_inputs_node import OperatorInputs

PATIENCE_S = 300.0  # wall


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    write_key(path)
    return path


class Robot:
    """Is the supervisor's end of the link."""

    def __init__(self, **parameters):
        self.context = rclpy.Context()
        rclpy.init(context=self.context, signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node("robot", context=self.context)
        self.link = FastLink(self.node)
        self.inputs = OperatorInputs(self.node, self.link, SupervisorConfig(**parameters))

    def look(self) -> OperatorWord:
        self.link.wait(0.0)
        return self.inputs.word(time.monotonic(), 2)

    def until(
        self, is_so: Callable[[OperatorWord], bool], meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so(word := self.look()):
            assert time.monotonic() < deadline, word
            meanwhile()
            time.sleep(0.005)


@pytest.fixture
def robot() -> Iterator[Callable[..., Robot]]:
    made: list[Robot] = []

    def make(**parameters) -> Robot:
        made.append(Robot(**parameters))
        return made[-1]

    yield make
    for one in made:
        one.inputs.close()
        rclpy.shutdown(context=one.context)


@contextlib.contextmanager
def running(*words: str) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen([sys.executable, "-m", *words], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_device_in_a_terminal_holds_the_link_over_udp_until_it_ends(robot, key):
    address = f"127.0.0.1:{free_port()}"
    end = robot(operator_key=str(key), operator_udp=address)
    assert math.isinf(end.look().age)
    with running("talus_cli.operator", str(key), "--robot", address) as device:
        end.until(lambda word: word.age < 0.3)
        assert not end.look().is_released
        device.send_signal(signal.SIGINT)
        end.until(lambda word: word.age > 0.5)
        out, _ = device.communicate(timeout=PATIENCE_S)
        assert "robot: R2 stands; you: enabled" in out and device.returncode == 0


def test_another_key_and_a_flood_gain_nothing(robot, key, tmp_path):
    address = ("127.0.0.1", free_port())
    end = robot(operator_key=str(key), operator_udp=f"{address[0]}:{address[1]}")
    write_key(tmp_path / "other")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood,
        running(
            "talus_cli.operator", str(tmp_path / "other"), "--robot", f"{address[0]}:{address[1]}"
        ),
    ):
        end.until(
            lambda _: end.inputs.link.refused > 100, lambda: flood.sendto(b"\xff" * 58, address)
        )
        assert math.isinf(end.look().age)


def test_device_over_ros_counts_only_while_its_button_is_held(robot, key):
    end = robot(operator_key=str(key))
    joy = end.node.create_publisher(Joy, "joy", 1)
    words = (
        "talus_safety.operator_device_node",
        "--ros-args",
        "-p",
        f"key:={key}",
        "-p",
        "button:=2",
    )
    with running(*words):
        end.until(lambda word: word.is_released)
        end.until(
            lambda word: word.age < 0.4 and not word.is_released,
            lambda: joy.publish(Joy(buttons=[0, 0, 1])),
        )
        end.until(lambda word: word.is_released)  # the joystick says nothing more


def test_joystick_button_and_file_are_stops(robot, tmp_path):
    pin = tmp_path / "value"
    pin.write_text("1\n")
    end = robot(stop_inputs=f"file:{pin}")
    joy = end.node.create_publisher(Joy, "joy", 1)
    assert end.look() == OperatorWord()
    end.until(lambda word: word.pressed == "joystick", lambda: joy.publish(Joy(buttons=[0, 1])))
    end.until(lambda word: word.pressed == "", lambda: joy.publish(Joy(buttons=[1, 0])))
    joy.publish(Joy(buttons=[]))
    pin.write_text("0\n")
    assert end.look().pressed == f"file:{pin}"


@pytest.mark.parametrize(
    "parameters, said",
    [
        ({"operator_key": "/no/such/key"}, "key /no/such/key: No such file"),
        ({"operator_udp": "7413"}, "address '7413': it must be HOST:PORT"),
        (
            {"operator_udp": "192.0.2.1:7413"},
            "operator_udp '192.0.2.1:7413': Cannot assign requested address",
        ),
    ],
)
def test_bad_parameters_are_refused(robot, key, parameters, said):
    with pytest.raises(LinkError, match=said):
        robot(**{"operator_key": str(key), **parameters})


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "no key file is given; ./talus operator --new-key FILE"),
        (["/no/such/key"], "key /no/such/key: No such file"),
        (["KEY", "--robot", "7413"], "address '7413': it must be HOST:PORT"),
        (["KEY", "--robot", "no.such.host.invalid:7413"], "robot 'no.such.host.invalid'"),
        (["--new-key", "KEY"], "File exists; name a new file"),
    ],
)
def test_device_refuses_bad_input_with_one_line(key, words, said, capsys):
    assert operator.main([str(key) if word == "KEY" else word for word in words]) == 2
    out, err = capsys.readouterr()
    assert out.strip() == "" and err.count("\n") == 1 and err.startswith("error: ") and said in err
