# SPDX-License-Identifier: Apache-2.0
"""Build of the robot_state_publisher stand-in."""

from setuptools import find_packages, setup

setup(
    name="robot_state_publisher",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/robot_state_publisher"]),
        ("share/robot_state_publisher", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Stand-in for the standard robot_state_publisher where the Python Package "
    "Index lacks it.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "robot_state_publisher = robot_state_publisher.robot_state_publisher_node:main"
        ]
    },
)
