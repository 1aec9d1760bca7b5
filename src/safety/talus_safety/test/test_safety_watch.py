# SPDX-License-Identifier: Apache-2.0
"""From what arrives to facts, and from facts to rules.

Each rule fires in time, and no rule on a slow computer.
"""

import math

import numpy as np
import pytest
from safety_samples import PERIOD, ROBOT, STANDING_EFFORT, N, state, vary
from talus_core.errors import RefusedInputError
from talus_core.graph.node_table import NODES as TABLE
from talus_core.graph.node_table import SILENCE_LEVELS, Silence
from talus_core.words.falls import FALLEN_TILT_RAD
from talus_core.words.gate_phases import GatePhase
from talus_core.words.modes import Mode
from talus_core.words.stop_levels import StopLevel
from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.gate.gate_rules import LOSS_RULES, REQUEST_RULES
from talus_safety.kernel.decide.rule import CLEARED_BY_RESET, CLEARED_BY_TIME
from talus_safety.kernel.decide.supervisor.facts import Facts, GateReport, OperatorWord
from talus_safety.kernel.decide.supervisor.rules import RULES
from talus_safety.supervision.sensors import (
    BEYOND_RANGE_RAD,
    IMU_NOISE_SAMPLES,
    IMU_STUCK_SAMPLES,
    SensorWatch,
)
from talus_safety.supervision.watch import Watch

pytestmark = pytest.mark.sim

NODES = ("driver", "balance", "camera", "map")
# The mildest silence that each node's row grants; silence_s is as wide as can be.
GRANTED = {
    "balance": TABLE.row("balance").silence["R3"],
    "camera": TABLE.row("camera").silence["R1"],
    "map": TABLE.row("map").silence["R1"],
}
CONFIG = SupervisorConfig(perception=True)
EVERY = 5  # ticks between looks
BEAT = 0.05  # s
FINE = Facts(gate=GateReport(GatePhase.RUN, at_rest=False), mode=Mode.WALKING)


def firing(facts: Facts, config: SupervisorConfig = CONFIG) -> list[str]:
    return [rule.name for rule in RULES if rule.holds(facts, config)]


class World:
    """Nodes that beat, robot time at `factor` of the steady clock, and a watch that looks."""

    def __init__(self, factor: float = 1.0):
        self.watch, self.factor = Watch(ROBOT, CONFIG), factor
        self.steady = 0.0
        self.random = np.random.default_rng(0)
        self.fired: dict[str, float] = {}

    def noisy(self, sequence: int, **changes):
        shake = self.random.normal(0, 1e-3, 6)
        imu = {
            "angular_velocity": shake[:3],
            "linear_acceleration": np.array([0.0, 0.0, 9.81]) + shake[3:],
        }
        return state(sequence, **{"effort": STANDING_EFFORT, **imu, **changes})

    def run(self, seconds: float, silent=(), stuck=(), frozen=False, gate=None):
        """Steady s; what fires is noted with the steady time since the call."""
        began, self.fired = self.steady, {}
        look, beat = EVERY * PERIOD / self.factor, 0.0
        while self.steady - began < seconds:
            self.steady += look
            sequence = self.watch.sequence + (0 if frozen else EVERY)
            self.watch.on_state(self.noisy(sequence), self.steady)
            for source in ("base", "joints", "map"):
                if source not in silent:
                    self.watch.on_frame(
                        source, (0 if source in stuck else sequence) * PERIOD, self.steady
                    )
            if "driver" not in silent:
                self.watch.on_gate(gate or FINE.gate, self.steady)
            if self.steady - beat >= BEAT:
                beat = self.steady
                for node in NODES:
                    if node not in silent:
                        self.watch.on_beat(node, 0 if node in stuck else sequence, self.steady)
            for name in firing(self.watch.facts(self.steady)):
                self.fired.setdefault(name, self.steady - began)
        return self.fired


