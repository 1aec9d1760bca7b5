# SPDX-License-Identifier: Apache-2.0
"""The MuJoCo driver in worlds of others: whatever moves there, the robot is found and started."""

import numpy as np
import pytest
from talus_core.driver import DriverError, DriverSetup, Remarked
from talus_simulation.mujoco_body.driver import MujocoDriver

FLOOR = "<geom name='floor' type='plane' size='20 20 .1'/>"
BALL = "<body name='ball' pos='{}'><freejoint/><geom name='ball' size='.11' mass='.43'/></body>"
MACHINE = """
<body name='arm' pos='3 0 1'>
  <joint name='l_knee' axis='0 1 0' damping='1'/>
  <geom type='capsule' size='.05' fromto='0 0 0 .5 0 0'/>
  <body name='torso' pos='.5 0 0'>
    <joint name='r_knee' type='slide' axis='1 0 0' range='-1 1'/><geom size='.1'/>
  </body>
</body>
</worldbody>
<tendon><fixed name='cord'><joint joint='l_knee' coef='1'/></fixed></tendon>
<actuator>
  <position name='l_knee' joint='l_knee' kp='50'/>
  <general name='cord' tendon='cord' dyntype='integrator' gainprm='1'/>
</actuator>
<sensor><jointpos name='imu_gyro' joint='l_knee'/></sensor>
<worldbody>
"""


@pytest.fixture
def started(robot, tmp_path):
    """Return a function that starts the driver in a world with these things on its floor."""

    def start(things: str, floor: str = FLOOR, settle: float = 0.1, **options) -> MujocoDriver:
        world = tmp_path / "hall.xml"
        world.write_text(f"<mujoco><worldbody>{floor}{things}</worldbody></mujoco>")
        settings = {"noise.scale": 0.0, "settle_s": settle, **options}
        driver = MujocoDriver(DriverSetup(robot, world=str(world), options=settings))
        driver.connect()
        return driver

    return start


def place_of(driver: MujocoDriver, body: str) -> np.ndarray:
    return driver._plant.data.body(body).xpos.copy()


def run(driver: MujocoDriver, ticks: int) -> None:
    for _ in range(ticks):
        driver.advance()


@pytest.mark.parametrize(
    ("things", "body", "place"),
    [
        (BALL.format("1.5 .8 .11"), "ball", [1.5, 0.8, 0.11]),
        (BALL.format("1.5 .8 2"), "ball", [1.5, 0.8, 2.0]),
        (MACHINE, "world/torso", [3.5, 0.0, 1.0]),
        (BALL.format("1 1 .11") + MACHINE, "world/ball", [1.0, 1.0, 0.11]),
    ],
    ids=["ball", "falling ball", "machine", "both"],
)
def test_time_begins_with_the_robot_seated_and_all_else_where_its_file_says(
    started, things, body, place
):
    driver = started(things)
    seen = driver.read(0.0)
    np.testing.assert_allclose(driver.soles[:, 2], 0.0, atol=0.01)
    np.testing.assert_allclose(driver.ground_truth().position[:2], 0.0, atol=0.02)
    np.testing.assert_allclose(place_of(driver, body), place, atol=1e-9)
    assert seen.linear_acceleration[2] > 8.0
    run(driver, 50)
    assert driver.ground_truth().position[2] > 0.35
    driver.reset()
    np.testing.assert_allclose(place_of(driver, body), place, atol=1e-9)
    np.testing.assert_allclose(driver.soles[:, 2], 0.0, atol=0.01)


def test_robot_feels_the_same_with_and_without_things_far_away(started):
    alone = started("")
    among = started(BALL.format("9 9 .11") + MACHINE)
    for driver in (alone, among):
        run(driver, 50)
    one, other = alone.read(0.1), among.read(0.1)
    np.testing.assert_allclose(one.position, other.position, atol=1e-6)
    np.testing.assert_allclose(one.foot_wrenches, other.foot_wrenches, atol=0.5)
    assert among.mass == alone.mass


