# SPDX-License-Identifier: Apache-2.0
"""Build of talus_estimation."""

from setuptools import find_packages, setup

NAME = "talus_estimation"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Estimators of base, ground, grip, payload and drives that give way.",
    license="Apache-2.0",
)
