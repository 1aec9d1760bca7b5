# SPDX-License-Identifier: Apache-2.0
"""The web view: a page that shows the robot, its map, its cameras and its safety level, and drives it."""

from __future__ import annotations

import sys
from threading import Event
from time import monotonic

import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String
from std_srvs.srv import Trigger
from talus_core.errors import TalusError
from talus_ros.diagnostics_node import OK, DiagnosticsPublisher
from talus_ros.fast_link_node import FastLink
from talus_ros.parameters_node import declare_config
from talus_ros.run_node import run_node

from talus_interfaces.srv import Push
from talus_view import conversions as convert
from talus_view.config import ViewConfig
from talus_view.drawing_node import Drawing
from talus_view.events import PUSHES, SERVICES, Choices, Kind, PageEvent
from talus_view.pace import Pace, draw_period
from talus_view.page import Page
from talus_view.scene import BasePose, Scene
from talus_view.services_node import ServiceButtons
from talus_view.stage import Stage
from talus_view.topics_node import ALWAYS, LATCHED, Inbox, topics_of_page
from talus_view.urdf_visuals import parse_urdf
from talus_view.walking_node import Walking

IDLE_PERIOD = 0.2  # s between two looks for a browser while none is there
SLOW_PERIOD = 0.2  # s between two rounds of the executor while nothing is urgent
PING_PERIOD = 2.0  # s between two looks at how quick the pages are
PING_PATIENCE = 10.0  # s after which a page is given up on until the next look
PUSH_SERVICE = "sim/push"
SNAPSHOTS = {
    "odom": convert.base_from,
    "joint_states": convert.joints_from,
    "safety/state": convert.safety_from,
    "balance/state": convert.balance_from,
    "battery_state": convert.battery_from,
}


class ViewNode:
    """One loop: hear, obey the page, draw."""

    def __init__(self) -> None:
        self._node = rclpy.create_node("view")
        self._config = config = declare_config(self._node, ViewConfig)
        self._page = Page(config.host, config.port, config.camera)
        foot = (config.foot_length_m, config.foot_width_m)
        self._stage = self._page.call(lambda: Stage(self._page.server, foot))
        self._scene, self._pace = Scene(), Pace()
        self._inbox = Inbox(FastLink(self._node))
        self._drawing = Drawing(self._page, self._stage, self._scene, self._inbox, config)
        self._services = ServiceButtons(self._node, dict.fromkeys(SERVICES.values(), Trigger) | {PUSH_SERVICE: Push})
        self._walking = Walking(self._node, self._page, config)
        self._diagnostics = DiagnosticsPublisher(self._node)
        self._node.create_subscription(String, "robot_description", self._set_robot, LATCHED)
        self._executor = SingleThreadedExecutor(context=self._node.context)
        self._executor.add_node(self._node)
        self._node.get_logger().info(f"web view at {self._page.address}")

    def run(self, ended: Event) -> None:
        """Until `ended` is set."""
        while not ended.is_set():
            now = monotonic()
            is_watched = self._page.call(lambda now=now: self._step(now))
            period = 1.0 / self._config.frame_rate_hz if is_watched else IDLE_PERIOD
            ended.wait(max(0.0, now + period - monotonic()))

    def close(self) -> None:
        """Stand still, stop serving."""
        self._walking.halt(monotonic())
        self._page.close()

    def _step(self, now: float) -> bool:
        """One frame at wall time `now` s; whether somebody looks."""
        choices, is_watched = self._page.choices(), self._page.client_count > 0
        self._inbox.want(topics_of_page(choices) if is_watched else ALWAYS)
        self._inbox.poll()
        for event in self._page.events():
            self._obey(event, choices)
        is_walking = self._walking.command(choices, now)
        if is_walking or self._services.is_waiting or self._pace.is_due("executor", SLOW_PERIOD, now):
            self._spin(now)
        for name, conversion in SNAPSHOTS.items():
            if (message := self._inbox.take(name)) is not None:
                self._scene.put(conversion(message), now)
        period = draw_period(1.0 / self._config.frame_rate_hz, self._page.answer_time)
        if is_watched and self._pace.is_due("picture", 0.9 * period, now):
            self._drawing.draw(now, self._services.is_offered(PUSH_SERVICE))
        if self._pace.is_due("ping", PING_PERIOD, now):
            self._page.ping_all(PING_PATIENCE)
        if self._pace.is_due("diagnostics", 1.0, now):
            state = {"pages": self._page.client_count, "address": self._page.address}
            self._diagnostics.publish(self._node.get_clock().now().to_msg(), OK, "serving", state)
        return is_watched

    def _obey(self, event: PageEvent, choices: Choices) -> None:
        self._walking.obey(event, choices)
        if event.kind is Kind.CALL:
            self._call(SERVICES[event.value], Trigger.Request(), event)
        elif event.kind is Kind.PUSH:
            base = self._scene.get(BasePose, event.wall)
            request = convert.push_from(PUSHES[event.value], choices.push, base, self._config.push_duration_s)
            self._call(PUSH_SERVICE, request, event)

    def _call(self, service: str, request: object, event: PageEvent) -> None:
        self._services.call(service, request, lambda *answer: self._page.notify(event.client, *answer))

    def _spin(self, now: float) -> None:
        self._executor.spin_once(timeout_sec=0.0)
        if self._node.get_parameter("use_sim_time").value:
            self._scene.real_time.add(self._node.get_clock().now().nanoseconds * 1e-9, now)

    def _set_robot(self, message: String) -> None:
        try:
            robot = parse_urdf(message.data, convert.mesh_file)
        except TalusError as error:
            self._node.get_logger().error(f"the robot cannot be drawn: {error}")
            return
        self._stage.set_robot(robot)
        self._page.offer_cameras(robot.cameras)


def main() -> int:
    """Entry point."""
    return run_node(ViewNode)


if __name__ == "__main__":
    sys.exit(main())
