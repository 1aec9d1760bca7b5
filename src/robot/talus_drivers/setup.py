# SPDX-License-Identifier: Apache-2.0
"""Build of talus_drivers."""

from setuptools import find_packages, setup

setup(
    name="talus_drivers",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_drivers"]),
        ("share/talus_drivers", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Driver node: the seam of the bodies, lock-step, commands through the last gate.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["driver_node = talus_drivers.driver_node:main"]},
)
