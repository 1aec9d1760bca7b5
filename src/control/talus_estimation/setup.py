# SPDX-License-Identifier: Apache-2.0
"""Build of talus_estimation."""

from setuptools import find_packages, setup

setup(
    name="talus_estimation",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_estimation"]),
        ("share/talus_estimation", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Estimators of base, ground, grip, payload and drives that give way.",
    license="Apache-2.0",
)
