# SPDX-License-Identifier: Apache-2.0
"""Runs what proves drivers outside of this package: the conformance kit, and tests of frames."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from talus_lab.rig.checkout import CHECKOUT, SOURCES, TALUS40_FOLDER

_GOLDEN_TEST = SOURCES / "robot" / "talus_can" / "test" / "test_can_golden.py"
_VECTORS = _GOLDEN_TEST.parent / "maker_vectors.json"
_DRIVER_PAGE = CHECKOUT / "docs" / "how_to" / "add_a_driver.md"
_EXAMPLE = "class EchoDriver"  # of the page's out-of-tree driver
_SHORT_SETTLE_S = 0.2  # of the body before time 0: the kit starts it forty times
PLAIN_DRIVERS = ("mock", "mujoco")


@dataclass(frozen=True)
class KitCase:
    """Names a driver of the conformance kit: a plug-in, or `can FAMILY`."""

    driver: str

    @property
    def key(self) -> str:
        """Return its name in the file."""
        return f"kit {self.driver}"


@dataclass(frozen=True)
class KitOutcome:
    """Says how many facts hold, and which do not."""

    passed: int
    skipped: int
    failed: tuple[str, ...]


def run_kit(case: KitCase) -> KitOutcome:
    """Run the conformance kit on a driver."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        name, _, family = case.driver.partition(" ")
        driver = name
        if family:
            file = Path(folder) / f"can_{family}.yaml"
            options = {"driver": name, "stage": "simulated", "family": family}
            file.write_text(json.dumps({**options, "body": {"settle_s": _SHORT_SETTLE_S}}))
            driver = str(file)
        words = (driver, "--robot", str(TALUS40_FOLDER), "--report", str(report))
        subprocess.run(
            [sys.executable, "-m", "talus_conformance", *words],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if not report.is_file():
            return KitOutcome(0, 0, ("cannot be tried",))
        return _outcome(list(ElementTree.parse(report).iter("testcase")))


def golden_vectors() -> int:
    """Return the frames of makers that our codecs make and read alike; 0 where one differs."""
    words = ("-q", "-n", "0", "-p", "no:cacheprovider", str(_GOLDEN_TEST))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], stdout=subprocess.DEVNULL, check=False
    )
    return 0 if done.returncode else len(json.loads(_VECTORS.read_text()))


def lines_to_add_a_driver() -> int:
    """Return the lines of the out-of-tree driver on the page, which the tests try; 0: none."""
    blocks = _DRIVER_PAGE.read_text().split("```python\n")[1:]
    codes = [block.split("```")[0] for block in blocks]
    for code in codes:
        if _EXAMPLE in code:
            return len([line for line in code.splitlines() if line.strip()])
    return 0


def _outcome(cases: Sequence[ElementTree.Element]) -> KitOutcome:
    failed = [
        case.get("name", "").partition("[")[0]
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return KitOutcome(len(cases) - len(failed) - skipped, skipped, tuple(failed))
