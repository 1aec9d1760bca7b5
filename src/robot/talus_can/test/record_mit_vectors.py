# SPDX-License-Identifier: Apache-2.0
"""Makes vectors with the libraries of drives that speak MIT-style frames, for record_vectors.py."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

from vector_rows import DRIVE, RANDOM, Wire, command, feedback, order, random_bytes, uniform


def damiao() -> list[dict]:
    source = f"damiao-motor {version('damiao-motor')}"
    library = import_module("damiao_motor.core.motor")
    found = []
    for model in ("4310", "4340", "8009", "10010L"):
        wire = Wire()
        motor = library.DaMiaoMotor(DRIVE, DRIVE + 16, wire, motor_type=model)
        ends = (motor._p_max, motor._v_max, motor._t_max, 500, 5)
        for _ in range(12):
            t = uniform(*ends)
            data = motor.encode_cmd_msg(t[0], t[1], t[4], t[2], t[3])
            found.append(command("damiao", model, source, t, DRIVE, data))
        for state in (0, 1, 8, 9, 10, 11, 12, 13, 14):
            data = bytes([state << 4 | DRIVE]) + random_bytes(7)
            seen = motor.decode_sensor_feedback(data)
            found.append(
                feedback(
                    "damiao",
                    model,
                    source,
                    DRIVE + 16,
                    data,
                    position=seen["pos"],
                    velocity=seen["vel"],
                    effort=seen["torq"],
                    drive_temperature=seen["t_mos"],
                    motor_temperature=seen["t_rotor"],
                    state=state,
                )
            )
    for name, data in (
        ("ENABLE", motor.encode_enable_msg()),
        ("DISABLE", motor.encode_disable_msg()),
        ("SET_ZERO", motor.encode_save_position_zero_msg()),
        ("CLEAR_FAULTS", motor.encode_clear_error_msg()),
    ):
        found.append(order("damiao", name, source, DRIVE, data))
    motor.request_motor_feedback()
    motor.request_register_reading(22)
    motor.set_can_timeout(50)
    for name, frame in zip(
        ("POLL", "READ VELOCITY_RANGE", "WRITE WATCHDOG 0.05"), wire.sent, strict=True
    ):
        found.append(order("damiao", name, source, frame.arbitration_id, frame.data))
    return found


def robstride() -> list[dict]:
    source = f"robstride-dynamics {version('robstride-dynamics')}"
    library = import_module("robstride_dynamics.bus")
    table = import_module("robstride_dynamics.table")
    kinds = import_module("robstride_dynamics.protocol").ParameterType
    found = []
    for model in ("rs-01", "rs-03", "rs-04", "rs-06"):
        bus = library.RobstrideBus("wire", {"m": library.Motor(DRIVE, model)})
        bus.host_id = 0xFD
        wire = bus.channel_handler = Wire()
        ends = (
            table.MODEL_MIT_POSITION_TABLE[model],
            table.MODEL_MIT_VELOCITY_TABLE[model],
            table.MODEL_MIT_TORQUE_TABLE[model],
            table.MODEL_MIT_KP_TABLE[model],
            table.MODEL_MIT_KD_TABLE[model],
        )
        ours = model.upper().replace("-", "")
        for _ in range(8):
            t = uniform(*ends)
            bus.write_operation_frame("m", t[0], t[2], t[3], t[1], t[4])
            frame = wire.sent.pop()
            found.append(command("robstride", ours, source, t, frame.arbitration_id, frame.data))
        for _ in range(5):
            can_id = 2 << 24 | 2 << 22 | DRIVE << 8 | 0xFD
            data = random_bytes(8)
            wire.inbox.append(
                SimpleNamespace(is_extended_id=True, arbitration_id=can_id, data=data)
            )
            position, velocity, effort, temperature = bus.receive_status_frame("m")
            found.append(
                feedback(
                    "robstride",
                    ours,
                    source,
                    can_id,
                    data,
                    position=position,
                    velocity=velocity,
                    effort=effort,
                    motor_temperature=temperature,
                )
            )
    kind = library.CommunicationType
    bus.transmit(kind.ENABLE, bus.host_id, DRIVE)
    bus.transmit(kind.DISABLE, bus.host_id, DRIVE)
    bus.receive_read_frame = lambda: bytes(4)
    bus.receive_status_frame = lambda motor: None
    bus.read("m", (kinds.VBUS[0], import_module("numpy").float32, "VBUS"))
    bus.write("m", (kinds.CAN_TIMEOUT[0], import_module("numpy").uint32, ""), 1000)
    names = ("ENABLE", "DISABLE", "READ BUS_VOLTAGE", "WRITE WATCHDOG 0.05")
    for name, frame in zip(names, wire.sent, strict=True):
        found.append(order("robstride", name, source, frame.arbitration_id, frame.data))
    return found


def cybergear() -> list[dict]:
    source = f"CyberGearDriver {version('CyberGearDriver')}"
    library = import_module("CyberGearDriver.motor_controller")
    library.PAUSE_AFTER_SEND = 0
    sent: list[Any] = []
    motor = library.CyberGearMotor(DRIVE, sent.append, host_id=0xFD)
    found = []
    for _ in range(25):
        t = uniform(12.5, 30, 12, 500, 5)
        motor.control(t[0], t[1], t[4], t[2], t[3])
        frame = sent.pop()
        found.append(command("cybergear", "CyberGear", source, t, frame.arbitration_id, frame.data))
    for _ in range(15):
        data = random_bytes(8)
        can_id = 2 << 24 | 2 << 22 | DRIVE << 8 | 0xFD
        motor._process_received_state(data, bytes(16))
        seen = motor.state
        found.append(
            feedback(
                "cybergear",
                "CyberGear",
                source,
                can_id,
                data,
                position=seen["position"],
                velocity=seen["velocity"],
                effort=seen["torque"],
                motor_temperature=seen["temperature"],
            )
        )
    return found


def cubemars() -> list[dict]:
    source = f"TMotorCANControl {version('TMotorCANControl')}"
    mit = import_module("TMotorCANControl.mit_can")
    manager = object.__new__(mit.CAN_Manager)
    manager.bus = wire = Wire()
    found = []
    for model in ("AK80-9", "AK10-9", "AK80-64"):
        limits = mit.MIT_Params[model]
        ends = [limits[f"{name}_max"] for name in ("P", "V", "T", "Kp", "Kd")]
        for _ in range(8):
            t = uniform(*ends)
            manager.MIT_controller(DRIVE, model, *t)
            found.append(command("cubemars_mit", model, source, t, DRIVE, wire.sent.pop().data))
        for code in range(7):
            data = bytes([DRIVE]) + random_bytes(6) + bytes([code])
            seen = manager.parse_MIT_message(data, model)
            found.append(
                feedback(
                    "cubemars_mit",
                    model,
                    source,
                    0,
                    data,
                    position=seen.position,
                    velocity=seen.velocity,
                    effort=seen.current,
                    fault=code,
                )
            )
    servo = import_module("TMotorCANControl.servo_can")
    reader = object.__new__(servo.CAN_Manager_servo)
    params = servo.Servo_Params["AK80-9"]
    ratio = params["GEAR_RATIO"] * params["NUM_POLE_PAIRS"]
    for code in range(7):
        position = RANDOM.randrange(0, 2000).to_bytes(2, "big")
        rest = [RANDOM.randrange(0, 900).to_bytes(2, "big") for _ in range(2)]
        data = position + b"".join(rest) + bytes([RANDOM.randrange(100), code])
        seen = reader.parse_servo_message([int(byte) for byte in data])
        found.append(
            feedback(
                "cubemars_servo",
                "AK80-9",
                source,
                0x2900 | DRIVE,
                data,
                position=seen.position * 3.141592653589793 / 180,
                velocity=seen.velocity * 2 * 3.141592653589793 / 60 / ratio,
                effort=seen.current * params["Kt_TMotor"] * params["GEAR_RATIO"],
                motor_temperature=seen.temperature,
                fault=code,
            )
        )
    return found


def motor_python() -> list[dict]:
    source = f"motor-python {version('motor-python')}"
    library = import_module("motor_python.cube_mars_motor_can")
    specs = import_module("motor_python.definitions")
    found = []
    for family, name, maker, limits in (
        ("cubemars_mit", "AK60-6", library.CubeMarsBaseCAN, specs.AK60_6_V1_1_MIT_LIMITS),
        ("cubemars_servo", "AK60-6 V3", library.CubeMarsAK606v3CAN, specs.AK60_6_V3_0_MIT_LIMITS),
    ):
        motor = object.__new__(maker)
        for _ in range(15):
            t = uniform(limits.p_max, limits.v_max, limits.t_max, 500, 5)
            data = motor.pack_mit_frame(t[0], t[1], t[2], t[3], t[4], limits)
            can_id = DRIVE if family == "cubemars_mit" else 8 << 8 | DRIVE
            found.append(command(family, name, source, t, can_id, data))
    return found
