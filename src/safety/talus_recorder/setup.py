# SPDX-License-Identifier: Apache-2.0
"""Build of talus_recorder."""

from setuptools import find_packages, setup

setup(
    name="talus_recorder",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_recorder"]),
        ("share/talus_recorder", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Black box: crash-safe, hash-chained MCAP files around every event.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["recorder_node = talus_recorder.recorder_node:main"]},
)
