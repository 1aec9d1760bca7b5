# SPDX-License-Identifier: Apache-2.0
"""Build of talus_conformance."""

from setuptools import find_packages, setup

setup(
    name="talus_conformance",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_conformance"]),
        ("share/talus_conformance", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Conformance kit: what every driver of a robot keeps to, as a pytest plug-in.",
    license="Apache-2.0",
    entry_points={"pytest11": ["talus_conformance = talus_conformance.plugin"]},
)
