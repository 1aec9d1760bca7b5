# SPDX-License-Identifier: Apache-2.0
"""Build of talus_view."""

from setuptools import find_packages, setup

setup(
    name="talus_view",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_view"]),
        ("share/talus_view", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Web view of the robot, its map, its cameras and its safety level.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["view_node = talus_view.view_node:main"]},
)
