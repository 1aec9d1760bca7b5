# SPDX-License-Identifier: Apache-2.0
"""The state machine: stories on a time line, then every state with every event to depth 4."""

import pytest
from safety_samples import vary
from talus_core.words.falls import FALLEN_TILT_RAD
from talus_core.words.gate_phases import GatePhase
from talus_core.words.modes import Mode
from talus_core.words.stop_levels import StopLevel
from talus_safety.config import SupervisorConfig
from talus_safety.kernel.decide.supervisor.facts import Facts, GateReport, OperatorWord
from talus_safety.kernel.decide.supervisor.supervisor import (
    Answer,
    Supervisor,
    SupervisorState,
    Wish,
)

R0, R1, R2, R3, R4, R5 = StopLevel
CONFIG = SupervisorConfig()
SUPERVISOR = Supervisor(CONFIG)
DT = 0.01

SEATED = Facts(gate=GateReport(GatePhase.OFF, at_rest=True), mode=Mode.LIMP)
HELD_SEATED = Facts(gate=GateReport(GatePhase.RUN, at_rest=True), mode=Mode.SEATED)
STANDING = Facts(gate=GateReport(GatePhase.RUN, at_rest=False), mode=Mode.STANDING)
WALKING = vary(STANDING, mode=Mode.WALKING)
SITTING = vary(STANDING, mode=Mode.SITTING_DOWN)
STANDBY = Facts(
    gate=GateReport(GatePhase.HOLD, True, False, R3, "no sound joint_command in time"),
    gate_has_latched=True,
)
LATCHED_OFF = Facts(
    gate=GateReport(
        GatePhase.OFF, latched=True, at_rest=True, reason="no sound joint_command in time"
    )
)
NO_BALANCE = vary(WALKING, nodes__silence={"balance": 0.6}, nodes__robot_silence={"balance": 0.2})
NO_CAMERA = vary(WALKING, nodes__silence={"camera": 0.3}, nodes__robot_silence={"camera": 0.3})
NO_CAMERA_LONG = vary(WALKING, nodes__silence={"camera": 0.5}, nodes__robot_silence={"camera": 0.5})
REFUSING = vary(
    WALKING,
    gate=vary(
        WALKING.gate,
        request=R2,
        reason="joint_command refused: NaN or infinite",
        rule="commands_refused",
    ),
)
LYING = Facts(gate=GateReport(GatePhase.HOLD, True, True, R3), tilt=1.4, mode=Mode.WALKING)
FALLING = vary(WALKING, tilt=0.8)
ABSENT = vary(SEATED, nodes__absent=("balance",))
SILENT_DRIVER = vary(WALKING, gate_age=0.6, nodes__silence={"driver": 0.6})


def after(state: SupervisorState, facts: Facts, seconds: float = DT) -> SupervisorState:
    for _ in range(round(seconds / DT)):
        state = SUPERVISOR.step_level(state, facts, DT)
    return state


def asked(state: SupervisorState, facts: Facts, *wishes: Wish) -> SupervisorState:
    """The state after wishes that must all be granted, shown after one step."""
    for wish in wishes:
        state, answer = SUPERVISOR.ask(state, facts, wish)
        assert answer.success, answer.message
    return after(state, facts)


def armed() -> SupervisorState:
    return asked(after(SupervisorState(), SEATED), SEATED, Wish.ARM)


def refused(state: SupervisorState, facts: Facts, wish: Wish) -> str:
    same, answer = SUPERVISOR.ask(state, facts, wish)
    assert same is state and not answer.success
    return answer.message


def shown(state: SupervisorState) -> tuple:
    return state.level, state.latched, state.armed, state.torque_permitted


def test_boot_is_restrictive_until_armed():
    state = after(SupervisorState(), SEATED, 5.0)
    assert shown(state) == (R3, False, False, False)
    assert (state.cause, state.clears_by) == ("not armed yet", "safety/arm")
    state = asked(state, SEATED, Wish.ARM)
    assert shown(state) == (R0, False, True, True) and (state.cause, state.clears_by) == ("", "")


@pytest.mark.parametrize(
    "facts, word",
    [
        (ABSENT, "balance"),
        (vary(SEATED, state_age=float("inf")), "no robot_state"),
        (vary(SEATED, gate_age=3.1, nodes__silence={"driver": 0.1}), "gate/state"),
        (vary(SEATED, gate=GateReport(GatePhase.OFF, at_rest=False)), "not at rest"),
        (vary(SEATED, faults__sensor="IMU is stuck"), "IMU is stuck"),
        (vary(SEATED, mode=Mode.FALLING), "falls"),
        (vary(SEATED, battery=0.01), "battery"),
    ],
)
def test_arm_is_refused_with_the_reason(facts, word):
    assert word in refused(after(SupervisorState(), facts), facts, Wish.ARM)


