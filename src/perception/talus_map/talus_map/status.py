# SPDX-License-Identifier: Apache-2.0
"""Summarises the state of the map process in one line and in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from talus_core.vision.depth_inbox import DepthInbox

from talus_map.mapper import Mapper


@dataclass(frozen=True)
class MapStatus:
    """Hold the diagnostics of the map process, `values` by name."""

    is_well: bool
    message: str
    values: dict[str, int]


def status_of(mapper: Mapper, inbox: DepthInbox) -> MapStatus:
    """Return what keeps the process from mapping, if anything."""
    problems = []
    if mapper.voxels.is_full:
        problems.append(
            f"full: {mapper.voxels.most_blocks} blocks (parameter map.most_blocks); call map/clear"
        )
    if inbox.waits_for:
        problems.append(f"waits for {inbox.waits_for}")
    elif not mapper.views:
        problems.append("no depth image yet")
    if mapper.self_filter.ignored:
        problems.append(f"own meshes are not filtered: {', '.join(mapper.self_filter.ignored)}")
    values = {
        "views": mapper.views,
        "views_dropped": inbox.dropped,
        "blocks": mapper.voxels.block_count,
    }
    return MapStatus(not problems, "; ".join(problems) or "mapping", values)
