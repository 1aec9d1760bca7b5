# SPDX-License-Identifier: Apache-2.0
"""Writes maker_vectors.json: frames that the makers' own libraries make, and what they read.

No test runs it. Where the libraries are installed:

    pip install --target DIR --no-deps damiao-motor==1.0.6 robstride-dynamics==0.0.1 moteus==1.1.1 \
        CyberGearDriver==0.2.0 TMotorCANControl==1.2.6 motor-python==0.0.11 odrive-can==2.1.0
    pip install --target DIR canopen==2.4.1 cantools==45.1.0 python-can tqdm
    PYTHONPATH=DIR python record_vectors.py
"""

from __future__ import annotations

import json
from importlib import import_module, util
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from record_mit_vectors import cubemars, cybergear, damiao, motor_python, robstride
from vector_rows import DRIVE, RANDOM, TURN, command, feedback, order, random_bytes, uniform

FILE = Path(__file__).parent / "maker_vectors.json"


def moteus() -> list[dict]:
    source = f"moteus {version('moteus')}"
    library = import_module("moteus")
    mp = import_module("moteus.multiplex")
    places = library.PositionResolution()
    for name in ("position", "velocity", "feedforward_torque", "kp_scale", "kd_scale"):
        setattr(places, name, mp.INT16)
    query = library.QueryResolution()
    for name in ("mode", "position", "velocity", "torque"):
        setattr(query, name, mp.INT16)
    for name in ("motor_temperature", "trajectory_complete", "home_state", "rezero_state"):
        setattr(query, name, mp.INT8)
    drive = library.Controller(DRIVE, query_resolution=query, position_resolution=places)
    stiffness, damping = 4.0 / TURN, 0.05 / TURN
    found = []
    for _ in range(30):
        t = uniform(18.0, 45.0, 300.0, stiffness, damping)
        made = drive.make_position(
            position=t[0] / TURN,
            velocity=t[1] / TURN,
            feedforward_torque=t[4],
            kp_scale=t[2] / stiffness,
            kd_scale=t[3] / damping,
            query=True,
        )
        found.append(command("moteus", "default", source, t, 0x8000 | DRIVE, made.data))
    for name, made in (
        ("DISABLE", drive.make_stop()),
        ("BRAKE", drive.make_brake()),
        ("POLL", drive.make_query()),
        ("SET_ZERO", drive.make_set_output_exact(position=0.0)),
    ):
        can_id = (0x8000 if name == "POLL" else 0) | DRIVE
        found.append(order("moteus", name, source, can_id, made.data))
    for _ in range(20):
        words = bytes([10, 0]) + random_bytes(6)
        small = bytes(RANDOM.randrange(100) for _ in range(5)) + b"\0"
        data = bytes([0x24, 4, 0]) + words + bytes([0x20, 6, 0x0A]) + small
        message = SimpleNamespace(arbitration_id=DRIVE << 8, data=data, channel=None)
        seen = import_module("moteus.protocol").parse_message(message).values
        found.append(
            feedback(
                "moteus",
                "default",
                source,
                DRIVE << 8,
                data,
                position=seen[library.Register.POSITION] * TURN,
                velocity=seen[library.Register.VELOCITY] * TURN,
                effort=seen[library.Register.TORQUE],
                motor_temperature=seen[library.Register.MOTOR_TEMPERATURE],
                drive_temperature=seen[library.Register.TEMPERATURE],
            )
        )
    return found