def test_a_stamp_of_the_future_is_refused_and_ages_go_on():
    world = World()
    world.run(1.0)
    for hear in (
        lambda: world.watch.on_frame("map", 1e9, world.steady),
        lambda: world.watch.on_moving(np.zeros((1, 4)), 1e9),
        lambda: world.watch.on_people(np.zeros((1, 4)), 1e9),
        lambda: world.watch.on_frame("base", 1.0, world.steady, (float("nan"), 0.0)),
    ):
        with pytest.raises(RefusedInputError):
            hear()
    assert "map_old" in world.run(3.0, silent=("map",))


@pytest.mark.parametrize("factor", [0.02, 0.2, 1.0, 5.0])
def test_nothing_fires_while_all_work_whatever_the_pace(factor):
    assert World(factor).run(3.0) == {}


@pytest.mark.parametrize(
    "fault, rule, level",
    [
        ({"silent": ("balance",)}, "balance_lost", StopLevel.R3_SIT_THEN_CUT),
        ({"silent": ("driver",), "frozen": True}, "driver_lost", StopLevel.R3_SIT_THEN_CUT),
        ({"frozen": True}, "robot_stalled", StopLevel.R3_SIT_THEN_CUT),
        ({"stuck": ("balance",)}, "balance_stuck", StopLevel.R3_SIT_THEN_CUT),
        ({"silent": ("camera",)}, "camera_lost", StopLevel.R1_DEGRADE),
        ({"silent": ("camera",)}, "camera_gone", StopLevel.R2_SAFE_STAND),
        ({"stuck": ("camera",)}, "camera_stuck", StopLevel.R1_DEGRADE),
        ({"silent": ("map",)}, "map_lost", StopLevel.R1_DEGRADE),
        ({"silent": ("map",)}, "map_old", StopLevel.R1_DEGRADE),
        ({"stuck": ("map",)}, "map_old", StopLevel.R1_DEGRADE),
        ({"silent": ("base",)}, "frames_old", StopLevel.R1_DEGRADE),
        ({"stuck": ("joints",)}, "frames_old", StopLevel.R1_DEGRADE),
    ],
)
def test_lost_and_stuck_nodes_are_found_in_time(fault, rule, level):
    world = World()
    world.run(1.0)
    row = next(row for row in RULES if row.name == rule)
    fired = world.run(3.5, **fault)
    assert row.level is level
    assert fired[rule] * 1000 <= row.within_ms + 1000 * (BEAT + 2 * EVERY * PERIOD)


def test_slow_robot_time_alone_loses_nobody():
    """A computer that hangs for a second: no beats, but the robot's time stood still as well."""
    world = World(factor=0.01)
    world.run(2.0)
    assert "balance_lost" not in world.run(1.0, silent=("balance", "camera"), frozen=True)


@pytest.mark.parametrize(
    "facts, rule",
    [
        (vary(FINE, gate=GateReport(GatePhase.HOLD, at_rest=False)), "standby"),
        (vary(FINE, gate=GateReport(GatePhase.SIT, at_rest=False)), "standby"),
        (vary(FINE, gate_has_latched=True), "standby"),
        (vary(FINE, gaps__stop=-0.01, gaps__slow=-0.5), "person_near"),
        (vary(FINE, gaps__stop=0.3, gaps__slow=-0.01), "person_comes"),
        (vary(FINE, capture_margin=-0.61), "capture_margin"),
        (vary(FINE, frames_age=0.26), "frames_old"),
        (vary(FINE, map_age=1.01), "map_old"),
        (vary(FINE, limits_differ=True), "limits_differ"),
        (vary(FINE, operator=OperatorWord(pressed="joystick")), "stop_pressed"),
        (vary(FINE, operator=OperatorWord(age=1.91)), "operator_lost"),
        (vary(FINE, operator=OperatorWord(age=0.46)), "operator_late"),
        (vary(FINE, operator=OperatorWord(is_released=True)), "operator_released"),
        (vary(FINE, tilt=math.radians(43.1)), "tilted"),
        (vary(FINE, tilt=math.radians(60.1)), "fallen"),
        (vary(FINE, faults__sensor="IMU is stuck"), "sensor_fault"),
        (vary(FINE, battery=0.049), "battery_critical"),
        (vary(FINE, battery=0.149), "battery_low"),
        (vary(FINE, gate=vary(FINE.gate, request=StopLevel.R2_SAFE_STAND)), "gate_asks"),
        (vary(FINE, faults__body="they differ"), "body_fault"),
        (vary(FINE, faults__foot="they differ"), "foot_fault"),
        (vary(FINE, nodes__intruded=("driver",)), "second_voice"),
        (vary(FINE, gate=GateReport(), faults__rest="no gravity"), "not_at_rest"),
        (vary(FINE, heat__hottest=1.01), "hot"),
        (vary(FINE, heat__warmest=0.81), "warm"),
        (vary(FINE, mode=Mode.FALLING), "falling"),
        *(
            (
                vary(
                    FINE,
                    nodes__silence={"planner": 0.51},
                    nodes__robot_silence={"planner": 0.31},
                    nodes__granted={"planner": {level: Silence(0.5, 0.3)}},
                ),
                f"node_lost_{level.lower()}",
            )
            for level in SILENCE_LEVELS
        ),
        *(
            (vary(FINE, gate=GateReport(GatePhase.HOLD, rule=rule.name)), rule.name)
            for rule in LOSS_RULES
        ),
        *(
            (vary(FINE, gate=GateReport(GatePhase.RUN, rule=rule.name)), rule.name)
            for rule in REQUEST_RULES
        ),
    ],
)
def test_each_fact_fires_its_rule(facts, rule):
    assert firing(FINE) == [] and firing(facts)[0] == rule


