# SPDX-License-Identifier: Apache-2.0
"""Lists the topics that are recorded."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.graph.node_table import NodeTable


@dataclass(frozen=True)
class RecordedTopic:
    """Describe a topic of the recording.

    Attributes:
        name: Relative name, or absolute with a slash.
        kind: `package/Type`.
        depth: Messages that wait to be fetched: a second of them at three times real time.
    """

    name: str
    kind: str
    depth: int = 100


ROBOT_STATE_TOPIC = "robot_state"
WATCHED = SAFETY_TOPIC, GATE_TOPIC, FAULTS_TOPIC = "safety/state", "gate/state", "sim/faults"

RECORDED_TOPICS = (
    RecordedTopic(ROBOT_STATE_TOPIC, "talus_interfaces/RobotState", 1500),
    RecordedTopic("joint_command", "talus_interfaces/JointCommand", 1500),
    RecordedTopic(GATE_TOPIC, "talus_interfaces/GateState", 300),
    RecordedTopic(SAFETY_TOPIC, "talus_interfaces/SafetyState", 300),
    RecordedTopic("balance/state", "talus_interfaces/BalanceState", 150),
    RecordedTopic("odom", "nav_msgs/Odometry", 200),
    RecordedTopic("imu", "sensor_msgs/Imu", 400),
    RecordedTopic("foot/left/wrench", "geometry_msgs/WrenchStamped", 400),
    RecordedTopic("foot/right/wrench", "geometry_msgs/WrenchStamped", 400),
    RecordedTopic("cmd_vel", "geometry_msgs/TwistStamped", 300),
    RecordedTopic("battery_state", "sensor_msgs/BatteryState"),
    RecordedTopic("diagnostics", "diagnostic_msgs/DiagnosticArray"),
    RecordedTopic("heartbeat", "talus_interfaces/Heartbeat", 300),
    RecordedTopic(FAULTS_TOPIC, "talus_interfaces/Fault"),
    RecordedTopic("/rosout", "rcl_interfaces/Log", 200),
)


def recorded_topics(nodes: NodeTable) -> tuple[RecordedTopic, ...]:
    """Return what is recorded: topics of this checkout, then those that rows of the table add."""
    known = {topic.name for topic in RECORDED_TOPICS}
    added = nodes.recorded().items()
    further = (RecordedTopic(name, kind) for name, kind in added if name not in known)
    return (*RECORDED_TOPICS, *further)
