# SPDX-License-Identifier: Apache-2.0
"""Checks that the rig of the benches equals the nodes bit for bit.

Driver node and balance node run in lock-step with a partner that acts as supervisor and operator.
Its words reach the balance node within some ticks; the rig finds the tick by trying: only the true
one gives the same sensor values.
"""

import multiprocessing
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml
from driver_process import JOINTS, ROBOT, Partner, driver, end
from geometry_msgs.msg import TwistStamped
from rclpy.qos import QoSProfile
from rig_replay import Story, equal_until, sensor_bytes
from std_srvs.srv import Trigger
from talus_lab.rig.rig import MODEL_ERROR
from talus_ros.cdr import JointCommandCodec

from talus_interfaces import msg

SEED = 5
WALK = 0.3  # m/s
CMD_VEL_EVERY = 25  # ticks: 20 Hz
# Lock-step waits for everybody at every tick, and for an operator that gets no core as well: time
# that runs on without the operator's cmd_vel would let the robot stand.
EXACT = ("step.leash_at_most_s:=0.002", "step.silent_after_s:=10.0", "step.stuck_after_s:=60.0")
ALL = QoSProfile(depth=1000)
BALANCE = [
    sys.executable,
    "-c",
    "import sys; from talus_balance.balance_node import main; sys.exit(main())",
]


class Operator(Partner):
    """Acts in lock-step as the supervisor; keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = self.permits = False
        self.is_armed = False
        self.speed: float | None = None
        self.states: dict[int, bytes] = {}
        self.torque_from: int | None = None
        self.answered: set[int] = set()
        self._velocity = self.node.create_publisher(TwistStamped, "cmd_vel", 10)
        codec = JointCommandCodec(JOINTS)
        self.link.subscribe(
            msg.JointCommand,
            "joint_command",
            lambda data: self.answered.add(codec.decode(data).sequence),
            ALL,
            raw=True,
        )

    def _on_state(self, data: bytes) -> None:
        super()._on_state(data)
        state = self.state
        self.states[state.sequence] = sensor_bytes(state)
        if state.torque_enabled and self.torque_from is None:
            self.torque_from = state.sequence
        if self.speed is not None and state.sequence % CMD_VEL_EVERY == 0:
            message = TwistStamped()
            message.twist.linear.x = self.speed
            self._velocity.publish(message)
        self._supervisor.publish(
            msg.SafetyState(
                armed=self.is_armed, torque_permitted=self.is_armed, sequence=state.sequence
            )
        )


@pytest.fixture
def told(tmp_path) -> Story:
    """Send the wishes to stand up and walk."""
    file = tmp_path / "body.yaml"
    file.write_text(yaml.safe_dump({"driver": "mujoco"} | nested(MODEL_ERROR)))
    operator = Operator()
    balance = subprocess.Popen([*BALANCE, "--ros-args", "-p", f"robot:={ROBOT}"])
    try:
        # Its first answer must not be missed: the estimator counts from there.
        operator.run_until(
            lambda: operator.node.count_publishers("joint_command") == 2, "no balance node"
        )
        with driver(f"driver:={file}", f"seed:={SEED}", "pace:=fast", *EXACT):
            return story_of(operator)
    finally:
        end(balance)
        balance.wait()
        operator.close()


def story_of(operator: Operator) -> Story:
    words = []

    def say(name: str, value: object) -> None:
        words.append((operator.state.sequence, name, value))

    operator.run_until(lambda: bool(operator.answered), "no joint_command")
    operator.run_for(0.6)
    say("torque", True)
    operator.is_armed = True
    operator.run_until(lambda: operator.torque_from is not None, "no torque")
    operator.run_for(0.3)
    say("stand", True)
    assert operator.call(Trigger, "balance/stand", Trigger.Request()) == (True, "standing up")
    operator.run_for(2.6)
    say("velocity", (WALK, 0.0, 0.0))
    operator.speed = WALK
    operator.run_for(1.5)
    return Story(
        SEED, operator.states, frozenset(operator.answered), operator.torque_from - 1, tuple(words)
    )


def nested(options: dict[str, float]) -> dict:
    """Return options with dotted names as sections."""
    result: dict = {}
    for name, value in options.items():
        section, key = name.split(".")
        result.setdefault(section, {})[key] = value
    return result


def test_same_seed_and_commands_give_the_same_sensor_values_bit_for_bit(told):
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # it forks, and must have one thread
        first_difference = pool.apply(equal_until, (told,))
        other_seed = pool.apply(equal_until, (replace(told, seed=SEED + 1),))
    assert first_difference == max(told.states) + 1
    assert len(told.states) > 2400
    assert other_seed == min(told.states)
