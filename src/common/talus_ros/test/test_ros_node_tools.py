# SPDX-License-Identifier: Apache-2.0
"""Parameters from dataclasses, heartbeats, the fast link, and how a node's process ends."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event

import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.serialization import serialize_message
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Int64
from talus_core.parameters import ParameterError, parameter, section
from talus_ros.fast_link_node import MOST_MESSAGES_PER_WAIT, FastLink
from talus_ros.heartbeat_node import HEARTBEAT_QOS, HEARTBEAT_TOPIC, HeartbeatThread
from talus_ros.intake.intake_node import intakes_of
from talus_ros.parameters_node import declare_config
from talus_ros.run_node import WAKE_PERIOD_S, ExecutorThread, create_clockless_node, run_node

from talus_interfaces.msg import Heartbeat

PATIENCE_S = 300.0


@dataclass(frozen=True)
class Inner:
    gain: float = parameter(1.0, "1/s, a gain.", low=0.0, high=10.0)


@dataclass(frozen=True)
class Config:
    rate_hz: float = parameter(50.0, "Of publishing.", low=1.0, high=500.0)
    names: tuple[str, ...] = parameter(("a", "b"), "Some names.")
    pace: str = parameter("slow", "How.", choices=("slow", "fast"))
    count: int = parameter(3, "How many.", low=0, high=9, is_dynamic=True)
    inner: Inner = section(Inner)


@pytest.fixture
def context() -> Iterator[rclpy.Context]:
    context = rclpy.Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    yield context
    rclpy.try_shutdown(context=context)


def node_with(context: rclpy.Context, **overrides: object) -> Node:
    given = [Parameter(name.replace("__", "."), value=value) for name, value in overrides.items()]
    return Node("tested", context=context, parameter_overrides=given)


def test_parameters_become_a_config_and_are_declared(context):
    node = node_with(context, rate_hz=100, names=["x"], inner__gain=2.5, use_sim_time=True)
    config = declare_config(node, Config)
    assert config == Config(rate_hz=100.0, names=("x",), inner=Inner(gain=2.5))
    assert node.get_parameter("inner.gain").value == 2.5
    assert node.get_parameter("pace").value == "slow"
    described = node.describe_parameter("rate_hz")
    assert described.description == "Of publishing."
    assert described.read_only
    assert described.floating_point_range[0].to_value == 500.0


def test_only_dynamic_parameters_change_and_within_their_range(context):
    node = node_with(context)
    declare_config(node, Config)
    assert node.set_parameters([Parameter("count", value=5)])[0].successful
    assert not node.set_parameters([Parameter("count", value=50)])[0].successful
    assert not node.set_parameters([Parameter("rate_hz", value=60.0)])[0].successful
    of_rclpy = node.set_parameters([Parameter("use_sim_time", value=True)])[0]
    assert (
        of_rclpy.reason
        == "'use_sim_time' is fixed while the node runs; start it anew with another value"
    )
    assert not node.get_parameter("use_sim_time").value


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"rat_hz": 5.0}, "unknown parameter 'rat_hz'; nearest: rate_hz"),
        ({"rate_hz": 0.5}, "'rate_hz' is 0.5; it must be from 1.0 to 500.0"),
        ({"rate_hz": "quick"}, "'rate_hz' is 'quick'; it must be of type float"),
        ({"pace": "fasst"}, "'pace': unknown value 'fasst'; nearest: fast"),
        ({"inner__gain": -1.0}, "'inner.gain' is -1.0"),
        ({"count": True}, "must be of type int"),
        ({"names": [1, 2]}, "must be of type str"),
    ],
)
def test_wrong_parameters_are_refused_with_what_would_work(context, overrides, message):
    with pytest.raises(ParameterError, match=message.replace(".", r"\.")):
        declare_config(node_with(context, **overrides), Config)


def hear(link: FastLink, until, patience: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience
    while not until():
        assert time.monotonic() < deadline
        link.wait(0.05)


def test_heartbeats_tell_progress_from_a_thread_of_their_own(context):
    node = Node("beating", context=context)
    link = FastLink(node)
    heard = []
    link.subscribe(Heartbeat, HEARTBEAT_TOPIC, heard.append, HEARTBEAT_QOS)
    beat = HeartbeatThread(node, "balance", rate_hz=50.0)
    hear(link, lambda: len(heard) > 2)
    beat.sequence = 77
    beat.busy = True
    hear(link, lambda: heard[-1].sequence == 77)
    assert heard[-1].node == "balance"
    assert heard[-1].busy
    beat.close()
    link.wait(0.1)
    count = len(heard)
    link.wait(0.2)
    assert len(heard) == count


def test_the_link_serves_in_order_and_survives_a_flood(context):
    node = Node("linked", context=context)
    link = FastLink(node)
    heard = []
    other = []
    link.subscribe(Int64, "numbers", lambda m: heard.append(m.data), 3 * MOST_MESSAGES_PER_WAIT)
    link.subscribe(Int64, "others", lambda m: other.append(m.data), 10)
    numbers = node.create_publisher(Int64, "numbers", 3 * MOST_MESSAGES_PER_WAIT)
    others = node.create_publisher(Int64, "others", 10)
    for number in range(2 * MOST_MESSAGES_PER_WAIT):
        numbers.publish(Int64(data=number))
    others.publish(Int64(data=1))
    hear(link, lambda: len(heard) == 2 * MOST_MESSAGES_PER_WAIT and other)
    assert heard == list(range(2 * MOST_MESSAGES_PER_WAIT))


def test_bytes_that_are_no_message_are_dropped_and_counted(context):
    node = Node("linked", context=context)
    link = FastLink(node)
    heard = []
    link.subscribe(Heartbeat, "beats", lambda m: heard.append(m.node), 100)
    beats = node.create_publisher(Heartbeat, "beats", 100)
    noise = random.Random(0)
    sound = serialize_message(Heartbeat(node="sound"))
    for size in range(50):
        beats.publish(sound[:4] + b"\xff" * size if size % 2 else noise.randbytes(4 + size))
    beats.publish(sound)
    hear(link, lambda: "sound" in heard)
    assert intakes_of(node).ledger.count("beats") >= 25


def test_a_wake_ends_the_wait_early(context):
    node = Node("woken", context=context)
    link = FastLink(node)
    link.wake()
    start = time.monotonic()
    assert not link.wait(PATIENCE_S)
    assert time.monotonic() - start < PATIENCE_S


def test_what_has_come_is_handled_without_sleeping(context):
    node = Node("polled", context=context)
    link = FastLink(node)
    heard = []
    link.subscribe(Int64, "numbers", lambda m: heard.append(m.data), 10)
    node.create_publisher(Int64, "numbers", 10).publish(Int64(data=5))
    hear(link, lambda: heard)
    assert not link.wait(0.0)
    assert heard == [5]


def test_a_clockless_node_does_not_follow_the_clock_whatever_the_launch_sets():
    rclpy.init(
        args=["--ros-args", "-p", "use_sim_time:=true"],
        signal_handler_options=SignalHandlerOptions.NO,
    )
    try:
        heard = [
            [s.topic_name for s in make("n").subscriptions]
            for make in (rclpy.create_node, create_clockless_node)
        ]
    finally:
        rclpy.try_shutdown()
    assert heard == [["/clock"], []]


def test_an_exception_in_a_callback_ends_the_main_loop(context):
    node = Node("failing", context=context)
    ended = Event()

    def fail() -> None:
        raise RuntimeError("from a callback")

    node.create_timer(0.01, fail)
    executor = ExecutorThread(node, ended)
    assert ended.wait(PATIENCE_S)
    executor.close()
    with pytest.raises(RuntimeError, match="from a callback"):
        executor.raise_error()


class Ending:
    """A runnable that ends in one of many ways."""

    closed = 0

    def __init__(self, way=None):
        self._way = way

    def run(self, ended: Event) -> None:
        if self._way is not None:
            self._way()
        assert any(ended.wait(WAKE_PERIOD_S) for _ in range(int(PATIENCE_S / WAKE_PERIOD_S)))

    def close(self) -> None:
        Ending.closed += 1


@pytest.fixture
def handlers():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    kept = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_a_node_cleanly(handlers, number):
    before = Ending.closed
    assert run_node(lambda: Ending(lambda: os.kill(os.getpid(), number)), []) == 0
    assert Ending.closed == before + 1


def test_nohup_keeps_a_node_running_without_its_terminal(handlers):
    """The hang-up ends nothing; the interrupt after it does."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    numbers = [signal.SIGHUP, signal.SIGINT]
    assert run_node(lambda: Ending(lambda: [os.kill(os.getpid(), n) for n in numbers]), []) == 0
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def fail_with(error: Exception):
    def fail() -> None:
        raise error

    return fail


def test_bad_input_is_one_line_and_two(handlers, capsys):
    before = Ending.closed
    assert run_node(lambda: Ending(fail_with(ParameterError("no such robot"))), []) == 2
    assert capsys.readouterr().err == "error: no such robot\n"
    assert Ending.closed == before + 1


def test_other_errors_are_raised_after_closing(handlers):
    before = Ending.closed
    with pytest.raises(ZeroDivisionError):
        run_node(lambda: Ending(fail_with(ZeroDivisionError())), [])
    assert Ending.closed == before + 1


def test_control_goes_first_where_the_system_lets_it(handlers, monkeypatch):
    asked = []
    monkeypatch.setattr(os, "nice", asked.append)
    assert (
        run_node(lambda: Ending(lambda: os.kill(os.getpid(), signal.SIGINT)), [], niceness=-10) == 0
    )
    assert asked == [-10]

    def refuse(increment: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "nice", refuse)
    assert (
        run_node(lambda: Ending(lambda: os.kill(os.getpid(), signal.SIGINT)), [], niceness=-10) == 0
    )
