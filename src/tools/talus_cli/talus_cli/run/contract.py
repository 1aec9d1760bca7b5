# SPDX-License-Identifier: Apache-2.0
"""Lists the public topics and services of a running robot, which runs count and tests check."""

from __future__ import annotations

from dataclasses import dataclass

# Groups: who must run for a topic to be there.
IN_EVERY_RUN = "always"
SIMULATION = "simulation"
PERCEPTION = "perception"


@dataclass(frozen=True)
class Topic:
    """A topic that others may rely on.

    Attributes:
        name: Relative to the namespace; `<name>` stands for a camera.
        kind: Message type as `ros2 topic list -t` shows it, without `msg/`.
        rate_hz: At least so many messages per simulated second; None = no promise.
        frame: Of its header; None where it has none or may vary.
        group: Who publishes it.
    """

    name: str
    kind: str
    rate_hz: float | None = None
    frame: str | None = None
    group: str = IN_EVERY_RUN

    def of_camera(self, camera: str) -> Topic:
        """Return this topic for one camera."""
        frame = None if self.frame is None else self.frame.replace("<name>", camera)
        return Topic(
            self.name.replace("<name>", camera), self.kind, self.rate_hz, frame, self.group
        )


@dataclass(frozen=True)
class Service:
    """A service that others may rely on."""

    name: str
    kind: str
    group: str = IN_EVERY_RUN


_OPTICAL = "<name>_camera_optical_frame"

PUBLIC_TOPICS = (
    Topic("robot_description", "std_msgs/String"),
    Topic("joint_states", "sensor_msgs/JointState", 50.0),
    Topic("imu", "sensor_msgs/Imu", 100.0, "imu_link"),
    Topic("foot/left/wrench", "geometry_msgs/WrenchStamped", 100.0, "l_sole"),
    Topic("foot/right/wrench", "geometry_msgs/WrenchStamped", 100.0, "r_sole"),
    Topic("battery_state", "sensor_msgs/BatteryState", 1.0),
    Topic("robot_state", "talus_interfaces/RobotState", 500.0),
    Topic("joint_command", "talus_interfaces/JointCommand", 500.0),
    Topic("odom", "nav_msgs/Odometry", 50.0, "odom"),
    Topic("cmd_vel", "geometry_msgs/TwistStamped"),
    Topic("safety/state", "talus_interfaces/SafetyState", 50.0),
    Topic("diagnostics", "diagnostic_msgs/DiagnosticArray", 1.0),
    Topic("tf", "tf2_msgs/TFMessage"),
    Topic("tf_static", "tf2_msgs/TFMessage"),
    Topic("camera/<name>/image_raw", "sensor_msgs/Image", 10.0, _OPTICAL, PERCEPTION),
    Topic("camera/<name>/camera_info", "sensor_msgs/CameraInfo", 10.0, _OPTICAL, PERCEPTION),
    Topic("camera/<name>/depth/image_raw", "sensor_msgs/Image", 10.0, _OPTICAL, PERCEPTION),
    Topic("map/points", "sensor_msgs/PointCloud2", 1.0, None, PERCEPTION),
    Topic("map/occupancy", "nav_msgs/OccupancyGrid", 1.0, None, PERCEPTION),
    Topic("map/elevation", "talus_interfaces/ElevationMap", 5.0, None, PERCEPTION),
    Topic("clock", "rosgraph_msgs/Clock", 100.0, None, SIMULATION),
    Topic("sim/ground_truth", "nav_msgs/Odometry", 50.0, "world", SIMULATION),
)

PUBLIC_SERVICES = (
    Service("safety/safe_stand", "std_srvs/Trigger"),
    Service("safety/stop", "std_srvs/Trigger"),
    Service("safety/reset", "std_srvs/Trigger"),
    Service("safety/arm", "std_srvs/Trigger"),
    Service("balance/stand", "std_srvs/Trigger"),
    Service("balance/sit", "std_srvs/Trigger"),
    Service("balance/get_up", "std_srvs/Trigger"),
    Service("balance/policy", "std_srvs/SetBool"),
    Service("map/clear", "std_srvs/Trigger", PERCEPTION),
    Service("map/save", "talus_interfaces/MapFile", PERCEPTION),
    Service("map/load", "talus_interfaces/MapFile", PERCEPTION),
    Service("sim/push", "talus_interfaces/Push", SIMULATION),
    Service("sim/set_friction", "talus_interfaces/SetFriction", SIMULATION),
    Service("sim/reset", "std_srvs/Trigger", SIMULATION),
    Service("sim/inject_fault", "talus_interfaces/InjectFault", SIMULATION),
)


def topics_of(
    groups: set[str], cameras: tuple[str, ...] = (), depth_cameras: tuple[str, ...] = ()
) -> list[Topic]:
    """Return the topics of some groups, those of cameras one by one."""
    found = []
    for topic in PUBLIC_TOPICS:
        if topic.group not in groups:
            continue
        names = depth_cameras if "/depth/" in topic.name else cameras
        found += [topic.of_camera(name) for name in names] if "<name>" in topic.name else [topic]
    return found