def odrive() -> list[dict]:
    place = Path(str(util.find_spec("odrive_can").submodule_search_locations[0]))
    cantools = import_module("cantools")
    dbc = cantools.database.load_file(place / "dbc" / "odrive-cansimple-0.6.10.dbc")
    source = f"odrive-can {version('odrive-can')} 0.6.10.dbc by cantools {version('cantools')}"
    found = []

    def encode(name: str, **signals: float) -> tuple[int, bytes]:
        message = dbc.get_message_by_name(f"Axis{DRIVE}_{name}")
        full = {signal.name: signals[signal.name] for signal in message.signals}
        return message.frame_id, message.encode(full, strict=False)

    for _ in range(20):
        t = uniform(100.0, 200.0, 30.0, 0, 0)
        can_id, data = encode(
            "Set_Input_Pos", Input_Pos=t[0] / TURN, Vel_FF=t[1] / TURN, Torque_FF=t[4]
        )
        found.append(command("odrive", "default", source, t, can_id, data))
    for name, signals in (
        ("Get_Encoder_Estimates", {"Pos_Estimate": "position", "Vel_Estimate": "velocity"}),
        ("Get_Torques", {"Torque_Estimate": "effort", "Torque_Target": ""}),
        (
            "Get_Temperature",
            {"Motor_Temperature": "motor_temperature", "FET_Temperature": "drive_temperature"},
        ),
    ):
        for _ in range(6):
            values = {signal: round(RANDOM.uniform(-50, 50), 3) for signal in signals}
            can_id, data = encode(name, **values)
            unit = TURN if "Estimates" in name else 1.0
            seen = {signals[s]: value * unit for s, value in values.items() if signals[s]}
            found.append(feedback("odrive", "default", source, can_id, data, **seen))
    for state in (1, 8):
        for error in (0, 0x200, 0x0100_4000):
            can_id, data = encode(
                "Heartbeat",
                Axis_Error=error,
                Axis_State=state,
                Procedure_Result=0,
                Trajectory_Done_Flag=0,
            )
            found.append(
                feedback("odrive", "default", source, can_id, data, state=state, fault=error)
            )
    for order_name, name, signals in (
        ("DISABLE", "Set_Axis_State", {"Axis_Requested_State": 1}),
        ("CLEAR_FAULTS", "Clear_Errors", {"Identify": 0}),
        ("WRITE MODE 3", "Set_Controller_Mode", {"Input_Mode": 1, "Control_Mode": 3}),
    ):
        can_id, data = encode(name, **signals)
        size = dbc.get_message_by_name(f"Axis{DRIVE}_{name}").signals
        data = data[: max(signal.start + signal.length for signal in size) // 8]
        found.append(order("odrive", order_name, source, can_id, data))
    return found


def canopen_node() -> Any:
    """A node whose dictionary holds the objects of CiA 402 that the codec maps."""
    library = import_module("canopen")
    tables = import_module("canopen.objectdictionary")
    dictionary = tables.ObjectDictionary()
    for index, kind in (
        (0x6040, tables.UNSIGNED16),
        (0x6041, tables.UNSIGNED16),
        (0x603F, tables.UNSIGNED16),
        (0x607A, tables.INTEGER32),
        (0x6064, tables.INTEGER32),
        (0x606C, tables.INTEGER32),
        (0x60B2, tables.INTEGER16),
        (0x6077, tables.INTEGER16),
    ):
        item = tables.ODVariable(f"{index:x}", index, 0)
        item.data_type = kind
        dictionary.add_object(item)
    return library.LocalNode(DRIVE, dictionary)


def pdo(node: Any, objects: tuple[int, ...], values: list[int]) -> bytes:
    mapping = import_module("canopen").pdo.PdoMap(SimpleNamespace(node=node), None, None)
    mapping.pdo_node = SimpleNamespace(node=node)
    for index in objects:
        mapping.add_variable(index)
    for place, value in enumerate(values):
        mapping[place].raw = value
    return bytes(mapping.data)


def cia402() -> list[dict]:
    source = f"canopen {version('canopen')}"
    states = import_module("canopen.profiles.p402").State402
    motor, counts, rated = "17 bit, 1 N m", 131072, 1.0
    node = canopen_node()
    found = []
    for _ in range(20):
        t = uniform(300.0, 0.0, 3.0, 0, 0)
        numbers = [round(t[0] / TURN * counts), round(t[4] / rated * 1000)]
        data = pdo(node, (0x6040, 0x607A, 0x60B2), [0x06, *numbers])
        found.append(command("cia402", motor, source, t, 0x200 | DRIVE, data))
    for name, (_, word) in states.SW_MASK.items():
        position, effort = RANDOM.randrange(-(2**31), 2**31), RANDOM.randrange(-3000, 3000)
        data = pdo(node, (0x6041, 0x6064, 0x6077), [word | 0x1200, position, effort])
        expect = {"position": position / counts * TURN, "effort": effort / 1000 * rated}
        row = feedback("cia402", motor, source, 0x180 | DRIVE, data, **expect)
        found.append({**row, "power_state": name})
        velocity = RANDOM.randrange(-(2**31), 2**31)
        data = pdo(node, (0x606C, 0x603F), [velocity, 0x3220])
        expect = {"velocity": velocity / counts * TURN, "fault": 0x3220}
        found.append(feedback("cia402", motor, source, 0x280 | DRIVE, data, **expect))
    return found


def main() -> None:
    vectors = []
    for record in (damiao, robstride, cybergear, cubemars, motor_python, moteus, odrive, cia402):
        rows = record()
        print(record.__name__, len(rows))
        vectors += rows
    lines = ",\n".join(json.dumps(row) for row in vectors)
    FILE.write_text(f"[\n{lines}\n]\n")
    print(len(vectors), "vectors")


if __name__ == "__main__":
    main()
