# SPDX-License-Identifier: Apache-2.0
"""Build of talus_cli."""

from setuptools import find_packages, setup

setup(
    name="talus_cli",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_cli"]),
        ("share/talus_cli", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="The command ./talus: prepares the workspace, checks the machine, runs the robot.",
    license="Apache-2.0",
)
