# SPDX-License-Identifier: Apache-2.0
"""Checks that what the system lacks is installed where allowed, else named with its remedy."""

import pytest
from talus_cli.bootstrap.errors import BootstrapError
from talus_cli.bootstrap.installing import system
from talus_cli.bootstrap.installing.system import SystemPart, check_machine, ensure, find_browser

PARTS = [
    SystemPart("alpha", "testing", ("alpha-dev", "alpha-bin"), lambda: False),
    SystemPart("beta", "testing", ("beta",), lambda: True),
    SystemPart("gamma", "proving", ("gamma",), lambda: False),
]


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """Return an apt-get that writes down its calls and brings what the test wants."""
    log = tmp_path / "calls"
    program = tmp_path / "apt-get"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {log}\n'
        f'[ -e {tmp_path}/broken ] && echo "E: no route" && exit 100\nexit 0\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(system.os, "geteuid", lambda: 0)
    return log


def test_nothing_is_done_where_nothing_is_missing(tmp_path, apt):
    ensure([PARTS[1]], tmp_path / "log")
    assert not apt.exists()


def test_all_missing_parts_are_named_where_nothing_may_be_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "_root_prefix", lambda: None)
    with pytest.raises(BootstrapError) as error:
        ensure(PARTS, tmp_path / "log")
    assert "alpha (for testing), gamma (for proving)" in str(error.value)
    assert "apt install alpha-dev alpha-bin gamma" in str(error.value)


def test_missing_parts_are_installed_by_root(tmp_path, apt):
    there = []
    part = SystemPart("delta", "testing", ("delta",), lambda: apt.exists() or there)
    ensure([part], tmp_path / "log")
    assert apt.read_text() == "-q -o APT::Status-Fd=1 install -y --no-install-recommends delta\n"


def test_package_lists_are_fetched_once_after_a_failure(tmp_path, apt):
    (tmp_path / "broken").touch()
    with pytest.raises(BootstrapError, match="E: no route"):
        ensure(PARTS[:1], tmp_path / "log")
    assert [line.split()[3] for line in apt.read_text().splitlines()] == [
        "install",
        "update",
        "install",
    ]


def test_part_that_apt_did_not_bring_is_named(tmp_path, apt):
    with pytest.raises(BootstrapError, match="apt did not bring alpha"):
        ensure(PARTS[:1], tmp_path / "log")


def test_part_that_no_package_brings_is_left_to_the_user(tmp_path, apt):
    part = SystemPart("epsilon", "testing", (), lambda: False, "snap install epsilon")
    with pytest.raises(
        BootstrapError,
        match=r"missing: epsilon \(for testing\); install it with: snap install epsilon",
    ):
        ensure([part], tmp_path / "log")
    assert not apt.exists()


@pytest.mark.parametrize(
    ("programs", "found"),
    [
        (("chromium", "chromedriver"), ("chromium", "chromedriver")),
        (("google-chrome", "chromedriver"), ("google-chrome", "chromedriver")),
        (("chromium", "chromium.chromedriver"), ("chromium", "chromium.chromedriver")),
        (("google-chrome",), None),
        (("chromedriver",), None),
    ],
)
def test_browser_is_found_with_its_driver(tmp_path, monkeypatch, programs, found):
    for name in programs:
        (tmp_path / name).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_browser() == (found and tuple(str(tmp_path / name) for name in found))


@pytest.mark.parametrize(
    ("system_id", "packages"), [("debian", ("chromium", "chromium-driver")), ("ubuntu", ())]
)
def test_ubuntu_has_no_package_of_a_browser(monkeypatch, system_id, packages):
    monkeypatch.setattr(system.platform, "freedesktop_os_release", lambda: {"ID": system_id})
    assert system._browser_packages() == packages


@pytest.mark.parametrize(
    ("machine", "version", "reason"),
    [
        ("aarch64", (3, 11), "needs Linux on x86-64"),
        ("x86_64", (3, 14), "3.10 to 3.13"),
        ("x86_64", (3, 9), "3.10"),
    ],
)
def test_unfit_machine_is_refused(monkeypatch, machine, version, reason):
    monkeypatch.setattr(system.platform, "machine", lambda: machine)
    monkeypatch.setattr(system.sys, "version_info", version)
    with pytest.raises(BootstrapError, match=reason):
        check_machine()
