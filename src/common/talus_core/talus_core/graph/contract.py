# SPDX-License-Identifier: Apache-2.0
"""Lists the public topics and services of a running robot: what outsiders may rely on.

Runs count them, tests hold them against the running graph, and the README's tables are made from
them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

# Groups: which nodes must run for a topic to be there.
IN_EVERY_RUN = "always"
SIMULATION = "simulation"
PERCEPTION = "perception"
SEEING = "seeing"

# Who publishes or serves, where that is no node of the node table.
EVERY_NODE = "every node"
YOU = "you"

# Of the value in `diagnostics` by which a node says what others send to it in vain; absent where it
# can use all that comes.
INTAKE_KEY = "intake"


@dataclass(frozen=True)
class Topic:
    """A topic that others may rely on.

    Attributes:
        name: Relative to the namespace; `<name>` stands for a camera.
        kind: Message type as `ros2 topic list -t` shows it, without `msg/`.
        rate_hz: At least so many messages per simulated second; None = no promise.
        frame: Of its header; None where it has none or may vary.
        group: Who must run for it to be there.
        publishers: Names of nodes, or `EVERY_NODE` or `YOU`.
        occasion: When it comes, in a word, where no rate is promised.
    """

    name: str
    kind: str
    rate_hz: float | None = None
    frame: str | None = None
    group: str = IN_EVERY_RUN
    publishers: tuple[str, ...] = ()
    occasion: str = ""

    def of_camera(self, camera: str) -> Topic:
        """Return this topic for one camera."""
        frame = None if self.frame is None else self.frame.replace("<name>", camera)
        return replace(self, name=self.name.replace("<name>", camera), frame=frame)


@dataclass(frozen=True)
class Service:
    """A service that others may rely on.

    Attributes:
        name: Relative to the namespace.
        kind: Service type, without `srv/`.
        effect: What a call does, in a few words.
        group: Who must run for it to be there.
    """

    name: str
    kind: str
    effect: str
    group: str = IN_EVERY_RUN


def _published_by(publishers: tuple[str, ...], *topics: Topic) -> tuple[Topic, ...]:
    """Return topics with the nodes that publish them."""
    return tuple(replace(topic, publishers=publishers) for topic in topics)


# When the eyes speak: with a network, `objects` 5 Hz or more, and pictures for who asks.
EYES_OCCASION = "with a model"
_OPTICAL = "<name>_camera_optical_frame"

PUBLIC_TOPICS = (
    *_published_by(
        ("driver",),
        Topic("joint_states", "sensor_msgs/JointState", 50.0),
        Topic("imu", "sensor_msgs/Imu", 100.0, "imu_link"),
        Topic("foot/left/wrench", "geometry_msgs/WrenchStamped", 100.0, "l_sole"),
        Topic("foot/right/wrench", "geometry_msgs/WrenchStamped", 100.0, "r_sole"),
        Topic("battery_state", "sensor_msgs/BatteryState", 1.0),
        Topic("robot_state", "talus_interfaces/RobotState", 500.0),
        Topic("clock", "rosgraph_msgs/Clock", 100.0, group=SIMULATION),
        Topic("sim/ground_truth", "nav_msgs/Odometry", 50.0, "world", SIMULATION),
    ),
    *_published_by(
        ("balance",),
        Topic("joint_command", "talus_interfaces/JointCommand", 500.0),
        Topic("odom", "nav_msgs/Odometry", 50.0, "odom"),
    ),
    *_published_by(
        ("safety",),
        Topic("safety/state", "talus_interfaces/SafetyState", 50.0),
    ),
    *_published_by(
        ("camera",),
        Topic("camera/<name>/image_raw", "sensor_msgs/Image", 10.0, _OPTICAL, PERCEPTION),
        Topic("camera/<name>/camera_info", "sensor_msgs/CameraInfo", 10.0, _OPTICAL, PERCEPTION),
        Topic("camera/<name>/depth/image_raw", "sensor_msgs/Image", 10.0, _OPTICAL, PERCEPTION),
    ),
    *_published_by(
        ("perception",),
        *(
            Topic(name, kind, frame=frame, group=SEEING, occasion=EYES_OCCASION)
            for name, kind, frame in (
                ("objects", "talus_interfaces/DetectedObjectArray", "odom"),
                ("objects/markers", "visualization_msgs/MarkerArray", None),
                ("camera/<name>/semantics", "sensor_msgs/Image", _OPTICAL),
                ("camera/<name>/overlay", "sensor_msgs/Image", _OPTICAL),
                ("camera/<name>/depth/estimated", "sensor_msgs/Image", _OPTICAL),
            )
        ),
    ),
    *_published_by(
        ("map",),
        Topic("map/points", "sensor_msgs/PointCloud2", 1.0, group=PERCEPTION),
        Topic("map/occupancy", "nav_msgs/OccupancyGrid", 1.0, group=PERCEPTION),
        Topic("map/elevation", "talus_interfaces/ElevationMap", 5.0, group=PERCEPTION),
    ),
    *_published_by(
        ("localisation",),
        Topic(
            "localisation/pose", "geometry_msgs/PoseWithCovarianceStamped", 4.0, "map", PERCEPTION
        ),
    ),
    *_published_by(
        ("robot_state_publisher",),
        Topic("robot_description", "std_msgs/String", occasion="once"),
    ),
    *_published_by(
        ("robot_state_publisher", "balance", "localisation"),
        Topic("tf", "tf2_msgs/TFMessage"),
    ),
    *_published_by(
        ("robot_state_publisher",),
        Topic("tf_static", "tf2_msgs/TFMessage", occasion="once"),
    ),
    *_published_by(
        (EVERY_NODE,),
        Topic("diagnostics", "diagnostic_msgs/DiagnosticArray", 1.0),
    ),
    *_published_by(
        (YOU,),
        Topic("cmd_vel", "geometry_msgs/TwistStamped", occasion="any"),
        Topic(
            "initialpose",
            "geometry_msgs/PoseWithCovarianceStamped",
            group=PERCEPTION,
            occasion="any",
        ),
    ),
)

PUBLIC_SERVICES = (
    Service("safety/safe_stand", "std_srvs/Trigger", "R2: stands on both feet, latched"),
    Service("safety/stop", "std_srvs/Trigger", "R3: sits down, then cuts torque, latched"),
    Service("safety/reset", "std_srvs/Trigger", "opens a latch whose cause is gone; moves nothing"),
    Service("safety/arm", "std_srvs/Trigger", "after a reset: torque on, ready"),
    Service("balance/stand", "std_srvs/Trigger", "stands up"),
    Service("balance/sit", "std_srvs/Trigger", "sits down"),
    Service("balance/get_up", "std_srvs/Trigger", "gets up from the ground"),
    Service("balance/policy", "std_srvs/SetBool", "lets a learned policy drive, or not"),
    Service("map/clear", "std_srvs/Trigger", "forgets the map", PERCEPTION),
    Service("map/save", "talus_interfaces/MapFile", "writes the map to a file", PERCEPTION),
    Service("map/load", "talus_interfaces/MapFile", "reads the map from a file", PERCEPTION),
    Service("sim/push", "talus_interfaces/Push", "an impulse on a link", SIMULATION),
    Service(
        "sim/set_friction", "talus_interfaces/SetFriction", "friction of floor or foot", SIMULATION
    ),
    Service("sim/reset", "std_srvs/Trigger", "back to the start pose", SIMULATION),
    Service("sim/inject_fault", "talus_interfaces/InjectFault", "a fault by name", SIMULATION),
)


# What is mounted on the robot, such as a gripper, tells its joints and frames there, too.
SHARED_TOPICS = ("joint_states", "tf_static")

# Of topics between nodes of the robot, which are no part of the contract.
INTERNAL_OWNERS = {"gate/state": "driver", "sim/faults": "driver", "balance/state": "balance"}


def owner_of(name: str) -> str:
    """Return the node that alone publishes a public topic; empty where several do, or anybody."""
    for topic in PUBLIC_TOPICS:
        if topic.name == name and len(topic.publishers) == 1:
            owner = topic.publishers[0]
            return "" if owner in (EVERY_NODE, YOU) else owner
    return ""


def speaker_of(name: str) -> str:
    """Return the node that alone publishes a topic, public or internal; empty for any other."""
    return INTERNAL_OWNERS.get(name) or owner_of(name)


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