def test_a_process_that_must_not_arm_says_why_and_still_stops():
    supervisor = Supervisor(CONFIG, never_arms="the transport is not as configured: p.xml")
    state = supervisor.step_level(SupervisorState(), SEATED, DT)
    same, answer = supervisor.ask(state, SEATED, Wish.ARM)
    assert same is state
    assert answer == Answer(False, "the transport is not as configured: p.xml")
    stopped, answer = supervisor.ask(state, SEATED, Wish.STOP)
    assert answer.success
    assert supervisor.ask(stopped, SEATED, Wish.RESET)[1].success


def test_low_battery_does_not_keep_from_arming():
    facts = vary(SEATED, battery=0.1)
    state = asked(after(SupervisorState(), facts), facts, Wish.ARM)
    assert state.level is R1 and state.cause == "the battery is low"


def test_story_stop_while_walking():
    state = asked(after(armed(), WALKING), WALKING, Wish.STOP)
    assert shown(state) == (R3, True, False, True) and state.cause == "stopped by the operator"
    state = after(state, WALKING, 1.0)
    assert "sitting down" in refused(state, WALKING, Wish.RESET)
    assert "latched" in refused(state, WALKING, Wish.ARM)
    state = after(state, SITTING, 3.0)
    assert state.torque_permitted
    state = after(state, HELD_SEATED)
    assert shown(state) == (R3, True, False, False)
    state = asked(after(state, SEATED), SEATED, Wish.RESET)
    assert shown(state) == (R3, False, False, False) and state.cause == "not armed yet"
    assert shown(asked(state, SEATED, Wish.ARM)) == (R0, False, True, True)


def test_story_safe_stand_keeps_power_and_ends_by_reset_and_arm():
    state = asked(after(armed(), WALKING), WALKING, Wish.SAFE_STAND)
    assert shown(state) == (R2, True, False, True)
    state = after(state, STANDING, 60.0)
    assert shown(state) == (R2, True, False, True)
    state = asked(state, STANDING, Wish.RESET)
    assert shown(state) == (R2, False, False, True)
    assert shown(asked(state, STANDING, Wish.ARM)) == (R0, False, True, True)


def test_stop_beats_safe_stand_and_not_the_other_way():
    state = asked(after(armed(), STANDING), STANDING, Wish.SAFE_STAND, Wish.STOP)
    assert state.level is R3
    assert "stricter" in refused(state, STANDING, Wish.SAFE_STAND)


def test_story_balance_dies():
    state = after(armed(), WALKING)
    state = after(state, STANDBY)
    assert shown(state) == (R3, True, False, True)
    assert (
        state.cause
        == "the driver holds and sits the robot by itself: no sound joint_command in time"
    )
    state = after(state, vary(STANDBY, gate_has_latched=False), 4.0)
    state = after(state, LATCHED_OFF)
    assert shown(state) == (R3, True, False, False)
    assert shown(asked(state, LATCHED_OFF, Wish.RESET, Wish.ARM)) == (R0, False, True, True)


def test_gate_that_latched_at_rest_is_seen_though_standby_never_was():
    state = after(after(armed(), HELD_SEATED), vary(LATCHED_OFF, gate_has_latched=True))
    assert shown(state) == (R3, True, False, False)


def test_story_fallen_is_cut_when_it_lies_and_gets_up_when_an_operator_asks():
    state = after(armed(), WALKING)
    state = after(state, FALLING)
    assert state.cause == "the robot tilts too far"
    state = after(state, LYING)
    assert not state.torque_permitted
    lying = vary(LYING, gate=GateReport(GatePhase.OFF, latched=True))
    state = asked(asked(state, lying, Wish.RESET), lying, Wish.ARM)
    under_torque = vary(lying, gate=GateReport(GatePhase.RUN, at_rest=True), mode=Mode.LIMP)
    rising = vary(under_torque, gate=GateReport(GatePhase.RUN, at_rest=False), mode=Mode.GETTING_UP)
    state = after(after(state, under_torque), rising)
    assert shown(state) == (R0, False, True, True)
    assert after(state, vary(rising, mode=Mode.LIMP)).cause == "the robot has fallen"


def test_a_certain_fall_stops_before_the_tilt_does():
    state = after(armed(), vary(WALKING, tilt=0.3, mode=Mode.FALLING))
    assert shown(state) == (R4, True, False, True) and state.cause == "the robot falls"


def test_story_cameras_degrade_then_stop():
    state = after(after(armed(), WALKING), NO_CAMERA)
    assert shown(state) == (R1, False, True, True) and state.clears_by == "its cause gone for 2 s"
    assert after(state, WALKING, 1.9).level is R1
    assert after(state, WALKING, 2.1).level is R0
    state = after(state, NO_CAMERA_LONG)
    assert shown(state) == (R2, True, False, True)
    assert "camera" in refused(state, NO_CAMERA_LONG, Wish.RESET)


