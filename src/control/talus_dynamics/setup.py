# SPDX-License-Identifier: Apache-2.0
"""Build of talus_dynamics."""

from setuptools import find_packages, setup

setup(
    name="talus_dynamics",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_dynamics"]),
        ("share/talus_dynamics", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Rigid-body model of a humanoid: dynamics, reach, support polygon, proportions.",
    license="Apache-2.0",
)