def test_just_inside_every_limit_nothing_fires():
    edge = {node: CONFIG.silence_s for node in NODES}
    edge |= {"camera": 0.5 * CONFIG.silence_s, "map": 0.9 * CONFIG.silence_s}
    facts = vary(
        FINE,
        gate_age=10.0,
        state_age=CONFIG.stalled_s,
        nodes__silence=edge,
        nodes__robot_silence={n: 9.0 for n in NODES},
        nodes__behind={"balance": CONFIG.balance_behind_s, "camera": CONFIG.camera_behind_s},
        tilt=math.radians(CONFIG.tilt_deg) - 1e-9,
        battery=CONFIG.battery_low,
    )
    assert firing(facts) == []
    facts = vary(
        facts,
        nodes__silence={n: 9.0 for n in NODES},
        nodes__robot_silence={
            "balance": 0.05,
            "camera": 0.35 * 0.5,
            "map": 0.35 * 0.9,
        },
    )
    assert firing(vary(facts, gate_age=0.1)) == []


@pytest.mark.parametrize(
    "facts",
    [
        vary(FINE, state_age=math.inf),  # the first state is still to come: `driver_lost` says so
        vary(FINE, gaps__stop=0.0, gaps__slow=0.0),
        vary(FINE, gaps__slow=0.5),
        vary(FINE, nodes__silence={"balance": 9.0}),  # and nobody measured robot time
        vary(FINE, nodes__robot_silence={"balance": 9.0}),
        *(
            vary(FINE, gate=vary(FINE.gate, rule=rule.name)) for rule in LOSS_RULES
        ),  # it does not act on it
    ],
)
def test_what_is_no_reason_to_stop(facts):
    assert firing(facts) == []


def test_rules_are_sorted_by_level_named_once_and_say_what_clears_them():
    levels = [rule.level for rule in RULES]
    assert levels == sorted(levels, reverse=True)
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.clears_by == (
            CLEARED_BY_TIME if rule.level is StopLevel.R1_DEGRADE else CLEARED_BY_RESET
        )


def test_robot_time_is_counted_in_ticks_and_old_states_say_nothing():
    watch = Watch(ROBOT, CONFIG)
    assert watch.on_state(state(100), 0.0) == 0.0
    assert watch.on_state(state(105), 0.1) == pytest.approx(5 * PERIOD)
    assert watch.on_state(state(103), 0.2) == 0.0 and watch.sequence == 105
    assert watch.facts(1.0).state_age == pytest.approx(0.9)


def test_before_anything_came_ages_are_infinite_and_all_are_absent():
    facts = Watch(ROBOT, CONFIG).facts(5.0)
    assert facts.state_age == facts.gate_age == math.inf and facts.nodes.absent == NODES
    assert "driver_lost" in firing(facts)