def test_story_refused_commands():
    state = after(after(armed(), WALKING), REFUSING)
    assert shown(state) == (R2, True, False, True)
    assert state.cause == "joint_command refused: NaN or infinite"


def test_sitting_that_takes_too_long_ends_in_cut():
    state = asked(after(armed(), WALKING), WALKING, Wish.STOP)
    state = after(state, SITTING, CONFIG.sit_timeout_s - 0.1)
    assert shown(state) == (R3, True, False, True)
    state = after(state, SITTING, 0.2)
    assert shown(state) == (R5, True, False, False) and state.cause == "sitting down took too long"
    assert "latched" in refused(state, SEATED, Wish.ARM)
    assert shown(asked(after(state, SEATED), SEATED, Wish.RESET, Wish.ARM)) == (
        R0,
        False,
        True,
        True,
    )


def test_limits_themselves_are_still_allowed():
    stopped = vary(
        asked(after(armed(), WALKING), WALKING, Wish.STOP), held_for=CONFIG.sit_timeout_s
    )
    assert SUPERVISOR.step_level(stopped, SITTING, 0.0).torque_permitted
    late = vary(SEATED, state_age=CONFIG.stalled_s)
    assert SUPERVISOR.ask(after(SupervisorState(), SEATED), late, Wish.ARM)[1].success
    leaning = vary(LYING, tilt=FALLEN_TILT_RAD)
    assert (
        SUPERVISOR.step_level(stopped, leaning, 0.0).torque_permitted
        and not after(stopped, LYING).torque_permitted
    )


def test_time_at_a_level_begins_when_it_rises_and_at_arming():
    ready = vary(after(SupervisorState(), SEATED), held_for=9.0)
    assert SUPERVISOR.ask(ready, SEATED, Wish.ARM)[0].held_for == 0.0
    stopped = asked(after(armed(), WALKING), WALKING, Wish.STOP)
    again = SUPERVISOR.ask(vary(stopped, latched=False, held_for=9.0), WALKING, Wish.STOP)[0]
    assert again.held_for == 9.0, "the same level does not begin anew"


def test_before_arming_a_cause_of_a_safe_stand_shows():
    released = vary(SEATED, operator=OperatorWord(is_released=True))
    assert after(SupervisorState(), released).cause == "the operator lets go"


def test_two_faults_the_stricter_wins_in_either_order():
    for first, second in ((REFUSING, NO_BALANCE), (NO_BALANCE, REFUSING)):
        state = after(after(after(armed(), WALKING), first), second)
        assert state.level is R3 and state.cause == "balance is silent"


def test_first_cause_at_a_level_stays():
    state = asked(after(armed(), WALKING), WALKING, Wish.STOP)
    assert after(state, NO_BALANCE).cause == "stopped by the operator"


def test_before_arming_faults_show_but_do_not_latch():
    state = after(SupervisorState(), SILENT_DRIVER)
    assert shown(state) == (R3, False, False, False)
    assert (state.cause, state.clears_by) == (
        "the driver is silent",
        "its cause gone, then safety/arm",
    )
    assert after(state, SEATED).cause == "not armed yet"


def test_stop_before_arming_latches():
    state = asked(after(SupervisorState(), SEATED), SEATED, Wish.STOP)
    assert shown(state) == (R3, True, False, False)
    assert "reset first" in refused(state, SEATED, Wish.ARM)


def test_since_counts_from_the_change_of_level():
    state = after(after(armed(), WALKING, 3.0), NO_CAMERA)
    assert state.level_for == 0.0
    assert after(state, NO_CAMERA, 1.0).level_for == pytest.approx(1.0)


EVENTS = {
    "seated": SEATED,
    "held": HELD_SEATED,
    "standing": STANDING,
    "sitting": SITTING,
    "standby": STANDBY,
    "latched": LATCHED_OFF,
    "no_balance": NO_BALANCE,
    "no_camera": NO_CAMERA,
    "camera_gone": NO_CAMERA_LONG,
    "refusing": REFUSING,
    "lying": LYING,
    "absent": ABSENT,
    "no_driver": SILENT_DRIVER,
    **{w.value: w for w in Wish},
}
LONG = CONFIG.sit_timeout_s + 1.0


def followers(state: SupervisorState, facts: Facts):
    """Every state one event later, with the facts that hold there."""
    for name, event in EVENTS.items():
        if isinstance(event, Wish):
            yield (
                name,
                SUPERVISOR.step_level(SUPERVISOR.ask(state, facts, event)[0], facts, DT),
                facts,
            )
        else:
            for dt in (DT, LONG):
                yield name, SUPERVISOR.step_level(state, event, dt), event


