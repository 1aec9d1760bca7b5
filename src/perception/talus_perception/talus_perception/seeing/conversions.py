# SPDX-License-Identifier: Apache-2.0
"""Converts what the eyes hear and say from standard messages, and to them."""

from __future__ import annotations

import math

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField
from std_msgs.msg import ColorRGBA, Header
from talus_core.physics import NANOSECONDS_PER_SECOND
from talus_core.pinhole import Pinhole
from talus_core.transform_buffer import TransformBuffer
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import Marker, MarkerArray

from talus_interfaces.msg import DetectedObject, DetectedObjectArray
from talus_perception.conversions import seconds
from talus_perception.seeing.lens import Calibration
from talus_perception.seeing.picture import Picture, rgb_of
from talus_perception.tracking.track import TrackedObject
from talus_perception.words import PERSON

LABEL_ABOVE_M = 0.08  # over a box
LABEL_HEIGHT_M = 0.09  # of its letters: read from 4 m
ARROW_FROM_MPS = 0.15  # slower is noise


def picture_of(camera: str, message: Image) -> Picture:
    """Return a colour picture. Raises RefusedInputError for anything else."""
    rgb = rgb_of(message.data, message.width, message.height, message.step, message.encoding)
    return Picture(camera, message.header.frame_id, seconds(message.header.stamp), rgb)


def calibration_of(message: CameraInfo) -> Calibration:
    """Return what a camera says of its lens; `Lens` checks it."""
    fx, fy, cx, cy = (float(message.k[index]) for index in (0, 4, 2, 5))
    pinhole = Pinhole(message.width, message.height, fx, fy, cx, cy)
    return Calibration(pinhole, message.distortion_model, tuple(map(float, message.d)))


def store_frames(message: TFMessage, buffer: TransformBuffer, is_static: bool) -> None:
    """Put every transform of a message into the buffer; raises TransformError."""
    for transform in message.transforms:
        p = transform.transform.translation
        q = transform.transform.rotation
        edge = (transform.header.frame_id, transform.child_frame_id)
        pose = ((p.x, p.y, p.z), (q.x, q.y, q.z, q.w))
        if is_static:
            buffer.set_static(*edge, *pose)
        else:
            buffer.set(*edge, seconds(transform.header.stamp), *pose)


def stamped_header(time: float, frame: str) -> Header:
    """Return a header of a frame, stamped with an instant in s."""
    whole, nano = divmod(round(time * NANOSECONDS_PER_SECOND), NANOSECONDS_PER_SECOND)
    return Header(stamp=Time(sec=whole, nanosec=nano), frame_id=frame)


def plane_message(header: Header, plane: np.ndarray) -> Image:
    """Return (height, width) class numbers, uint8, as mono8."""
    message = Image(header=header, height=plane.shape[0], width=plane.shape[1], encoding="mono8")
    message.step = plane.shape[1]
    message.data = np.ascontiguousarray(plane, np.uint8).tobytes()
    return message


def objects_message(header: Header, objects: list[TrackedObject]) -> DetectedObjectArray:
    """Return all that is followed."""
    return DetectedObjectArray(header=header, objects=[_detected(one) for one in objects])


def _detected(one: TrackedObject) -> DetectedObject:
    return DetectedObject(
        id=one.id,
        kind=one.kind,
        score=float(one.score),
        pose=pose_message(one),
        size=Vector3(**_axes(one.size)),
        velocity=Vector3(**_axes(one.velocity)),
        deviation=float(one.deviation),
        unseen=float(one.unseen),
    )


def pose_message(one: TrackedObject) -> Pose:
    """Return where something is, turned by its yaw alone."""
    half = 0.5 * one.yaw
    return Pose(
        position=Point(**_axes(one.position)),
        orientation=Quaternion(z=math.sin(half), w=math.cos(half)),
    )


def people_message(header: Header, objects: list[TrackedObject]) -> PointCloud2:
    """Return place and velocity of each person, with the fields of `map/moving`."""
    people = [one for one in objects if one.kind == PERSON]
    rows = np.array([(*one.position, *one.velocity[:2]) for one in people], np.float32)
    names = ("x", "y", "z", "vx", "vy")
    return PointCloud2(
        header=header,
        height=1,
        width=len(people),
        fields=[
            PointField(name=name, offset=4 * place, datatype=PointField.FLOAT32, count=1)
            for place, name in enumerate(names)
        ],
        point_step=4 * len(names),
        row_step=4 * len(names) * len(people),
        is_dense=True,
        data=rows.tobytes(),
    )


def markers_message(header: Header, objects: list[TrackedObject]) -> MarkerArray:
    """Return a box and a label for each thing, and an arrow for what moves; first all are taken."""
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    for one in objects:
        colour = _colour_of(one)
        markers.append(
            Marker(
                header=header,
                ns="boxes",
                id=one.id,
                type=Marker.CUBE,
                pose=pose_message(one),
                scale=Vector3(**_axes(one.size)),
                color=colour,
            )
        )
        above = one.position + np.array((0.0, 0.0, 0.5 * float(one.size[2]) + LABEL_ABOVE_M))
        label = Marker(header=header, ns="labels", id=one.id, type=Marker.TEXT_VIEW_FACING)
        label.pose.position = Point(**_axes(above))
        label.scale.z = LABEL_HEIGHT_M
        label.color = ColorRGBA(r=0.1, g=0.1, b=0.1, a=1.0)
        label.text = f"{one.kind} {one.id}"
        markers.append(label)
        if float(np.hypot(*one.velocity[:2])) > ARROW_FROM_MPS:
            arrow = Marker(header=header, ns="motion", id=one.id, type=Marker.ARROW, color=colour)
            ends = (one.position, one.position + one.velocity)
            arrow.points = [Point(**_axes(end)) for end in ends]
            arrow.scale = Vector3(x=0.04, y=0.08, z=0.1)
            markers.append(arrow)
    return MarkerArray(markers=markers)


def _colour_of(one: TrackedObject) -> ColorRGBA:
    if one.kind == PERSON:
        return ColorRGBA(r=1.0, g=0.35, b=0.2, a=0.5)
    return ColorRGBA(r=0.95, g=0.75, b=0.1, a=0.5)


def _axes(values: np.ndarray) -> dict[str, float]:
    return dict(zip("xyz", map(float, values), strict=True))