def test_nodes_that_are_not_expected_do_not_matter():
    watch = Watch(ROBOT, SupervisorConfig())
    for node in ("view", "somebody", "driver", "balance"):
        watch.on_beat(node, 0, 0.0)
    nodes = watch.facts(9.0).nodes
    assert set(nodes.silence) == {"driver", "balance"} and nodes.absent == ()


def test_a_stranger_on_the_command_path_is_told_once_also_by_a_node_that_starts_anew():
    watch = Watch(ROBOT, CONFIG)
    told = []
    for strangers in (0, 2, 2, 3, 0, 1):
        watch.on_beat("driver", 0, 0.0, strangers)
        told.append(watch.facts(0.0).nodes.intruded)
    assert told == [(), ("driver",), (), ("driver",), (), ("driver",)]
    watch.on_beat("somebody", 0, 0.0, 1)
    assert watch.facts(0.0).nodes.intruded == ("somebody",)


def test_latching_is_told_once():
    watch = Watch(ROBOT, CONFIG)
    watch.on_gate(GateReport(latched=True), 0.0)
    watch.on_gate(GateReport(latched=True), 0.01)
    assert watch.facts(0.02).gate_has_latched and not watch.facts(0.03).gate_has_latched
    watch.on_gate(GateReport(latched=True), 0.04)
    assert not watch.facts(0.05).gate_has_latched


def test_mode_and_battery_keep_their_last_sound_value():
    watch = Watch(ROBOT, CONFIG)
    watch.on_balance(4)
    watch.on_balance(77)
    watch.on_battery(0.6)
    watch.on_battery(float("nan"))
    facts = watch.facts(0.0)
    assert facts.mode is Mode.WALKING and facts.battery == 0.6


def sensors_after(samples) -> SensorWatch:
    watch = SensorWatch(ROBOT, PERIOD)
    for sample in samples:
        watch.step(sample)
    return watch


@pytest.mark.parametrize(
    "name, words",
    [
        ("position", "joint positions not finite"),
        ("velocity", "joint velocities not finite"),
        ("angular_velocity", "gyroscope not finite"),
        ("linear_acceleration", "accelerometer not finite"),
        ("foot_wrenches", "foot wrenches not finite"),
    ],
)
def test_not_finite_is_named_and_forgiven(name, words):
    bad = getattr(state(), name).copy()
    bad.flat[1] = np.nan
    watch = sensors_after([state(0), state(5, **{name: bad})])
    assert watch.fault == words
    watch.step(state(10))
    assert watch.fault == ""


def test_joint_far_past_its_stop():
    knee = ROBOT.joint_names.index("r_knee")
    for excess, fault in ((0.99, ""), (1.01, "r_knee far past its stop")):
        position = state().position
        position[knee] = ROBOT.limits.upper[knee] + excess * BEYOND_RANGE_RAD
        lands = [state(EVERY * k, position=position) for k in range(5)]
        assert sensors_after(lands).fault == "", "a stop that gives way for 40 ms"
        assert sensors_after([*lands, state(5 * EVERY, position=position)]).fault == fault


def test_encoder_that_jumps():
    knee, step = ROBOT.joint_names.index("l_knee"), np.zeros(N)
    step[knee] = 1.0
    ok, jump = 1.5 * ROBOT.limits.velocity[knee] * EVERY * PERIOD + 0.049, 0.3
    at = state().position
    assert sensors_after([state(0), state(EVERY, position=at + ok * step)]).fault == ""
    assert (
        sensors_after([state(0), state(EVERY, position=at + jump * step)]).fault == "l_knee jumped"
    )
    assert sensors_after([state(0), state(51, position=at + jump * step)]).fault == ""


