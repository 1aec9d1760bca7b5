# SPDX-License-Identifier: Apache-2.0
"""Checks that the robot's view of its own body never gets into the map, in any pose."""

from pathlib import Path

import mujoco
import numpy as np
import pytest
from talus_core.robot import load_robot
from talus_core.transform import Transform
from talus_core.vision.depth_view import DepthView
from talus_core.vision.self_filter import SelfFilter
from talus_description.scene import load_scene, pose_qpos
from talus_map.mapper import Mapper
from talus_perception.camera_model import load_cameras
from talus_simulation.cameras.depth_noise import DepthNoise, NoisyDepth
from talus_simulation.cameras.rendering import SceneRenderer

ROBOT_FOLDER = Path(__file__).parents[1] / "urdf" / "talus40"
EMPTY_WORLD = """
<mujoco><worldbody><light pos="0 0 5"/><geom name="floor" type="plane" size="9 9 0.1"/>
  </worldbody></mujoco>
"""
REACHING = {
    "l_shoulder_pitch": -1.2,
    "l_elbow": -0.6,
    "r_shoulder_pitch": -0.8,
    "r_elbow": -1.2,
    "torso_pitch": 0.3,
}


def pose_of(robot, name):
    pose = robot.poses["stand" if name == "reach" else name].copy()
    if name == "reach":
        pose[[robot.joint_names.index(joint) for joint in REACHING]] = list(REACHING.values())
    return pose


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    """Return robot, scene of an empty floor, renderer, and data for the kinematics."""
    world = tmp_path_factory.mktemp("world") / "empty.xml"
    world.write_text(EMPTY_WORLD)
    robot, model = load_robot(ROBOT_FOLDER), load_scene(ROBOT_FOLDER, world)
    renderer = SceneRenderer(model, 320, 240)
    yield robot, model, renderer
    renderer.close()


@pytest.mark.parametrize("name", ["stand", "sit", "reach"])
def test_the_own_body_marks_nothing_and_the_floor_does(body, name):
    robot, model, renderer = body
    data = mujoco.MjData(model)
    data.qpos[:] = pose_qpos(
        model, robot.joint_names, pose_of(robot, name), [foot.frame for foot in robot.feet]
    )
    mujoco.mj_forward(model, data)
    mapper = Mapper(self_filter=SelfFilter.from_urdf(robot.urdf.read_text()))
    links = {
        link: Transform(data.body(link).xmat.reshape(3, 3), data.body(link).xpos)
        for link in mapper.self_filter.links
    }
    noise = NoisyDepth(DepthNoise(), seed=2)
    renderer.pose(data.qpos)
    for camera in (camera for camera in load_cameras(ROBOT_FOLDER) if camera.has_depth):
        eye = data.camera(camera.name)
        pose = Transform(eye.xmat.reshape(3, 3) @ np.diag([1.0, -1.0, -1.0]), eye.xpos)
        depth = renderer.render(camera.name, camera.pinhole, with_colour=False)[1]
        for _ in range(8):
            mapper.integrate(
                DepthView(noise.measured(depth), camera.pinhole, pose, links, np.zeros(3), 0.0)
            )
    heights = mapper.voxels.occupied_centres()[:, 2]
    assert len(heights) > 2000
    assert heights.max() < 0.1  # the floor's two layers of voxels, and one of noise
    assert np.nanmax(np.abs(mapper.elevation.elevation)) < 0.03
    assert not mapper.self_filter.ignored
