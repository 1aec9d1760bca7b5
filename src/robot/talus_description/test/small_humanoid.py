# SPDX-License-Identifier: Apache-2.0
"""Makes a small humanoid of boxes, as MJCF in any spelling: adopted in some milliseconds."""

from __future__ import annotations

BASE = '<inertial pos="0 0 0.02" mass="8" diaginertia="0.05 0.04 0.06"/>'
LEG = """
<body name="{s}_hip_yaw_link" pos="0 {y} 0">
  <joint name="{s}_hip_yaw" axis="0 0 1" range="-1 1" {t}/>
  <inertial pos="0 0 0" mass="0.5" diaginertia="0.001 0.001 0.001"/>
  <body name="{s}_hip_roll_link"><joint name="{s}_hip_roll" axis="1 0 0" range="-0.6 0.6" {t}/>
    <inertial pos="0 0 0" mass="0.5" diaginertia="0.001 0.001 0.001"/>
    <body name="{s}_thigh"><joint name="{s}_hip" axis="0 1 0" range="-1.8 0.8" {t}/>
      <inertial pos="0.01 0 -0.15" mass="3" diaginertia="0.03 0.03 0.004"/>
      <body name="{s}_shank" pos="0 0 -0.3"><joint name="{s}_knee" axis="0 1 0" range="0 2.2" {k}/>
        <inertial pos="0 0 -0.14" mass="2" diaginertia="0.02 0.02 0.003"/>
        <body name="{s}_ankle_link" pos="0 0 -0.3">
          <joint name="{s}_ankle" axis="0 1 0" range="-1.1 0.6" {t}/>
          <inertial pos="0 0 0" mass="0.3" diaginertia="0.0004 0.0004 0.0004"/>
          <body name="{s}_foot"><joint name="{s}_ankle_roll" axis="1 0 0" range="-0.4 0.4" {t}/>
            <inertial pos="0.03 0 -0.03" mass="0.6" diaginertia="0.001 0.002 0.002"/>
            {foot}
          </body></body></body></body></body></body>"""
FOOT = '<geom name="{s}_pad" type="box" size="0.1 0.05 0.01" pos="0.03 0 -0.05"/>'
ARM = """
<body name="{s}_upper_arm" pos="0 {y} 0.3">
  <joint name="{s}_shoulder" axis="0 1 0" range="-2 2" {t}/>
  <inertial pos="0 0 -0.1" mass="1" diaginertia="0.004 0.004 0.001"/>
  <body name="{s}_forearm" pos="0 0 -0.2"><joint name="{s}_elbow" axis="0 1 0" range="-2 0" {t}/>
    <inertial pos="0 0 -0.1" mass="0.6" diaginertia="0.002 0.002 0.0005"/>{hand}</body></body>"""
CHEST = """
<body name="chest" pos="0 0 0.1"><joint name="waist" axis="0 0 1" range="-1 1" {t}/>
  <inertial pos="0 0 0.15" mass="6" diaginertia="0.08 0.07 0.04"/>
  <geom name="chest_box" type="box" size="0.08 0.12 0.15" pos="0 0 0.18" contype="0"
    conaffinity="1"/>
  {arms}</body>"""


def small_humanoid(
    torque: str = 'actuatorfrcrange="-60 60" armature="0.01"',
    knee: str = "",
    foot: str = FOOT,
    hand: str = "",
    top: str = "",
    tail: str = "",
    base: str = "<freejoint/>",
    place: str = "",
) -> str:
    """Return MJCF of a robot of 26 kg and 0.7 m of legs.

    Args:
        torque: Attributes of all joints.
        knee: Further ones of the knees.
        foot, hand: What is in the feet and forearms.
        top, tail: What stands before and behind the world.
        base: What is in the base before its limbs.
        place: Attributes of the base's body.
    """
    sides = (("l", 0.09), ("r", -0.09))
    legs = "".join(
        LEG.format(s=s, y=y, t=torque, k=f"{torque} {knee}", foot=foot.format(s=s))
        for s, y in sides
    )
    arms = "".join(ARM.format(s=s, y=2 * y, t=torque, hand=hand.format(s=s)) for s, y in sides)
    return (
        f'<mujoco model="small"><compiler angle="radian"/>{top}<worldbody>'
        f'<body name="pelvis" {place}>{base}{BASE}{legs}{CHEST.format(t=torque, arms=arms)}</body>'
        f"</worldbody>{tail}</mujoco>"
    )
