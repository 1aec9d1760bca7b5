# SPDX-License-Identifier: Apache-2.0
"""A learned policy drives only the robot that its manifest names, and says in one line why not."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from linear_networks import linear_network
from onnx import TensorProto
from policy_files import INPUTS, LEGS, STAND, manifest_tree, network_of_zeros, write
from standing_robot import ROBOT, state_at_rest
from std_srvs.srv import SetBool
from talus_balance.balance_types import BalanceReport, Intent
from talus_balance.policy import policy as learned
from talus_balance.policy.manifest import PolicyError, Term, load_manifest
from talus_balance.policy.observation import READINGS, Joints, Observation, PolicyView
from talus_balance.policy.policy import Policy, load_policy
from talus_balance.policy.policy_node import is_trouble, policy_seat
from talus_balance.policy.seat import (
    POLICY_FADE_S,
    POLICY_SOUND_S,
    PolicySeat,
    PolicyState,
    applied_torque,
)
from talus_balance.stepping.gait_types import RIGHT, GaitOutput, GaitPhase
from talus_core.state import JointCommand
from talus_core.words.modes import Mode
from talus_estimation.estimator import BaseEstimate

DT = 0.002
N = len(LEGS)


no_time = float  # a clock that stands at 0.0


def sight() -> PolicyView:
    """In the air on the right foot, pitched by 0.1 rad, moving."""
    c, s = math.cos(0.1), math.sin(0.1)
    rotation = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    zero = np.zeros(3)
    base = BaseEstimate(
        zero, rotation, np.array([0.3, 0.0, 0.0]), np.array([0.1, 0.2, 0.3]), zero, zero, zero
    )
    gait = GaitOutput(
        np.zeros(2),
        (True, False),
        np.zeros(2),
        RIGHT,
        None,
        0.0,
        zero,
        GaitPhase.SINGLE,
        None,
        RIGHT,
        0.2,
    )
    state = state_at_rest()
    wrenches = np.zeros((2, 6))
    wrenches[:, 2] = 300.0, 100.0
    velocity = np.arange(len(STAND), dtype=float)
    seen = type(state)(
        **{**vars(state), "position": STAND + 0.1, "velocity": velocity, "foot_wrenches": wrenches}
    )
    return PolicyView(seen, base, gait, np.array([0.4, 0.0, 0.1]))


def at(tree: dict, path: str, value) -> None:
    """Set the entry of a dotted name; None: remove it."""
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        tree = tree[part]
    if value is None:
        del tree[last]
    else:
        tree[last] = value


def test_its_targets_are_offset_and_scaled_output_at_its_own_rate(tmp_path):
    random = np.random.default_rng(0)
    weights, bias = 0.1 * random.standard_normal((N, INPUTS)), 0.1 * random.standard_normal(N)
    network = linear_network(weights, bias)
    policy = load_policy(write(tmp_path, network, manifest_tree(network)), ROBOT, DT, no_time)
    seen = sight()
    inputs = np.concatenate(
        (-seen.base.rotation[2], np.full(N, 0.1), 0.05 * seen.state.velocity[policy.joints])
    )
    assert policy.step_policy(seen)
    expected = STAND[policy.joints] + 0.25 * (weights @ inputs + bias)
    assert np.allclose(policy.target, expected, atol=1e-5)
    later = seen._replace(velocity=np.zeros(3), base=seen.base._replace(rotation=np.eye(3)))
    for _ in range(4):  # 500 Hz over 100 Hz
        assert policy.step_policy(later)
        assert np.allclose(policy.target, expected, atol=1e-5)
    assert policy.step_policy(later)
    assert not np.allclose(policy.target, expected, atol=1e-4)


def test_ticks_that_were_lost_count(tmp_path):
    policy = load_policy(
        write(tmp_path, network := network_of_zeros(), manifest_tree(network)), ROBOT, DT, no_time
    )
    calls = []
    policy._network = lambda values: calls.append(1) or np.zeros((1, N), dtype=np.float32)
    for ticks in (1, 4, 1, 5):
        policy.step_policy(sight(), ticks)
    assert len(calls) == 3


@pytest.mark.parametrize("name", READINGS)
def test_every_reading_has_the_size_that_it_says(name):
    joints = Joints(np.arange(N), np.zeros(N), np.zeros(N))
    values = np.asarray(READINGS[name].read(sight(), joints))
    assert values.shape == (READINGS[name].size(N),)
    assert np.all(np.isfinite(values))


def test_readings_are_in_base_axes_and_name_the_foot_in_the_air(tmp_path):
    tree = manifest_tree(network_of_zeros())
    manifest = load_manifest(write(tmp_path, b"", tree))
    names = ("projected_gravity", "gait_phase", "load_shares", "commanded_velocity")
    terms = tuple(Term(name, READINGS[name].size(N), 2.0) for name in names)
    seen = replace(manifest.input, shape=(1, sum(term.size for term in terms)))
    made = replace(manifest, observation=terms, model=replace(manifest.model, inputs=(seen,)))
    values = Observation(made).write(sight(), Joints(np.arange(N), np.zeros(N), np.zeros(N)))[0]
    gravity = [
        2.0 * math.sin(0.1),
        0.0,
        -2.0 * math.cos(0.1),
    ]  # leaning forward: it also pulls forward
    assert np.allclose(values, [*gravity, 0.0, 2.0, 0.4, 1.5, 0.5, 0.8, 0.0, 0.2], atol=1e-6)


REFUSED = [
    (
        "joints.0.name",
        "l_hip_roll",
        "joint 1 is l_hip_roll; in the robot's order it must be l_hip_pitch",
    ),
    ("joints.1.name", "hip", "unknown joint 'hip'"),
    ("joints.11.name", "torso_yaw", "without joint r_ankle_roll; it must drive both legs"),
    ("joints.3.offset", math.nan, r"joints\[3\].offset is nan; it must be a finite number"),
    (
        "joints.3.stiffness",
        -1.0,
        r"joints\[3\].stiffness is -1.0; it must be a finite number above 0",
    ),
    ("observation.0.name", "gravity", "unknown observation 'gravity'; nearest: projected_gravity"),
    ("observation.1.size", 13, "observation 'joint_positions' has size 13; it must be 12"),
    (
        "network.input.shape",
        [1, 26],
        r"network.input.shape is \[1, 26\], but the network has \[1, 27\]",
    ),
    (
        "network.output.shape",
        [1, 11],
        r"network.output.shape is \[1, 11\], but the network has \[1, 12\]",
    ),
    ("network.input.name", "obs", "network.input.name is obs, but the network has observation"),
    ("network.input.type", "float64", "network.input.type is float64, but the network has float32"),
    (
        "network.sha256",
        "0" * 64,
        r"the SHA-256 of x.onnx is \w+..., but network.sha256 says 000000000000...",
    ),
    (
        "network.file",
        "y.onnx",
        "y.onnx: No such file or directory; it must lie beside the manifest",
    ),
    ("robot.name", "talus1", "it is for robot 'talus1'; this one is 'talus40'"),
    (
        "robot.urdf_sha256",
        "0" * 64,
        "robot.urdf_sha256 is 000000000000..., but that of talus40.urdf is",
    ),
    ("rate_hz", 300.0, "rate_hz is 300; it must divide the control rate, 500 Hz"),
    ("rate_hz", 1000.0, "rate_hz is 1000; it must divide"),
    ("rate_hz", "fast", "rate_hz is 'fast'; it must be a finite number above 0"),
    ("modes", ["flying"], "unknown entry of modes 'flying'"),
    ("licence", None, "without 'licence'; every entry must be there"),
    ("licences", "MIT", "unknown entry 'licences'; nearest: licence"),
    ("training", "none", "training is 'none'; it must be a mapping"),
    (
        "network.inputs",
        2 * [{"name": "x", "shape": [1], "type": "float32"}],
        "the network of a policy must have one input and one output",
    ),
]


@pytest.mark.parametrize(("entry", "value", "said"), REFUSED)
def test_a_manifest_that_does_not_fit_is_refused_with_the_value(tmp_path, entry, value, said):
    network = network_of_zeros()
    at(tree := manifest_tree(network), entry, value)
    with pytest.raises(PolicyError, match=said) as refusal:
        load_policy(write(tmp_path, network, tree), ROBOT, DT, no_time)
    assert "\n" not in str(refusal.value) and "x.yaml" in str(refusal.value)


def swapped(tree: dict) -> None:
    joints = tree["joints"]
    joints[2], joints[3] = joints[3], joints[2]


def test_another_joint_order_is_refused_with_the_right_one(tmp_path):
    network = network_of_zeros()
    swapped(tree := manifest_tree(network))
    with pytest.raises(
        PolicyError, match="joint 2 is l_knee; in the robot's order it must be l_hip_pitch"
    ):
        load_policy(write(tmp_path, network, tree), ROBOT, DT, no_time)


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (
            network_of_zeros(outputs=11),
            r"network.output.shape is \[1, 12\], but the network has \[1, 11\]",
        ),
        (
            network_of_zeros(inputs=30),
            r"network.input.shape is \[1, 27\], but the network has \[1, 30\]",
        ),
        (
            network_of_zeros(kind=TensorProto.DOUBLE),
            r"network.input.type is float32, but the network has tensor\(double",
        ),
        (b"no network", "x.onnx is no network that runs"),
        (linear_network(np.full((N, INPUTS), np.nan), np.zeros(N)), "an output is not finite"),
        (
            linear_network(np.zeros((N, INPUTS)), np.full(N, 9.0)),
            "an output is 9, beyond its limit 4",
        ),
        (
            linear_network(np.zeros((N, INPUTS)), np.full(N, 3.9)),
            "the target of r_hip_roll is 0.975 rad, beyond",
        ),
    ],
    ids=["outputs", "inputs", "type", "no network", "nan", "limit", "range"],
)
def test_a_network_that_does_not_fit_is_refused(tmp_path, network, said):
    with pytest.raises(PolicyError, match=said) as refusal:
        load_policy(write(tmp_path, network, manifest_tree(network)), ROBOT, DT, no_time)
    assert "\n" not in str(refusal.value)


def test_an_observation_of_another_size_than_the_networks_input_is_refused(tmp_path):
    network = network_of_zeros()
    at(tree := manifest_tree(network), "observation.2", None)
    with pytest.raises(
        PolicyError, match=r"network.input.shape is \[1, 27\]; its observation is \[1, 15\]"
    ):
        load_policy(write(tmp_path, network, tree), ROBOT, DT, no_time)


@pytest.mark.parametrize("text", [None, "[1, 2]", "a: [", "joints"])
def test_a_file_that_is_no_manifest_is_refused(tmp_path, text):
    path = tmp_path / "x.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PolicyError, match=r"x\.yaml: "):
        load_manifest(path)


def test_a_network_that_is_too_slow_is_refused(tmp_path):
    path = write(tmp_path, network := network_of_zeros(), manifest_tree(network))
    most = learned.TIMED_RUNS * learned.MEAN_RUN_PERIOD_SHARE * DT
    for total, fits in ((0.99 * most, True), (1.01 * most, False)):
        ticks = iter((0.0, total, 0.0, 0.0))
        if fits:
            load_policy(path, ROBOT, DT, ticks.__next__)
        else:
            with pytest.raises(PolicyError, match=r"on average; it must be at most 0\.5 ms"):
                load_policy(path, ROBOT, DT, ticks.__next__)


@pytest.mark.parametrize(
    ("action", "took", "fault"),
    [
        (np.nan, 0.0, "not finite"),
        (np.inf, 0.0, "not finite"),
        (4.5, 0.0, "an output is 4.5, beyond its limit 4"),
        (3.9, 0.0, "beyond its range"),
        (0.0, 1.1 * learned.LATE_RUN_PERIOD_SHARE * DT, "an inference took 1.1 ms, more than 1 ms"),
    ],
)
def test_a_fault_keeps_the_last_target_and_lasts_until_the_reset(tmp_path, action, took, fault):
    path = write(tmp_path, network_of_zeros(), manifest_tree(network_of_zeros()))
    answers, times = [0.1, action], [0.0, 0.0]
    clock = iter((0.0, 0.0, 0.0, 0.0, *times, 0.0, took))
    output = [0.0] * (learned.TIMED_RUNS + 2) + answers
    policy = Policy(
        load_manifest(path),
        lambda _: np.full((1, N), output.pop(0), dtype=np.float32),
        ROBOT,
        DT,
        clock.__next__,
    )
    assert policy.step_policy(sight())
    before = policy.target.copy()
    assert not policy.step_policy(sight(), 5)
    assert fault in policy.fault
    assert np.array_equal(policy.target, before)
    assert not policy.step_policy(sight(), 5)
    policy.reset()
    assert policy.fault == ""


def test_a_network_that_breaks_is_a_fault_and_does_not_end_the_loop(tmp_path):
    policy = load_policy(
        write(tmp_path, network := network_of_zeros(), manifest_tree(network)), ROBOT, DT, no_time
    )

    def breaks(values):
        raise RuntimeError("out of memory")

    policy._network = breaks
    assert not policy.step_policy(sight())
    assert policy.fault == "the network failed: out of memory"


SOLES = np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])


def report(
    mode: Mode = Mode.STANDING,
    phase: GaitPhase = GaitPhase.STAND,
    tilt: float = 0.0,
    ahead: float = 0.0,
):
    """Of a robot on both feet, its capture point so many m ahead of their centre."""
    rotation, zero = np.eye(3), np.zeros(3)
    rotation[[0, 0, 2, 2], [0, 2, 0, 2]] = (
        math.cos(tilt),
        math.sin(tilt),
        -math.sin(tilt),
        math.cos(tilt),
    )
    base = BaseEstimate(zero, rotation, zero, zero, zero, zero, zero)
    gait = GaitOutput(np.zeros(2), (True, True), np.zeros(2), None, None, 0.0, zero, phase, None)
    return BalanceReport(mode, base, zero, np.array([ahead, 0.0]), SOLES, np.zeros(2), gait)


def intent(velocity: float = 0.0, **changes) -> Intent:
    return Intent(torque=True, stand=True, velocity=np.array([velocity, 0.0, 0.0]), **changes)


@pytest.mark.parametrize(
    ("asked", "reported", "text"),
    [
        (intent(), report(), "x: active"),
        (intent(), report(tilt=0.32), "x: active"),
        (intent(), report(tilt=-0.34), "x: fallback (the base tilts by 19 degrees, more than 19)"),
        (intent(), report(ahead=0.12 + 0.17), "x: active"),
        (
            intent(),
            report(ahead=-0.12 - 0.18),
            "x: fallback (the capture point is 0.18 m outside the feet, more than 0.17)",
        ),
        (intent(), report(phase=GaitPhase.DOUBLE), "x: fallback (a step is needed to stay up)"),
        (intent(), BalanceReport(Mode.FALLING, None), "x: fallback (a fall is certain)"),
        (
            intent(released=True),
            BalanceReport(Mode.LIMP, None),
            "x: fallback (the driver's standby moves the robot)",
        ),
        (intent(restricted=True), report(), "x: fallback (the safety level is R1 or above)"),
        (intent(velocity=0.2), report(phase=GaitPhase.SHIFT), "x: ready"),
        (intent(velocity=0.2), report(mode=Mode.WALKING, phase=GaitPhase.SINGLE), "x: ready"),
        (intent(), report(mode=Mode.SITTING_DOWN), "x: ready"),
    ],
)
def test_whoever_drives_is_decided_at_every_tick(tmp_path, asked, reported, text):
    path = write(tmp_path, network := network_of_zeros(), manifest_tree(network))
    seat = PolicySeat(ROBOT, DT, load_policy(path, ROBOT, DT, no_time))
    command = JointCommand.damping(0, STAND, np.ones(len(STAND)))
    ticks = round((POLICY_SOUND_S + POLICY_FADE_S) / DT) + 1
    for _ in range(ticks):
        sent = seat.step_seat(state_at_rest(), intent(), report(), command)
    assert seat.text == "x: active"
    assert np.allclose(sent.kp[seat._policy.joints], 100.0) and not sent.effort.any()
    assert np.array_equal(sent.kp[ROBOT.indices("torso")], command.kp[ROBOT.indices("torso")])
    own = replace(command, effort=np.full(len(STAND), 3.0))
    sent = seat.step_seat(state_at_rest(), asked, reported, own)
    assert seat.text == text
    if seat.state is not PolicyState.ACTIVE:
        wanted = applied_torque(own, state_at_rest())
        assert np.allclose(applied_torque(sent, state_at_rest()), wanted)
        for _ in range(ticks):
            sent = seat.step_seat(state_at_rest(), asked, reported, own)
        assert sent is own


def test_it_waits_until_nothing_spoke_against_it_for_a_while(tmp_path):
    path = write(tmp_path, network := network_of_zeros(), manifest_tree(network))
    seat = PolicySeat(ROBOT, DT, load_policy(path, ROBOT, DT, no_time))
    command = JointCommand.damping(0, STAND, np.ones(len(STAND)))
    for _ in range(2):
        for _ in range(round(POLICY_SOUND_S / DT) - 1):
            assert seat.step_seat(state_at_rest(), intent(), report(), command) is command
        seat.step_seat(state_at_rest(), intent(restricted=True), report(), command)
        assert seat.text == "x: ready"


class FakeNode:
    """What `policy_seat` needs of a node."""

    def __init__(self):
        self.errors, self.services = [], {}

    def get_logger(self):
        return SimpleNamespace(error=self.errors.append, warning=self.errors.append)

    def create_service(self, kind, name, answer):
        self.services[name] = kind, answer


def asked(node: FakeNode, wanted: bool) -> SetBool.Response:
    kind, answer = node.services["balance/policy"]
    return answer(kind.Request(data=wanted), kind.Response())


def test_a_refused_policy_is_one_line_in_the_log_and_changes_no_command(tmp_path):
    swapped(tree := manifest_tree(network := network_of_zeros()))
    path = write(tmp_path, network, tree)
    seat = policy_seat(node := FakeNode(), str(path), ROBOT, DT)
    assert node.errors == [f"{seat.reason}; the model-based controller drives alone"]
    assert (
        seat.text == f"refused (policy {path}: joint 2 is l_knee; in the robot's order it must be "
        f"l_hip_pitch)"
    )
    assert is_trouble(seat)
    response = asked(node, True)
    assert not response.success and response.message == seat.reason
    command = JointCommand.damping(0, STAND, np.ones(len(STAND)))
    standing = BalanceReport(Mode.STANDING, None)
    assert seat.step_seat(state_at_rest(), intent(), standing, command) is command


def test_without_a_policy_the_service_says_how_to_get_one():
    seat = policy_seat(node := FakeNode(), "", ROBOT, DT)
    assert seat.text == "" and not is_trouble(seat) and not node.errors
    assert (
        asked(node, True).message
        == "there is no policy; parameter 'policy' names the manifest of one"
    )


def test_a_policy_that_fits_waits_for_its_turn_and_obeys_the_service(tmp_path):
    path = write(tmp_path, network := network_of_zeros(), manifest_tree(network))
    seat = policy_seat(node := FakeNode(), str(path), ROBOT, DT)
    assert seat.text == "x: ready" and asked(node, False).success
    command = JointCommand.damping(0, STAND, np.ones(len(STAND)))
    limp = BalanceReport(Mode.LIMP, None)
    assert seat.step_seat(state_at_rest(), intent(), limp, command) is command
    assert seat.text == "x: off" and not is_trouble(seat)
