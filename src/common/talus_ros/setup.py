# SPDX-License-Identifier: Apache-2.0
"""Build of talus_ros."""

from setuptools import find_packages, setup

setup(
    name="talus_ros",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_ros"]),
        ("share/talus_ros", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="What every node of Talus does the same way: link, parameters, heartbeat, main.",
    license="Apache-2.0",
)
