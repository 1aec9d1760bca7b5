# SPDX-License-Identifier: Apache-2.0
"""Makes every call to Gazebo: finds its Python modules, and steps a server in this process.

gz-sim 8 (Harmonic) and 9 (Ionic) put their version into the names of modules, 10 (Jetty) does not.
In a step Gazebo calls PreUpdate, where forces are set, then lets physics go on, then calls
PostUpdate, where joints are read; force-torque sensors publish then, and arrive by a thread of
gz-transport. A force holds for one step. An exception must not leave a callback: it is kept, and
raised once the server has returned.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from talus_core.driver import DriverError

from talus_gazebo.server import BodyForces, BodyMotion, ServerPlan
from talus_gazebo.wrench_message import WireError, read_wrench

# Suffixes of gz.sim, gz.math and gz.transport: Jetty, Ionic, Harmonic.
RELEASES = (("", "", ""), ("9", "8", "14"), ("8", "7", "13"))
# Where Ubuntu and ROS 2 put Gazebo's Python, which a virtual environment does not look into.
KNOWN_PLACES = (
    "/usr/lib/python3/dist-packages",
    *(
        f"/opt/ros/{distribution}/opt/gz_{part}_vendor/lib/python"
        for distribution in ("jazzy", "kilted")
        for part in ("sim", "math", "transport")
    ),
)
HOW_TO_INSTALL = (
    "on Ubuntu 24.04 with the packages of Gazebo (gazebosim.org/docs/harmonic/install_ubuntu): "
    "'sudo apt install gz-harmonic python3-gz-sim8 python3-gz-transport13'; elsewhere name the "
    "folder above its 'gz' in PYTHONPATH. The driver 'mujoco' needs none of it"
)
# Unless the user says otherwise, Gazebo's discovery stays on this machine, as ROS's does.
AT_HOME = "127.0.0.1"


class GazeboMissingError(DriverError):
    """Says that Gazebo's Python cannot be imported, and how to get it."""


@dataclass(frozen=True)
class GazeboModules:
    """Holds Gazebo's Python modules of one release."""

    sim: Any
    math: Any
    transport: Any


def find_gazebo() -> GazeboModules:
    """Return the modules of the newest release here. Raises GazeboMissingError."""
    os.environ.setdefault("GZ_IP", AT_HOME)
    os.environ.setdefault("GZ_PARTITION", f"talus_{os.getpid()}")
    _look_into_known_places()
    reasons = []
    for sim, math, transport in RELEASES:
        names = (f"gz.sim{sim}", f"gz.math{math}", f"gz.transport{transport}")
        try:
            # Mathematics first: it has the types of what the others return.
            loaded = {name: importlib.import_module(name) for name in sorted(names)}
        except ImportError as error:
            reasons.append(f"{names[0]}: {error}")
            continue
        return GazeboModules(*(loaded[name] for name in names))
    # Of a release that is there in part, its own words; else those about the oldest.
    told = next((line for line in reasons if "No module named 'gz" not in line), reasons[-1])
    raise GazeboMissingError(f"gz-sim's Python is not here ({told}); {HOW_TO_INSTALL}")


def check_gazebo() -> None:
    """Look for the modules of any release without loading them. Raises GazeboMissingError."""
    _look_into_known_places()
    if importlib.util.find_spec("gz") is not None:
        for sim, math, transport in RELEASES:
            names = (f"gz.sim{sim}", f"gz.math{math}", f"gz.transport{transport}")
            if all(importlib.util.find_spec(name) is not None for name in names):
                return
    raise GazeboMissingError(f"gz-sim's Python is not here; {HOW_TO_INSTALL}")


def _look_into_known_places() -> None:
    """Make the package `gz` of the system importable, and nothing else that lies beside it."""
    if importlib.util.find_spec("gz") is not None:
        return
    found = importlib.machinery.PathFinder.find_spec("gz", list(KNOWN_PLACES))
    if found is not None:
        sys.modules["gz"] = importlib.util.module_from_spec(found)


