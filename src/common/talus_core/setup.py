# SPDX-License-Identifier: Apache-2.0
"""Build of talus_core."""

from setuptools import find_packages, setup

setup(
    name="talus_core",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_core"]),
        ("share/talus_core", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="State, driver seam, robot description and rotations that packages share.",
    license="Apache-2.0",
)
