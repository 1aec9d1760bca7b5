# SPDX-License-Identifier: Apache-2.0
"""Build of talus_balance."""

from setuptools import find_packages, setup

setup(
    name="talus_balance",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_balance"]),
        ("share/talus_balance", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Footstep planner, whole-body controller and falls that keep a humanoid upright.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["balance_node = talus_balance.balance_node:main"]},
)
