# SPDX-License-Identifier: Apache-2.0
"""The status card as HTML: the stop ladder's level big and coloured, then what the robot does."""

from __future__ import annotations

from html import escape

import numpy as np

from talus_view.colours import LEVEL_COLOURS, UNKNOWN_LEVEL, Colour, css
from talus_view.scene import LEVEL_TITLES, MODES, Balance, BasePose, Battery, Safety, Scene

STALE_AFTER = 1.0  # s of wall time: 50 Hz topics, twenty times slower than real time
BATTERY_STALE_AFTER = 30.0  # s of wall time: 1 Hz of simulated time

NOTHING = "no data"

STOP_HINT = (
    "Protective stop: the robot finishes its step, sits down, then torque goes off. "
    "It is software and no emergency stop; keep the hardware one in reach. Key: Esc."
)


def status_card(scene: Scene, wall: float) -> str:
    """The whole card at wall time `wall` s."""
    return f'<div class="talus-card">{_level(scene, wall)}{_rows(scene, wall)}</div>'


def _level(scene: Scene, wall: float) -> str:
    safety: Safety | None = scene.get(Safety, wall, STALE_AFTER)
    if safety is None:
        return _banner(UNKNOWN_LEVEL, "No safety state", "safety/state is silent", "")
    title = LEVEL_TITLES.get(safety.level, f"Unknown level {safety.level}")
    cause = safety.cause or ("armed, ready" if safety.is_armed else "not armed")
    clears = f"Clears by: {safety.clears_by}" if safety.clears_by else ""
    latch = " · latched" if safety.is_latched else ""
    return _banner(LEVEL_COLOURS.get(safety.level, UNKNOWN_LEVEL), title + latch, cause, clears)


def _banner(colour: Colour, title: str, cause: str, clears: str) -> str:
    small = f'<div class="talus-small">{escape(clears)}</div>' if clears else ""
    return (
        f'<div class="talus-level" style="background:{css(colour)}"><div class="talus-title">{escape(title)}</div>'
        f"<div>{escape(cause)}</div>{small}</div>"
    )


def _rows(scene: Scene, wall: float) -> str:
    rows = {
        "Mode": mode_text(scene, wall),
        "Torque": torque_text(scene, wall),
        "Speed": speed_text(scene, wall),
        "Walked": f"{scene.odometer.distance:.1f} m",
        "Balance": margin_text(scene, wall),
        "Battery": battery_text(scene, wall),
        "Time": pace_text(scene, wall),
    }
    cells = "".join(f"<span>{name}</span><b>{escape(text)}</b>" for name, text in rows.items())
    return f'<div class="talus-rows">{cells}</div>{_charge_bar(scene, wall)}'


def mode_text(scene: Scene, wall: float) -> str:
    """What balance does."""
    balance: Balance | None = scene.get(Balance, wall, STALE_AFTER)
    return MODES.get(balance.mode, f"mode {balance.mode}") if balance is not None else NOTHING


def torque_text(scene: Scene, wall: float) -> str:
    """Armed and permitted, or not."""
    safety: Safety | None = scene.get(Safety, wall, STALE_AFTER)
    if safety is None:
        return NOTHING
    return ("permitted" if safety.is_torque_permitted else "off") + (", armed" if safety.is_armed else "")


def speed_text(scene: Scene, wall: float) -> str:
    """Ground speed, and turning where it turns."""
    pose: BasePose | None = scene.get(BasePose, wall, STALE_AFTER)
    if pose is None:
        return NOTHING
    turn = f", {np.degrees(pose.yaw_rate):+.0f}°/s" if abs(pose.yaw_rate) > 0.1 else ""
    return f"{np.linalg.norm(pose.velocity[:2]):.2f} m/s{turn}"


def margin_text(scene: Scene, wall: float) -> str:
    """Feet on the ground, and how far the capture point is from the edge of the support."""
    balance: Balance | None = scene.get(Balance, wall, STALE_AFTER)
    if balance is None:
        return NOTHING
    feet = {(True, True): "both feet", (True, False): "left foot", (False, True): "right foot"}
    support = feet.get((balance.left_contact, balance.right_contact), "no foot")
    has_margin = np.isfinite(balance.capture_margin)
    return f"{support}, {100 * balance.capture_margin:+.0f} cm" if has_margin else support


def battery_text(scene: Scene, wall: float) -> str:
    """Charge, voltage and power drawn."""
    battery: Battery | None = scene.get(Battery, wall, BATTERY_STALE_AFTER)
    if battery is None:
        return NOTHING
    power = -battery.voltage * battery.current
    drawn = f" · {power:.0f} W" if np.isfinite(power) else ""
    return f"{100 * battery.charge:.0f} % · {battery.voltage:.1f} V{drawn}"


def pace_text(scene: Scene, wall: float) -> str:
    """Real-time factor in simulation."""
    factor = scene.real_time.value(wall)
    return "real" if factor is None else f"simulated, {factor:.2f} of real"


def _charge_bar(scene: Scene, wall: float) -> str:
    battery: Battery | None = scene.get(Battery, wall, BATTERY_STALE_AFTER)
    share = 0.0 if battery is None else min(max(battery.charge, 0.0), 1.0)
    colour = css(LEVEL_COLOURS[0] if share > 0.3 else LEVEL_COLOURS[1] if share > 0.15 else LEVEL_COLOURS[3])
    return f'<div class="talus-bar"><div style="width:{100 * share:.0f}%;background:{colour}"></div></div>'
