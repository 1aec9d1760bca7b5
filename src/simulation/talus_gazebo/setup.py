# SPDX-License-Identifier: Apache-2.0
"""Build of talus_gazebo."""

from setuptools import find_packages, setup

setup(
    name="talus_gazebo",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_gazebo"]),
        ("share/talus_gazebo", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="The robot in modern Gazebo, stepped in lock-step behind the driver seam.",
    license="Apache-2.0",
    entry_points={
        "talus.drivers": ["gazebo = talus_gazebo.driver:GazeboDriver"],
        "talus.driver_needs": ["gazebo = talus_gazebo.gz_calls:check_gazebo"],
    },
)
