# SPDX-License-Identifier: Apache-2.0
"""Physics of the MuJoCo driver: what must be true of a body of 57 kg on the ground."""

import numpy as np
import pytest
from talus_core.driver import DriverError, DriverSetup
from talus_core.errors import UnknownNameError
from talus_core.physics import GRAVITY_MPS2
from talus_core.rotations import matrix_from_quat_xyzw
from talus_core.state import JointCommand
from talus_simulation.drives import read_drives
from talus_simulation.mujoco_body.driver import MujocoDriver

PERFECT = {"noise.scale": 0.0}
STANDING = {**PERFECT, "start_pose": "stand", "settle_s": 0.0}


def connected(robot, world="flat", seed=0, **options) -> MujocoDriver:
    driver = MujocoDriver(DriverSetup(robot, world=world, seed=seed, options=options or PERFECT))
    driver.connect()
    return driver


def run(driver: MujocoDriver, seconds: float, command: JointCommand | None = None) -> None:
    for _ in range(round(seconds / driver.period)):
        if command is not None:
            driver.write(command)
        driver.advance()


def hold(robot, pose: np.ndarray, stiffness: float = 5.0) -> JointCommand:
    zero = np.zeros(len(pose))
    effort = robot.limits.effort
    return JointCommand(0, pose, zero, zero, stiffness * effort, 0.05 * effort)


def momentum(driver: MujocoDriver) -> np.ndarray:
    """(3,) N s of the whole robot."""
    import mujoco

    model = driver._plant.model
    data = driver._plant.data
    mujoco.mj_subtreeVel(model, data)
    base = model.body("base_link").id
    return model.body_subtreemass[base] * data.subtree_linvel[base]


def test_sits_on_its_stops_without_torque_and_stays(robot):
    driver = connected(robot)
    before = driver.ground_truth()
    run(driver, 5.0)
    after = driver.ground_truth()
    np.testing.assert_allclose(after.position, before.position, atol=0.002)
    assert after.position[2] > 0.35
    assert np.linalg.norm(after.linear_velocity) < 1e-3


def test_falls_when_torque_is_off_from_a_standing_start(robot):
    driver = connected(robot, **STANDING)
    assert driver.ground_truth().position[2] > 0.8
    run(driver, 2.0)
    assert driver.ground_truth().position[2] < 0.5


def test_stands_for_a_moment_on_stiff_joints_and_the_feet_carry_the_weight(robot):
    driver = connected(robot, **STANDING)
    command = hold(robot, robot.poses["stand"])
    run(driver, 0.3, command)
    forces = []
    for _ in range(100):
        run(driver, driver.period, command)
        forces.append(driver.read(driver.time).foot_wrenches[:, 2].sum())
    mass = driver._plant.model.body_subtreemass[driver._plant.model.body("base_link").id]
    assert mass == pytest.approx(57.0, abs=0.01)
    assert np.mean(forces) == pytest.approx(mass * GRAVITY_MPS2, rel=0.05)


def test_foot_torque_is_force_times_lever_of_the_pressure_inside_the_sole(robot):
    driver = connected(robot, **STANDING)
    run(driver, 0.3, hold(robot, robot.poses["stand"]))
    for wrench, foot in zip(driver.read(driver.time).foot_wrenches, robot.feet, strict=True):
        x = -wrench[4] / wrench[2]
        y = wrench[3] / wrench[2]
        assert abs(x) <= 0.5 * foot.length + 0.005
        assert abs(y) <= 0.5 * foot.width + 0.005


def test_specific_force_is_gravity_at_rest_and_nothing_in_free_fall(robot):
    driver = connected(robot)
    at_rest = driver.read(0.0)
    tilt = driver._plant.data.site("imu_link").xmat.reshape(3, 3)
    np.testing.assert_allclose(
        tilt @ at_rest.linear_acceleration, [0.0, 0.0, GRAVITY_MPS2], atol=1e-6
    )
    driver._plant.data.qpos[2] += 1.0
    run(driver, 0.1)
    assert np.linalg.norm(driver.read(driver.time).linear_acceleration) < 0.5


