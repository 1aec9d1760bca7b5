# SPDX-License-Identifier: Apache-2.0
"""Makes a folder with a small biped as URDF, in the spellings of many exporters."""

from __future__ import annotations

import struct
from pathlib import Path

BOX = '<geometry><box size="0.1 0.1 0.3"/></geometry>'
INERTIA = 'ixx="0.02" ixy="0" ixz="0" iyy="0.02" iyz="0" izz="0.01"'
INERTIAL = f'<inertial><mass value="{{}}"/><inertia {INERTIA}/></inertial>'
LIMIT = '<limit lower="-1" upper="1" effort="80" velocity="10"/>'
CORNERS = ((0, 0, 0), (0.1, 0, 0), (0, 0.1, 0), (0, 0, 0.1))
FACES = ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))
STL = b"\0" * 80 + struct.pack("<I", len(FACES))
STL += b"".join(
    struct.pack("<12fH", 0, 0, 0, *CORNERS[a], *CORNERS[b], *CORNERS[c], 0) for a, b, c in FACES
)
STL_TEXT = "solid leg\n"
STL_TEXT += "".join(
    "facet normal 0 0 0\nouter loop\n"
    + "".join(f"vertex {' '.join(map(str, CORNERS[i]))}\n" for i in face)
    + "endloop\nendfacet\n"
    for face in FACES
)
DAE = f"""<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
<asset><unit name="centimeter" meter="0.01"/><up_axis>Y_UP</up_axis></asset>
<library_geometries><geometry id="g"><mesh><source id="p"><float_array id="f" count="12">
{" ".join(str(100 * x) for corner in CORNERS for x in corner)}</float_array></source>
<vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
<triangles count="4"><input semantic="VERTEX" source="#v" offset="0"/>
<p>{" ".join(str(i) for face in FACES for i in face)}</p></triangles></mesh></geometry>
</library_geometries><library_visual_scenes><visual_scene id="s"><node id="n">
<translate>0 0 10</translate><instance_geometry url="#g"/></node></visual_scene>
</library_visual_scenes></COLLADA>"""
ROBOT = """name: guest
urdf: guest.urdf
mjcf: guest.xml
joints: {{left_leg: [l_hip], right_leg: [r_hip]{more}}}
feet:
  left: {{frame: l_sole, length: 0.2, width: 0.1}}
  right: {{frame: r_sole, length: 0.2, width: 0.1}}
frames: {{base: base_link, torso: base_link, imu: imu_link}}
poses: {{stand: {{}}, sit: {{}}}}
"""


def biped(
    visual: str = f"<visual>{BOX}</visual>",
    collision: str = f"<collision>{BOX}</collision>",
    limit: str = LIMIT,
    kind: str = "revolute",
    top: str = "",
    tail: str = "",
    sole: str = "",
    leg: str = INERTIAL.format(4),
) -> str:
    """Return the URDF of a base, two legs of one joint, and a sole below each."""
    legs = "".join(
        f"""
  <link name="{side}_leg">{leg}{visual}{collision}</link>
  <joint name="{side}_hip" type="{kind}"><origin xyz="0 {y} -0.2" rpy="0.1 0.2 {y}"/>
    <parent link="base_link"/><child link="{side}_leg"/><axis xyz="0 1 0"/>{limit}</joint>
  <link name="{side}_sole">{sole}<collision>
    <geometry><box size="0.2 0.1 0.02"/></geometry></collision></link>
  <joint name="{side}_sole_fixed" type="fixed"><origin xyz="0 0 -0.2"/>
    <parent link="{side}_leg"/><child link="{side}_sole"/></joint>"""
        for side, y in (("l", 0.1), ("r", -0.1))
    )
    return f"""<?xml version="1.0"?>
<robot name="guest">{top}
  <link name="base_link">{INERTIAL.format(10)}{visual}</link>
  <link name="imu_link"/>
  <joint name="imu_fixed" type="fixed"><parent link="base_link"/><child link="imu_link"/></joint>
  {legs}{tail}
</robot>
"""


def mesh(uri: str, scale: str = "1 1 1") -> str:
    """Return the geometry of a mesh."""
    return f'<geometry><mesh filename="{uri}" scale="{scale}"/></geometry>'


def biped_folder(parent: Path, urdf: str | bytes, more: str = "") -> Path:
    """Write a robot's folder with meshes in all formats; `more`: groups of joints in robot.yaml."""
    folder = parent / "guest"
    for sub in ("meshes/visual", "meshes/collision"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
        (folder / sub / "leg.stl").write_bytes(STL)
    (folder / "meshes" / "leg.stl").write_bytes(STL)
    (folder / "meshes" / "text.stl").write_text(STL_TEXT)
    (folder / "meshes" / "leg.dae").write_text(DAE)
    (folder / "meshes" / "empty.dae").write_text("<COLLADA/>")
    (folder / "robot.yaml").write_text(ROBOT.format(more=more))
    (folder / "guest.urdf").write_bytes(urdf if isinstance(urdf, bytes) else urdf.encode())
    return folder
