# SPDX-License-Identifier: Apache-2.0
"""Build of talus_simulation."""

from setuptools import find_packages, setup

NAME = "talus_simulation"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
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
