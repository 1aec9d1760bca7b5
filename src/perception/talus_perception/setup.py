# SPDX-License-Identifier: Apache-2.0
"""Build of talus_perception."""

from setuptools import find_packages, setup

setup(
    name="talus_perception",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={
        "talus_perception.worlds": ["figures.npz"],
        "talus_perception.evaluation": ["vtest_people.json"],
    },
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_perception"]),
        ("share/talus_perception", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="The cameras of a robot, and the network that looks through them.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["perception_node = talus_perception.perception_node:main"]},
)
