# SPDX-License-Identifier: Apache-2.0
"""Build of talus_drive_simulator."""

from setuptools import find_packages, setup

setup(
    name="talus_drive_simulator",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_drive_simulator"]),
        ("share/talus_drive_simulator", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Simulated drives on CAN buses, with a simulated body behind them.",
    license="Apache-2.0",
    entry_points={
        "talus.can_stages": ["simulated = talus_drive_simulator.stage.plugin:create_simulated"]
    },
)
