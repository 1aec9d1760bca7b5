# SPDX-License-Identifier: Apache-2.0
"""What every test may use."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from talus_cli.bootstrap.domains import claim_domain
from talus_cli.bootstrap.preparing.build import brought_by_ros
from talus_cli.bootstrap.workspace import Workspace
from talus_core.graph.seal import KEY_VARIABLE, write_new_key
from talus_perception.training.extra import INSTALL_TRAINING, has_torch

# Helper modules lie beside the tests that share them; their names are unique in the workspace.
sys.path[:0] = [
    str(folder)
    for pattern in ("tests", "src/**/test")
    for folder in Path(__file__).parent.glob(pattern)
]

# Not built where a ROS installation brings the real ones.
collect_ignore = [f"src/stand_ins/{name}" for name in brought_by_ros(Workspace.here())]
# Training needs PyTorch, which Talus does not install by itself; CI does.
if not has_torch():
    collect_ignore.append("tests/test_perception_training.py")


def pytest_configure() -> None:
    """Give each process of a parallel run a ROS domain of its own: their nodes must not meet.

    All nodes of the tests share one key of the command path, as those of one start do.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ["ROS_DOMAIN_ID"] = str(claim_domain())
    if KEY_VARIABLE not in os.environ:
        key = Path(tempfile.mkdtemp(prefix="talus-test-"), "command_path.key")
        write_new_key(key)
        atexit.register(shutil.rmtree, key.parent)
        os.environ[KEY_VARIABLE] = str(key)


def pytest_report_header() -> str:
    """Say whether training is tested."""
    return "" if has_torch() else f"without the tests of training: {INSTALL_TRAINING}"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files of another mark unread: `./talus test -m fast` need not import ROS."""
    from kinds_of_tests import KINDS, kind_of

    wanted = config.option.markexpr
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if is_test and wanted in KINDS and kind_of(collection_path) != wanted else None


@pytest.hookimpl(tryfirst=True)  # xdist asks for the groups in this hook, too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the mark of its file: `./talus test -m fast` leaves out simulations and
    processes.

    In a parallel run the tests of a file stay in one process, which starts what they share once;
    those that step a body share little and take long: each goes where there is time, and they come
    first, so that no process is left alone with a long one at the end.
    """
    from kinds_of_tests import kind_of

    for item in items:
        kind = kind_of(item.path)
        if item.get_closest_marker(kind) is None:
            item.add_marker(kind)
        if kind != "sim":
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    if "PYTEST_XDIST_WORKER" in os.environ:
        longest_first = ("sim", "ros", "fast")
        items.sort(key=lambda item: longest_first.index(kind_of(item.path)))


@pytest.fixture(scope="session", autouse=True)
def black_box(tmp_path_factory: pytest.TempPathFactory):
    """Where the recorders of all tests write; gone with the tests: it may be hundreds of
    megabytes.
    """
    folder = tmp_path_factory.mktemp("logs")
    os.environ["TALUS_LOG_DIR"] = str(folder)
    yield folder / "black_box"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def rig():
    """A robot that has just stood up; each test goes on with a copy of it in a forked process."""
    from talus_core.robot import load_robot
    from talus_core.words.modes import Mode
    from talus_lab.rig.rig import Rig

    robot = load_robot(Path(__file__).parent / "urdf" / "talus40")
    standing = Rig(robot, model_error=True)
    assert standing.run_until(Mode.STANDING, 5.0)
    return standing


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that uses `rig` in a forked copy: the robot here stays as it is."""
    if "rig" not in pyfuncitem.fixturenames:
        return None
    from talus_lab.rig.fork import in_fork

    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    in_fork(lambda: pyfuncitem.obj(**arguments))
    return True


@pytest.fixture
def ros_domain(monkeypatch: pytest.MonkeyPatch) -> int:
    """A ROS domain of its own for one test and the processes that it starts."""
    domain = claim_domain()
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))
    return domain
