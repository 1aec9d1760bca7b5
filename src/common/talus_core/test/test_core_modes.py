# SPDX-License-Identifier: Apache-2.0
import re
from pathlib import Path

from talus_core.words.modes import Mode

MESSAGE = Path(__file__).parents[2] / "talus_interfaces" / "msg" / "BalanceState.msg"


def test_the_message_has_the_same_modes():
    constants = re.findall(r"^uint8 ([A-Z_]+)=(\d+)", MESSAGE.read_text(), flags=re.MULTILINE)
    assert {name: int(number) for name, number in constants} == {mode.name: mode for mode in Mode}


def test_a_mode_reads_as_words():
    assert Mode.STANDING_UP.words == "standing up"
