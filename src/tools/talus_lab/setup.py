# SPDX-License-Identifier: Apache-2.0
"""Build of talus_lab."""

from setuptools import find_packages, setup

setup(
    name="talus_lab",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_lab"]),
        ("share/talus_lab", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Rigs, scenarios, benchmarks, golden runs and training.",
    license="Apache-2.0",
)
