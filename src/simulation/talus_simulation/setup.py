# SPDX-License-Identifier: Apache-2.0
"""Build of talus_simulation."""

from setuptools import find_packages, setup

setup(
    name="talus_simulation",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_simulation"]),
        ("share/talus_simulation", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Simulated bodies, drives, sensors, batteries, faults and cameras.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": ["camera_node = talus_simulation.cameras.camera_node:main"],
        "talus.drivers": [
            "mock = talus_simulation.mock_body.driver:MockDriver",
            "mujoco = talus_simulation.mujoco_body.driver:MujocoDriver",
        ],
        "talus.driver_services": [
            "simulator = talus_simulation.simulator_services_node:offer_services"
        ],
    },
)
