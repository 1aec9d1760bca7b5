# SPDX-License-Identifier: Apache-2.0
"""Build of talus_models."""

from setuptools import find_packages, setup

setup(
    name="talus_models",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/talus_models"]),
        ("share/talus_models", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="Talus maintainers",
    maintainer_email="maintainers@talus.invalid",
    description="Model bundles: manifests with hashes, refused on any mismatch, and their "
    "ONNX sessions.",
    license="Apache-2.0",
)
