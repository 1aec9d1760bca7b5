# SPDX-License-Identifier: Apache-2.0
"""Build of talus_can."""

from setuptools import find_packages, setup

setup(
    name="talus_can",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"talus_can": ["data/*.yaml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_can"]),
        ("share/talus_can", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="CAN drives: frames, codecs, load of a bus, and a driver.",
    license="Apache-2.0",
    entry_points={"talus.drivers": ["can = talus_can.plugin:create_driver"]},
)
