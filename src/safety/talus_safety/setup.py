# SPDX-License-Identifier: Apache-2.0
"""Build of talus_safety."""

from setuptools import find_packages, setup

setup(
    name="talus_safety",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_safety"]),
        ("share/talus_safety", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Stop ladder, limiter, watchdogs, standby and the supervisor node.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "supervisor_node = talus_safety.supervisor_node:main",
            "operator_device_node = talus_safety.operator_device_node:main",
        ],
        "talus.stop_inputs": ["file = talus_safety.operation.stop_inputs:FileStopInput"],
    },
)
