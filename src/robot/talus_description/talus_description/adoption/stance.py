# SPDX-License-Identifier: Apache-2.0
"""Makes the pelvis the base of a robot, its frame upright, looking ahead, between the hips.

Others root a robot in its trunk, turn its base or draw it between the feet. Talus, as REP-120,
takes the base for the pelvis: x ahead, y to the left, z up, all legs below. What already is so
stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import mujoco
import numpy as np
from transforms3d.axangles import axangle2mat
from transforms3d.quaternions import mat2quat, quat2mat

from talus_description.adoption.reroot import reframed, rerooted
from talus_description.anatomy import Anatomy, AnatomyError, anatomy, free_body
from talus_description.conversion.remarks import Remarks
from talus_description.crouch import SIDEWAYS_AXIS_SHARE
from talus_description.formats.urdf_model import FramePose

UPRIGHT_ENTRY = 1e-3  # of a rotation matrix: a base turned by less is upright
# Of the legs' length: a base frame farther than this from between the hips is moved there.
BASE_AWAY_SHARE = 0.6
DOWN_SHARE = 0.8  # of the way from hips to soles: drawn legs may lean, or bend a little
CLEAR_BEND_RAD = 0.2  # by which a knee bends farther to one side than to the other
CLEAR_TOE_M = 0.01  # by which a sole lies ahead of its ankle
# Of six: knee, toe and name of each leg.
NO_VOTES = 0
SOME_VOTES = 2
MOST_VOTES = 4
LEFT_WORD = re.compile(r"(^|[_\-. ])(l|left)([_\-. 0-9]|$)|^left|^l(?=[A-Z])")
RIGHT_WORD = re.compile(r"(^|[_\-. ])(r|right)([_\-. 0-9]|$)|^right|^r(?=[A-Z])")


@dataclass(frozen=True)
class Rooted:
    """Holds a robot whose base is its pelvis.

    Attributes:
        spec, model: Of the robot, the second compiled from the first.
        parts: Its anatomy.
        replaced: Bodies whose frames were moved.
    """

    spec: mujoco.MjSpec
    model: mujoco.MjModel
    parts: Anatomy
    replaced: frozenset[str] = field(default_factory=frozenset)


def find_stance(spec: mujoco.MjSpec, remarks: Remarks) -> Rooted:
    """Return the robot with its pelvis as its base. Raises AnatomyError: it is no humanoid."""
    model = spec.compile()
    root = free_body(model)
    refusal: AnatomyError | None = None
    for turn, votes in _turns(model, root):
        try:
            return _stance(spec, model, turn, votes, remarks)
        except AnatomyError as error:
            refusal = refusal or error
    assert refusal is not None
    raise refusal


def _turns(model: mujoco.MjModel, root: int) -> Iterator[tuple[np.ndarray, int]]:
    """Yield how the root may be turned in the world, (3, 3), the likeliest first.

    The second value: how many votes must speak for it.
    """
    yield np.eye(3), NO_VOTES
    drawn = quat2mat(model.body_quat[root])
    if not np.allclose(drawn, np.eye(3), atol=UPRIGHT_ENTRY):
        yield drawn, NO_VOTES
    quarter = [axangle2mat([0, 0, 1], angle) for angle in (0.5 * np.pi, -0.5 * np.pi)]
    for yaw in quarter:
        yield yaw, SOME_VOTES
    fallen = [
        axangle2mat(axis, angle)
        for axis, angle in product(([1, 0, 0], [0, 1, 0]), (0.5 * np.pi, -0.5 * np.pi))
    ]
    for yaw, roll in product((np.eye(3), *quarter), fallen):
        yield yaw @ roll, MOST_VOTES


def _stance(
    spec: mujoco.MjSpec, model: mujoco.MjModel, turn: np.ndarray, needed: int, remarks: Remarks
) -> Rooted:
    root = free_body(model)
    pelvis = _pelvis(model, turn)
    said = Remarks()
    if pelvis != root:
        old = model.body(root).name
        new = model.body(pelvis).name
        turn = _turned(model, turn).xmat[pelvis].reshape(3, 3).copy()
        spec, model = _compiled(rerooted(spec.to_xml(), model, new), spec)
        said.changed("base", f"body '{new}', from which the legs hang, not '{old}'")
    if np.allclose(turn, np.eye(3), atol=UPRIGHT_ENTRY):
        turn = np.eye(3)
    parts = anatomy(model, turn)
    _check_legs(model, parts, turn)
    votes = _votes(model, parts, turn)
    if votes < 0:
        turn = axangle2mat([0, 0, 1], np.pi) @ turn
        parts = anatomy(model, turn)
        votes = -votes
    if votes < needed:
        raise AnatomyError("no way up in which knees, toes and names agree")
    frame = FramePose(_new_origin(model, parts, turn), turn.T)
    base = model.body(parts.base).name
    if np.any(frame.position) or not np.allclose(turn, np.eye(3), atol=UPRIGHT_ENTRY):
        spec, model = _compiled(reframed(spec.to_xml(), base, frame), spec)
        parts = anatomy(model)
        quat = " ".join(f"{value:.4g}" for value in mat2quat(frame.rotation))
        place = " ".join(f"{value:.4g}" for value in frame.position)
        said.changed(
            f"frame of {base}",
            f"x ahead, z up, between the hips: at {place} m, quaternion {quat} in the old one",
        )
        remarks.extend(said)
        return Rooted(spec, model, parts, frozenset({base}))
    remarks.extend(said)
    return Rooted(spec, model, parts)


def _compiled(text: str, old: mujoco.MjSpec) -> tuple[mujoco.MjSpec, mujoco.MjModel]:
    spec = mujoco.MjSpec.from_string(text)
    spec.meshdir = old.meshdir
    spec.texturedir = old.texturedir
    return spec, spec.compile()


def _turned(model: mujoco.MjModel, turn: np.ndarray) -> mujoco.MjData:
    """Return the robot as drawn, with its root turned by (3, 3)."""
    data = mujoco.MjData(model)
    free = int(np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)[0])
    at = model.jnt_qposadr[free]
    data.qpos[at + 3 : at + 7] = mat2quat(turn)
    mujoco.mj_kinematics(model, data)
    return data


def _pelvis(model: mujoco.MjModel, turn: np.ndarray) -> int:
    """Return the body from which the two lowest limbs part; the root where it is fixed to that."""
    data = _turned(model, turn)
    moving = [body for body in range(1, model.nbody) if model.body_jntnum[body]]
    below: dict[int, list[int]] = {body: [] for body in moving}
    for body in moving:
        parent = _mover(model, int(model.body_parentid[body]))
        if parent in below:
            below[parent].append(body)
    ends = sorted((b for b in moving if not below[b]), key=lambda b: float(data.xpos[b, 2]))
    if len(ends) < 2:
        raise AnatomyError("no two legs that hang from the base")
    first, second = (_line(model, end) for end in ends[:2])
    common = next(body for body in first if body in second)
    root = free_body(model)
    return root if _mover(model, common) == root else common


def _mover(model: mujoco.MjModel, body: int) -> int:
    """Return the nearest body above, or the body itself, that a joint moves."""
    while body and not model.body_jntnum[body]:
        body = int(model.body_parentid[body])
    return body


def _line(model: mujoco.MjModel, body: int) -> list[int]:
    found = [body]
    while found[-1]:
        found.append(int(model.body_parentid[found[-1]]))
    return found


def _votes(model: mujoco.MjModel, parts: Anatomy, turn: np.ndarray) -> int:
    """Return what speaks for x ahead, less what speaks against it: knees, toes, names."""
    data = _turned(model, turn)
    votes = 0
    for group, sole, own, other in (
        ("left_leg", parts.soles[0], LEFT_WORD, RIGHT_WORD),
        ("right_leg", parts.soles[1], RIGHT_WORD, LEFT_WORD),
    ):
        joints = [model.joint(name).id for name in parts.groups[group]]
        bends = [at for at in joints if abs(data.xaxis[at, 1]) > SIDEWAYS_AXIS_SHARE]
        if len(bends) == 3 and model.jnt_limited[bends[1]]:
            low, high = np.sort(np.sign(data.xaxis[bends[1], 1]) * model.jnt_range[bends[1]])
            ref = np.sign(data.xaxis[bends[1], 1]) * model.qpos0[model.jnt_qposadr[bends[1]]]
            votes += _sign((high - ref) - (ref - low), CLEAR_BEND_RAD)
        ankle = data.xanchor[joints[-1]]
        body = data.xmat[sole.body].reshape(3, 3)
        centre = data.xpos[sole.body] + body @ sole.position
        votes += _sign(float(centre[0] - ankle[0]), CLEAR_TOE_M)
        names = parts.groups[group]
        votes += int(any(own.search(name) for name in names)) - int(
            any(other.search(name) for name in names)
        )
    return votes


def _sign(value: float, dead_band: float) -> int:
    return int(np.sign(value)) if abs(value) > dead_band else 0


def _new_origin(model: mujoco.MjModel, parts: Anatomy, turn: np.ndarray) -> np.ndarray:
    """Return the middle of the hips in the base's frame, (3,) m, 0 where the frame is near it."""
    data = _turned(model, turn)
    hips, soles = _hips_and_soles(model, data, parts)
    base = data.xpos[parts.base]
    if np.linalg.norm(hips - base) < BASE_AWAY_SHARE * abs(hips[2] - soles[2]):
        return np.zeros(3)
    return data.xmat[parts.base].reshape(3, 3).T @ (hips - base)


def _hips_and_soles(
    model: mujoco.MjModel, data: mujoco.MjData, parts: Anatomy
) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle between the hips and that between the soles, each (3,) m in the world."""
    hips = [
        data.xanchor[model.joint(parts.groups[group][0]).id] for group in ("left_leg", "right_leg")
    ]
    soles = [data.xpos[s.body] + data.xmat[s.body].reshape(3, 3) @ s.position for s in parts.soles]
    return np.mean(hips, axis=0), np.mean(soles, axis=0)


def _check_legs(model: mujoco.MjModel, parts: Anatomy, turn: np.ndarray) -> None:
    """Check that the legs point down. Raises AnatomyError."""
    hips, soles = _hips_and_soles(model, _turned(model, turn), parts)
    way = hips - soles
    if way[2] < DOWN_SHARE * np.linalg.norm(way):
        raise AnatomyError(
            f"the legs do not point down from '{model.body(parts.base).name}', but along "
            f"{' '.join(f'{value:.2f}' for value in -way)} m; turn it until its z axis is up"
        )