def test_pushes_faults_and_friction_reach_the_robot_not_its_namesake(started):
    driver = started(MACHINE, start_pose="stand", settle=0.0)
    before = place_of(driver, "world/torso")
    driver.push("torso", np.array([40.0, 0.0, 0.0]), 0.1)
    driver.set_friction("left_foot", 0.2)
    driver.set_friction("floor", 0.5)
    run(driver, 50)
    assert driver.ground_truth().linear_velocity[0] > 0.2
    assert place_of(driver, "world/torso")[0] == pytest.approx(before[0], abs=0.001)
    model = driver._plant.model
    assert model.geom("l_sole").friction[0] == 0.2
    assert model.geom("world/floor").friction[0] == 0.5


def test_model_error_changes_the_robot_alone(started):
    driver = started(MACHINE, **{"model_error.mass_fraction": 0.1})
    own = started(MACHINE)
    mass, usual = driver._plant.model.body_mass, own._plant.model.body_mass
    ours = driver._plant.model.body_rootid == driver._plant.surroundings.base
    assert (mass[ours] != usual[ours]).any() and (mass[~ours] == usual[~ours]).all()


def test_ball_against_the_shin_is_no_fall(started):
    driver = started(BALL.format("1.5 0 .2"))
    shin = place_of(driver, "l_shank")
    data = driver._plant.data
    data.joint(0).qpos[:3] = shin + np.array([0.17, 0.0, 0.0])
    data.joint(0).qvel[:3] = [-2.0, 0.0, 0.0]
    touched = False
    for _ in range(40):
        driver.advance()
        bodies = driver._plant.model.geom_bodyid[data.contact.geom]
        names = {frozenset(driver._plant.model.body(b).name for b in pair) for pair in bodies}
        touched = touched or any("ball" in pair and "world" not in pair for pair in names)
        assert driver.touching() == {}
    assert touched


def test_what_moves_in_the_world_is_seen(started):
    big_ball = BALL.replace("size='.11'", "size='.5'").format("3 0 .6")
    eye = started("").sight.intrinsics("front_left", 40, 30)
    without, seen = (started(things).sight.depth("front_left", eye) for things in ("", big_ball))
    nearer = seen < without - 0.3
    assert nearer.sum() > 10
    assert 1.5 < seen[nearer].min() < 2.5


def test_no_keyframe_or_option_of_a_world_is_lost_in_silence(started, robot, tmp_path):
    world = tmp_path / "keyed.xml"
    world.write_text(
        f"<mujoco><option timestep='.004'/><worldbody>{FLOOR}</worldbody>"
        "<keyframe><key name='home'/></keyframe></mujoco>"
    )
    driver = MujocoDriver(DriverSetup(robot, world=str(world)))
    assert isinstance(driver, Remarked)
    told = " ".join(driver.remarks)
    assert "timestep" in told and "'home'" in told and "keyed.xml" in told


@pytest.mark.parametrize("lying", ["", "back", "left"])
def test_robot_starts_on_a_floor_of_another_height(started, lying):
    floor = FLOOR.replace("/>", " pos='0 0 -1.5'/>")
    driver = started("", floor=floor, lying=lying, settle=0.6)
    assert -1.5 < driver.ground_truth().position[2] < -1.0


@pytest.mark.parametrize(
    ("things", "says"),
    [
        ("<body name='crate'><geom name='crate' type='box' size='.3 .3 .6'/></body>", "crate"),
        (BALL.format("0 0 .4"), "ball"),
        ("<geom name='post' type='cylinder' size='.1 1' pos='.1 0 1'/>", "post"),
    ],
)
def test_refuses_a_world_with_something_where_the_robot_starts(started, things, says):
    with pytest.raises(DriverError, match=f"hall.xml: geom '{says}'.*where the robot starts"):
        started(things)