class InProcessServer:
    """Steps a Gazebo world in this process, and only when it is told to.

    Attributes:
        motion: What the body does after the newest step.
    """

    def __init__(self, plan: ServerPlan, gazebo: GazeboModules):
        """Load the world and run its first step. Raises DriverError."""
        self._plan = plan
        self._gz = gazebo
        self._wrenches = _Wrenches(plan, gazebo)
        self._links: dict[str, Any] = {}
        self._joints: list[Any] = []
        self._base: Any = None
        self._steps = 0
        self._failure: BaseException | None = None
        self._drive: Callable[[], BodyForces] | None = None
        self._see: Callable[[BodyMotion], None] = lambda motion: None
        self.motion: BodyMotion
        fixture = gazebo.sim.TestFixture(str(plan.file))
        fixture.on_pre_update(self._before_step)
        fixture.on_post_update(self._after_step)
        fixture.finalize()
        self._fixture = fixture
        self._server = fixture.server()
        if not self._server.has_entity(plan.model, 0):
            raise DriverError(
                f"gazebo: no model '{plan.model}' in world '{plan.world}': Gazebo could not load "
                "it; its own lines above say why"
            )
        self._run(1)

    def run(
        self, steps: int, drive: Callable[[], BodyForces], see: Callable[[BodyMotion], None]
    ) -> None:
        """Run physics steps: `drive` is asked before each, `see` is told after it."""
        self._drive = drive
        self._see = see
        self._run(steps)

    def wrenches(self) -> np.ndarray:
        """Return what the force-torque sensors said of the newest step, (k, 6)."""
        return self._wrenches.at(self._steps * self._plan.step_ns)

    def close(self) -> None:
        """End the server."""
        self._wrenches.close()
        self._server = None
        self._fixture = None

    def _run(self, steps: int) -> None:
        if self._server is None:
            raise DriverError("gazebo: the server is closed")
        wanted = self._steps + steps
        self._server.run(True, steps, False)
        if self._failure is not None:
            failure = self._failure
            self._failure = None
            raise failure
        if self._steps != wanted:
            raise DriverError(
                f"gazebo: the server made {self._steps} steps where it was told to make {wanted}"
            )

    def _before_step(self, info: Any, ecm: Any) -> None:
        if self._failure is not None:
            return
        try:
            if not self._joints:
                self._open(ecm)
            elif self._drive is not None:
                self._apply(self._drive(), ecm)
        except BaseException as error:
            self._failure = error

    def _after_step(self, info: Any, ecm: Any) -> None:
        if self._failure is not None:
            return
        try:
            self._steps += 1
            self.motion = self._sampled(ecm)
            self._see(self.motion)
        except BaseException as error:
            self._failure = error

    def _open(self, ecm: Any) -> None:
        """Find the robot's parts, ask for their motion, and put the joints where they start."""
        sim = self._gz.sim
        plan = self._plan
        world = sim.World(sim.world_entity(ecm))
        model = sim.Model(world.model_by_name(ecm, plan.model))
        for name in plan.links:
            self._links[name] = sim.Link(_entity(model.link_by_name(ecm, name), "link", name, sim))
        self._base = self._links[plan.base]
        self._base.enable_velocity_checks(ecm, True)
        for name, angle in zip(plan.joints, plan.angles.tolist(), strict=True):
            joint = sim.Joint(_entity(model.joint_by_name(ecm, name), "joint", name, sim))
            joint.enable_position_check(ecm, True)
            joint.enable_velocity_check(ecm, True)
            joint.reset_position(ecm, [angle])
            self._joints.append(joint)

    def _apply(self, forces: BodyForces, ecm: Any) -> None:
        for joint, torque in zip(self._joints, forces.torques.tolist(), strict=True):
            joint.set_force(ecm, [torque])
        for name, force in forces.pushes.items():
            self._links[name].add_world_force(ecm, self._gz.math.Vector3d(*force.tolist()))

    def _sampled(self, ecm: Any) -> BodyMotion:
        pose = self._base.world_pose(ecm)
        place = pose.pos()
        turn = pose.rot()
        return BodyMotion(
            np.array([_only(joint.position(ecm)) for joint in self._joints]),
            np.array([_only(joint.velocity(ecm)) for joint in self._joints]),
            _array(place),
            np.array([turn.x(), turn.y(), turn.z(), turn.w()]),
            _array(self._base.world_linear_velocity(ecm)),
            _array(self._base.world_angular_velocity(ecm)),
        )


class _Wrenches:
    """Keeps the newest message of each force-torque sensor, which a thread of Gazebo's brings."""

    def __init__(self, plan: ServerPlan, gazebo: GazeboModules):
        self._wait_s = plan.wait_s
        self._newest: dict[int, tuple[int, np.ndarray]] = {}
        self._arrived = threading.Condition()
        self._trouble = ""
        transport = gazebo.transport
        self._node = transport.Node()
        self._topics = [
            f"/world/{plan.world}/model/{plan.model}/joint/{joint}/sensor/{sensor}/forcetorque"
            for joint, sensor in plan.sensors
        ]
        for number, topic in enumerate(self._topics):
            heard = self._listener(number)
            options = transport.SubscribeOptions()
            if not self._node.subscribe_raw(topic, heard, "gz.msgs.Wrench", options):
                raise DriverError(f"gazebo: topic {topic} cannot be subscribed to")

    def at(self, time_ns: int) -> np.ndarray:
        """Return the wrenches of a time; waits for them."""

        def there() -> bool:
            times = [time for time, _ in self._newest.values()]
            return bool(self._trouble) or (
                len(times) == len(self._topics) and min(times) >= time_ns
            )

        with self._arrived:
            if not self._arrived.wait_for(there, self._wait_s):
                silent = [
                    topic
                    for number, topic in enumerate(self._topics)
                    if self._newest.get(number, (-1,))[0] < time_ns
                ]
                raise DriverError(
                    f"gazebo: nothing of {time_ns * 1e-9:.3f} s on {', '.join(silent)} within "
                    f"{self._wait_s:g} s; the world needs the plugin gz-sim-forcetorque-system"
                )
            if self._trouble:
                raise DriverError(f"gazebo: {self._trouble}")
            return np.array([self._newest[number][1] for number in range(len(self._topics))])

    def close(self) -> None:
        for topic in self._topics:
            self._node.unsubscribe(topic)

    def _listener(self, number: int) -> Callable[[bytes, Any], None]:
        def heard(message: bytes, info: Any) -> None:
            with self._arrived:
                try:
                    stamped = read_wrench(message)
                    self._newest[number] = (stamped.time_ns, stamped.wrench)
                except WireError as error:
                    self._trouble = str(error)
                self._arrived.notify_all()

        return heard


def _entity(entity: int, kind: str, name: str, sim: Any) -> int:
    if entity == sim.K_NULL_ENTITY:
        raise DriverError(f"gazebo: the robot's model has no {kind} '{name}'")
    return entity


def _only(values: list[float] | None) -> float:
    if not values:
        raise DriverError("gazebo: a joint tells no angle or speed, though it was asked to")
    return values[0]


def _array(vector: Any) -> np.ndarray:
    return np.array([vector.x(), vector.y(), vector.z()])
