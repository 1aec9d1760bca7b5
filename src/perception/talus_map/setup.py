# SPDX-License-Identifier: Apache-2.0
"""Build of talus_map."""

from setuptools import find_packages, setup

setup(
    name="talus_map",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_map"]),
        ("share/talus_map", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Log-odds voxel map with free-space carving, occupancy and elevation.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["map_node = talus_map.map_node:main"]},
)
