#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tries the driver `gazebo` where Gazebo is installed: its contract, then a walk of 15 s with all nodes.
set -eo pipefail
cd "$(dirname "$0")/.."
report=$(mktemp --suffix .json)
./talus exec -- python -m talus_conformance gazebo --robot urdf/talus40
./talus run --driver gazebo --headless --no-perception --fast --seconds 15 --cmd-vel 0.4 0 0 --json "$report"
python3 - "$report" <<'PYTHON'
import json
import sys

with open(sys.argv[1]) as file:
    run = json.load(file)
print({key: run[key] for key in ("fell", "distance_m", "real_time_factor", "final_level")})
sys.exit(run["fell"] or run["distance_m"] < 2.0)
PYTHON
