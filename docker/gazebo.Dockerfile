# SPDX-License-Identifier: Apache-2.0
# Talus on ROS 2 Jazzy with Gazebo Harmonic, whose Python modules are the vendor packages' of ROS.
FROM ros:jazzy-ros-base

RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        python3-venv python3-dev gcc g++ libegl1 libegl-mesa0 libopengl0 libgl1-mesa-dri \
        ros-jazzy-robot-state-publisher ros-jazzy-xacro ros-jazzy-diagnostic-msgs ros-jazzy-visualization-msgs \
        ros-jazzy-gz-sim-vendor ros-jazzy-gz-transport-vendor ros-jazzy-gz-math-vendor \
    && rm -rf /var/lib/apt/lists/*
COPY . /talus
WORKDIR /talus
RUN . /opt/ros/jazzy/setup.sh && ./talus build

# The base image's entry point sources ROS 2 before it runs this.
CMD ["/talus/talus", "run", "--driver", "gazebo", "--headless", "--no-perception"]