def test_imu_integrates_to_the_change_of_velocity_and_attitude(robot):
    """Also across the shock of landing: the mean over each tick loses nothing."""
    driver = connected(robot, **STANDING)
    site = driver._plant.data.site("imu_link")
    driver._plant.data.qpos[2] += 0.02
    start = driver._plant.imu.velocity.copy()
    speed = np.zeros(3)
    turned = np.zeros(3)
    command = hold(robot, robot.poses["stand"])
    for _ in range(150):
        before = site.xmat.reshape(3, 3).copy()
        run(driver, driver.period, command)
        state = driver.read(driver.time)
        mean = 0.5 * (before + site.xmat.reshape(3, 3))
        speed += driver.period * (mean @ state.linear_acceleration - [0.0, 0.0, GRAVITY_MPS2])
        turned += driver.period * state.angular_velocity
    np.testing.assert_allclose(start + speed, driver._plant.imu.velocity, atol=0.02)
    assert np.linalg.norm(turned) < 0.2


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_push_changes_momentum_by_its_impulse(robot, axis):
    impulse = np.zeros(3)
    impulse[axis] = 20.0
    changes = []
    for given in (np.zeros(3), impulse):
        driver = connected(robot, **STANDING)
        driver._plant.data.qpos[2] += 0.5  # in the air nothing else pushes
        driver.push("torso", given, 0.1)
        run(driver, 0.11)
        changes.append(momentum(driver))
    np.testing.assert_allclose(changes[1] - changes[0], impulse, atol=0.02)


def test_pushes_end_and_add_up(robot):
    driver = connected(robot)
    driver.push("torso", [10.0, 0.0, 0.0], 0.01)
    driver.push("torso", [10.0, 0.0, 0.0], 0.02)
    forces = []
    for _ in range(12):
        driver.advance()
        forces.append(driver._plant.data.xfrc_applied[driver._plant.model.body("torso").id, 0])
    assert sum(forces) * driver.period == pytest.approx(20.0)
    assert forces[0] == pytest.approx(1500.0)
    assert forces[-1] == 0.0


def test_wrong_pushes_are_refused(robot):
    driver = connected(robot)
    with pytest.raises(UnknownNameError, match="'torsos'; nearest: torso"):
        driver.push("torsos", [1.0, 0.0, 0.0], 0.1)
    for impulse, duration in (
        ([np.nan, 0, 0], 0.1),
        ([1e4, 0, 0], 0.1),
        ([1.0, 0, 0], -1.0),
        ([1.0, 0, 0], 99.0),
    ):
        with pytest.raises(ValueError, match=r"impulse|duration"):
            driver.push("torso", impulse, duration)


def slid(robot, friction: dict[str, float], world="flat") -> float:
    """m that the seated robot slides under a sideways push of 25 N s."""
    driver = connected(robot, world)
    for target, value in friction.items():
        driver.set_friction(target, value)
    start = driver.ground_truth().position
    driver.push("base_link", [0.0, 25.0, 0.0], 0.3)
    run(driver, 1.0)
    return float(np.linalg.norm((driver.ground_truth().position - start)[:2]))


def test_ice_lets_the_robot_slide_and_a_rough_floor_does_not(robot):
    grip = slid(robot, {})
    ice = slid(robot, {"floor": 0.03})
    assert ice > 0.1
    assert ice > 3.0 * grip


def test_friction_under_the_feet_wins_over_the_floor(robot):
    assert slid(robot, {"left_foot": 0.03, "right_foot": 0.03}) > 3.0 * slid(robot, {})
    assert slid(robot, {"floor": 0.03, "left_foot": 1.0, "right_foot": 1.0}) < 0.3 * slid(
        robot, {"floor": 0.03}
    )


def test_wrong_friction_is_refused(robot):
    driver = connected(robot)
    with pytest.raises(UnknownNameError, match="left_foot"):
        driver.set_friction("left_fot", 0.5)
    for value in (0.0, -1.0, 5.0, np.nan):
        with pytest.raises(ValueError, match=r"0\.01 to 2\.0"):
            driver.set_friction("floor", value)


