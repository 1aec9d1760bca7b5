# SPDX-License-Identifier: Apache-2.0
"""The heads, one file each: layers, output names, loss; one more is listed here."""

from talus_perception.heads.attitude import AttitudeHead
from talus_perception.heads.depth import DepthHead
from talus_perception.heads.edges import EdgesHead
from talus_perception.heads.ground import GroundHead
from talus_perception.heads.hands import HandsHead
from talus_perception.heads.health import HealthHead
from talus_perception.heads.motion import MotionHead
from talus_perception.heads.normals import NormalsHead
from talus_perception.heads.objects import ObjectsHead
from talus_perception.heads.people import PeopleHead
from talus_perception.heads.scan import ScanHead
from talus_perception.heads.semantics import SemanticsHead
from talus_perception.network.head import Head
from talus_perception.network.trunk import TrunkConfig

ALL_HEADS: tuple[type[Head], ...] = (
    SemanticsHead,
    DepthHead,
    NormalsHead,
    GroundHead,
    EdgesHead,
    ObjectsHead,
    PeopleHead,
    MotionHead,
    HealthHead,
    HandsHead,
    AttitudeHead,
    ScanHead,
)


def make_heads(config: TrunkConfig) -> list[Head]:
    """Return all heads with random weights."""
    return [kind(config) for kind in ALL_HEADS]
