# SPDX-License-Identifier: Apache-2.0
"""Build of talus_launch."""

from setuptools import find_packages, setup

setup(
    name="talus_launch",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_launch"]),
        ("share/talus_launch", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Reads ROS 2 launch files in XML where ros2 launch is not installed.",
    license="Apache-2.0",
)