def key(state: SupervisorState) -> tuple:
    """States that differ only in how long they last behave alike, up to the time-out."""
    late = state.held_for > CONFIG.sit_timeout_s
    return vary(
        state, held_for=0.0, level_for=0.0, degraded_for=float(state.degraded_for > 0)
    ), late


def reachable(depth: int):
    """Yield (before, event, facts, after) for every state that `depth` events reach."""
    seen, front = set(), [(SupervisorState(), SEATED)]
    for _ in range(depth):
        found = []
        for state, facts in front:
            for name, new, new_facts in followers(state, facts):
                yield state, name, new_facts, new
                mark = (key(new), id(new_facts))
                if mark not in seen:
                    seen.add(mark)
                    found.append((new, new_facts))
        front = found


def test_every_state_and_event_to_depth_five_keeps_the_promises():
    """Ten invariants over all sequences of five events from the boot.

    Equal states are followed once.
    """
    transitions = 0
    for before, event, facts, new in reachable(5):
        transitions += 1
        story = f"{event}: {before} -> {new}"
        granted_arm = event == Wish.ARM.value and new.armed and not before.armed
        assert new.level >= new.held, story
        assert new.held >= before.held or granted_arm, (
            f"the ladder only falls by an operator's arm; {story}"
        )
        assert new.armed <= (new.held is R0), f"armed means no stop holds; {story}"
        assert new.armed <= new.torque_permitted, story
        assert before.armed or not new.armed or granted_arm, f"nothing arms by itself; {story}"
        assert before.torque_permitted or not new.torque_permitted or granted_arm, (
            f"torque comes by arm; {story}"
        )
        assert new.latched or not before.latched or event == Wish.RESET.value, (
            f"a latch opens by reset; {story}"
        )
        assert not granted_arm or not before.latched, f"no arming over a latch; {story}"
        assert new.level is R0 or (new.cause and new.clears_by), (
            f"a restriction says why and what ends it; {story}"
        )
        cut = before.torque_permitted and not new.torque_permitted
        is_down = facts.gate.at_rest or facts.gate.phase is GatePhase.OFF
        assert not cut or is_down or new.level is R5, (
            f"torque is withdrawn from what is down, or at R5; {story}"
        )
        if event == Wish.STOP.value:
            assert new.level >= R3 and not new.armed, f"a stop always stops; {story}"
    assert transitions > 3000


def test_a_robot_that_cannot_be_cut_is_stopped_seated_and_keeps_its_torque():
    keeps = Supervisor(CONFIG, keeps_torque=True)
    running = SupervisorState(R0, "", armed=True, torque_permitted=True)
    stopped, _ = keeps.ask(running, STANDING, Wish.STOP)
    assert not keeps.ask(stopped, SITTING, Wish.RESET)[1].success
    by_gate = Facts(gate=GateReport(GatePhase.SIT, True, True, R3), mode=Mode.STANDING)
    for held in (HELD_SEATED, by_gate):
        state = stopped
        for _ in range(round(CONFIG.sit_timeout_s / DT) + 2):
            state = keeps.step_level(state, held, DT)
        assert state.torque_permitted and state.level is R3
        assert state.clears_by.endswith("; torque is kept, since the robot cannot be cut")
    reset, answer = keeps.ask(stopped, HELD_SEATED, Wish.RESET)
    assert answer.success and keeps.ask(reset, HELD_SEATED, Wish.ARM)[1].success
    assert "driver holds and sits" in keeps.ask(stopped, by_gate, Wish.RESET)[1].message
    cut = SUPERVISOR.step_level(stopped, HELD_SEATED, DT)
    assert not cut.torque_permitted, "any other robot is cut"


@pytest.mark.parametrize(
    "facts",
    [
        vary(HELD_SEATED, mode=Mode.SITTING_DOWN),
        vary(HELD_SEATED, gate__at_rest=False),
        vary(HELD_SEATED, gate__phase=GatePhase.HOLD, mode=Mode.STANDING, gate__at_rest=False),
    ],
)
def test_a_robot_that_cannot_be_cut_must_sit_in_time(facts):
    keeps = Supervisor(CONFIG, keeps_torque=True)
    running = SupervisorState(R0, "", armed=True, torque_permitted=True)
    state, _ = keeps.ask(running, STANDING, Wish.STOP)
    for _ in range(round(CONFIG.sit_timeout_s / DT) + 2):
        state = keeps.step_level(state, facts, DT)
    assert state.level is R5


def test_a_robot_that_cannot_be_cut_is_cut_where_it_lies():
    keeps = Supervisor(CONFIG, keeps_torque=True)
    running = SupervisorState(R3, "fallen", latched=True, torque_permitted=True)
    assert not keeps.step_level(running, LYING, DT).torque_permitted
