# SPDX-License-Identifier: Apache-2.0
"""Build of talus_localisation."""

from setuptools import find_packages, setup

setup(
    name="talus_localisation",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_localisation"]),
        ("share/talus_localisation", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Where a robot is in the map that it makes.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": ["localisation_node = talus_localisation.localisation_node:main"]
    },
)