def test_stuck_imu_is_found_only_where_it_has_noise():
    random = np.random.default_rng(0)

    def sample(k, values):
        up = np.array([0.0, 0.0, 9.81])
        return state(k * EVERY, angular_velocity=values[:3], linear_acceleration=values[3:] + up)

    noise = random.normal(0, 1e-3, (IMU_NOISE_SAMPLES + 1, 6))
    noisy = [sample(k, values) for k, values in enumerate(noise)]
    stuck = [sample(len(noise) + k, noise[-1]) for k in range(IMU_STUCK_SAMPLES)]
    assert sensors_after(noisy).fault == "" and sensors_after([*noisy, *stuck[:-1]]).fault == ""
    assert sensors_after([*noisy, *stuck]).fault == "IMU is stuck"
    assert sensors_after([sample(k, np.zeros(6)) for k in range(300)]).fault == ""
    only_gyroscope = [
        sample(len(noise) + k, np.concatenate((noise[-1, :3], random.normal(0, 1e-3, 3))))
        for k in range(20)
    ]
    assert sensors_after([*noisy, *only_gyroscope]).fault == ""


def test_tilt_follows_and_starts_anew_after_a_gap():
    lean = 9.81 * np.array([np.sin(0.5), 0.0, np.cos(0.5)])
    watch = sensors_after([state(0, linear_acceleration=lean)])
    assert watch.tilt == pytest.approx(0.5)
    watch.step(state(5, linear_acceleration=lean, angular_velocity=np.array([0.0, 1.0, 0.0])))
    assert watch.tilt != pytest.approx(0.5, abs=1e-3)
    watch.step(state(500))
    assert watch.tilt == pytest.approx(0.0)


@pytest.mark.parametrize(
    "facts",
    [
        vary(FINE, gate_age=CONFIG.silence_s, nodes__silence={"driver": 9.0}),
        vary(FINE, gate_age=9.0, nodes__silence={"driver": CONFIG.silence_s}),
        vary(FINE, state_age=CONFIG.stalled_s),
        *(
            vary(FINE, nodes__silence={n: row.wall_s}, nodes__robot_silence={n: 9.0})
            for n, row in GRANTED.items()
        ),
        *(
            vary(FINE, nodes__silence={n: 9.0}, nodes__robot_silence={n: row.robot_s})
            for n, row in GRANTED.items()
        ),
        vary(
            FINE,
            nodes__behind={"balance": CONFIG.balance_behind_s, "camera": CONFIG.camera_behind_s},
        ),
        vary(FINE, tilt=math.radians(CONFIG.tilt_deg)),
        vary(FINE, heat__warmest=CONFIG.warm, heat__hottest=1.0),
        vary(FINE, battery=CONFIG.battery_low),
        vary(FINE, frames_age=CONFIG.frames_age_s, map_age=CONFIG.map_age_s),
        vary(FINE, capture_margin=CONFIG.capture_margin_m),
        vary(FINE, operator=OperatorWord(age=CONFIG.operator_late_s)),
    ],
)
def test_at_its_limit_no_rule_fires_yet(facts):
    assert firing(facts) == []


@pytest.mark.parametrize(
    "facts, rules",
    [
        (vary(FINE, battery=CONFIG.battery_critical), ["battery_low"]),
        (vary(FINE, operator=OperatorWord(age=CONFIG.operator_lost_s)), ["operator_late"]),
        (vary(FINE, tilt=FALLEN_TILT_RAD), ["tilted"]),
        (
            vary(FINE, nodes__silence={"camera": 0.45}, nodes__robot_silence={"camera": 9.0}),
            ["camera_lost"],
        ),
        (
            vary(FINE, nodes__silence={"camera": 9.0}, nodes__robot_silence={"camera": 0.315}),
            ["camera_lost"],
        ),
    ],
)
def test_at_the_limit_of_the_stricter_rule_the_milder_one_holds_alone(facts, rules):
    assert firing(facts) == rules


def test_who_comes_near_stops_a_robot_that_walks_earlier_than_one_that_stands():
    watch = Watch(ROBOT, CONFIG)
    watch.on_state(state(500), 1.0)
    watch.on_frame("base", 1.0, 1.0, (0.0, 0.0))
    watch.on_moving(np.array([[3.0, 0.0, -1.0, 0.0]]), 1.0)
    for mode, rules in (
        (Mode.STANDING, set()),
        (Mode.WALKING, {"person_near", "person_comes"}),
    ):
        watch.on_balance(mode)
        assert rules == {"person_near", "person_comes"} & set(firing(watch.facts(1.0)))