def test_energy_balance_of_the_drives(robot):
    """At rest: battery = computing + standby + heat of the windings + loss in the pack."""
    driver = connected(robot)
    table = read_drives(robot)
    plant = driver._plant
    command = hold(robot, robot.poses["sit"]).with_(effort=0.2 * robot.limits.effort)
    run(driver, 0.5, command)
    expected = 0.0
    loss = 0.0
    before = driver.energy_used
    for _ in range(100):
        driver.write(command)
        driver.advance()
        heat = (table.resistance * (plant.effort / table.torque_constant) ** 2).sum()
        expected += driver.period * (heat + 60.0 + table.standby_power.sum())
        loss += (
            driver.period * driver.battery().current ** 2 * driver._pack_data.internal_resistance
        )
    assert driver.energy_used - before == pytest.approx(expected + loss, rel=0.02)
    assert expected > 2.0 * 80.0 * 0.2  # most of it heat


def test_brakes_make_a_limp_joint_slow(robot):
    """Without torque the shorted windings let an arm sink far more slowly than in free fall."""
    driver = connected(robot)
    shoulder = robot.joint_names.index("l_shoulder_pitch")
    speeds = []
    for is_limp, cut in ((True, ()), (False, ()), (False, (shoulder,))):
        driver.reset()
        driver._plant.data.qpos[driver._plant.joints.qpos_at[shoulder]] = -1.57
        driver.cut(cut)
        for _ in range(100):
            if not is_limp:
                driver.write(hold(robot, robot.poses["sit"], stiffness=0.0).with_(kd=np.zeros(40)))
            driver.advance()
        speeds.append(abs(driver.read(driver.time).velocity[shoulder]))
    limp, free, cut = speeds
    assert 0.2 < limp < 0.7 * free
    assert 0.2 < cut < 0.7 * free, "a drive that is cut by itself brakes as well"


def test_perfect_sensors_show_the_truth_and_noisy_ones_do_not(robot):
    perfect = connected(robot)
    noisy = connected(robot, **{"noise.scale": 1.0})
    np.testing.assert_array_equal(perfect.read(0.0).position, perfect._plant.position)
    assert (noisy.read(0.0).position != noisy._plant.position).all()
    assert noisy.read(0.0) is noisy.read(0.0)  # one sample per tick, however often it is read


def test_ground_truth_follows_the_motion(robot):
    driver = connected(robot, **STANDING)
    driver._plant.data.qpos[2] += 0.5
    driver.push("base_link", [10.0, 5.0, 0.0], 0.01)
    run(driver, 0.05)
    first = driver.ground_truth()
    run(driver, driver.period)
    second = driver.ground_truth()
    np.testing.assert_allclose(
        (second.position - first.position) / driver.period, second.linear_velocity, atol=0.03
    )


def test_another_body_than_the_model_from_the_same_seed_is_the_same(robot):
    options = {**PERFECT, "model_error.mass_fraction": 0.1, "model_error.centre_of_mass": 0.01}
    masses = [connected(robot, seed=seed, **options)._plant.model.body_mass for seed in (1, 1, 2)]
    nominal = connected(robot)._plant.model.body_mass
    np.testing.assert_array_equal(masses[0], masses[1])
    assert (masses[0] != masses[2]).any()
    heavy = nominal > 0.0
    factors = masses[0][heavy] / nominal[heavy]
    assert (np.abs(factors - 1.0) <= 0.1).all()
    assert factors.std() > 0.02


def test_unknown_and_broken_worlds(robot, tmp_path):
    with pytest.raises(DriverError, match="nearest: flat"):
        connected(robot, "flatt")
    broken = tmp_path / "broken.xml"
    broken.write_text("<mujoco><worldbody>")
    with pytest.raises(DriverError, match=r"broken\.xml"):
        connected(robot, str(broken))
    with pytest.raises(DriverError, match="multiple of the physics step"):
        MujocoDriver(DriverSetup(robot, period=0.0015))


@pytest.mark.parametrize(
    "side, axis, sign", [("back", 0, 1), ("front", 0, -1), ("left", 1, -1), ("right", 1, 1)]
)
def test_lies_on_the_side_that_is_asked_for(robot, side, axis, sign):
    options = {
        **PERFECT,
        "start_pose": "stand",
        "lying": side,
        "start_spread": 0.1,
        "settle_s": 0.3,
    }
    up = matrix_from_quat_xyzw(connected(robot, **options).ground_truth().quat_xyzw)[2]
    assert sign * up[axis] > 0.9


def test_an_unknown_side_is_refused_with_what_would_work(robot):
    with pytest.raises(UnknownNameError, match="unknown side 'bak'; nearest: back"):
        connected(robot, lying="bak")
