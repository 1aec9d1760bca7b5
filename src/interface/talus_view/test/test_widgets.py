# SPDX-License-Identifier: Apache-2.0
"""Checks that each widget is one file of a folder, is found there, and hears what it wants."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from talus_core.graph.contract import INTAKE_KEY
from talus_view import widgets
from talus_view.conversions import MessageTypeError, type_of
from talus_view.inbox_node import WidgetInbox, topics_to_hear
from talus_view.page.card import status_card
from talus_view.page.events import EventKind, PageEvent
from talus_view.registry import widget_types
from talus_view.widget import Hearing
from view_site import open_site, widget_of

NEW_WIDGET = '''
"""Shows how warm it is inside."""
from talus_view.page.card import line
from talus_view.widget import PageTopic, Widget


class TemperatureWidget(Widget):
    place = 140
    topics = (PageTopic("temperature", "sensor_msgs/msg/Temperature"),)

    def __init__(self, site):
        self._text = "no data"

    def hear(self, topic, message, wall):
        self._text = f"{message.temperature:.0f} °C"

    def card(self, wall):
        return (line(80, "Inside", self._text),)
'''


class FakeLink:
    """Keeps the handlers of subscriptions by topic."""

    def __init__(self):
        self.handlers = {}

    def subscribe(self, message_type, topic, handler, qos, owner):
        self.handlers[topic] = (message_type, handler)
        return topic

    def unsubscribe(self, topic):
        del self.handlers[topic]

    def wait(self, timeout):
        return False


def contained(intake, action, otherwise=None):
    return action()


@pytest.fixture(scope="module")
def site():
    with open_site() as (page, site, found):
        yield SimpleNamespace(page=page, site=site, widgets=found)


def test_a_new_topic_on_the_page_is_one_file(monkeypatch, tmp_path):
    (tmp_path / "temperature.py").write_text(NEW_WIDGET)
    monkeypatch.setattr(widgets, "__path__", [*widgets.__path__, str(tmp_path)])
    with open_site() as (page, _, found):
        link = FakeLink()
        inbox = WidgetInbox(link, contained)
        inbox.want(topics_to_hear(found, is_watched=True))
        message_type, handler = link.handlers["temperature"]
        handler(message_type(temperature=41.0))
        for widget in found:
            inbox.deliver(widget, 0.0, is_drawn=False)
        page.show_card(status_card(part for widget in found for part in widget.card(0.0)))
        assert "<span>Inside</span><b>41 °C</b>" in page._status.content


def test_every_file_of_the_folder_has_a_widget_and_places_are_distinct():
    files = {path.stem for path in Path(widgets.__path__[0]).glob("*.py")} - {"__init__"}
    found = widget_types()
    assert {kind.__module__.rsplit(".", 1)[1] for kind in found} == files
    assert len({kind.place for kind in found}) == len(found)


def test_every_type_that_a_widget_names_is_there():
    for kind in widget_types():
        for topic in kind.topics:
            assert type_of(topic.type)()


def test_a_topic_has_one_type_for_all_widgets():
    topics = {topic.name: topic.type for kind in widget_types() for topic in kind.topics}
    for kind in widget_types():
        assert all(topics[topic.name] == topic.type for topic in kind.topics)


@pytest.mark.parametrize("name", ["sensor_msgs/msg/NoSuchThing", "no_such_package/msg/A", "Image"])
def test_an_unknown_type_is_one_line(name):
    with pytest.raises(MessageTypeError, match=name):
        type_of(name)


def test_an_empty_room_costs_nothing_but_odometry_and_the_robot(site):
    assert set(topics_to_hear(site.widgets, is_watched=False)) == {"odom", "robot_description"}


def test_switches_start_as_a_spectator_wants_them(site):
    heard = topics_to_hear(site.widgets, is_watched=True)
    assert "camera/front_left/image_raw" in heard and "map/points" in heard
    assert "map/occupancy" not in heard and "map/elevation" not in heard
    assert widget_of(site.widgets, "RobotWidget")._follow.value
    assert not widget_of(site.widgets, "WalkWidget")._is_kept.value


def test_cameras_are_offered_once_and_the_chosen_stays(site):
    cameras = widget_of(site.widgets, "CamerasWidget")
    site.page.call(lambda: cameras.offer(("rear", "front_left")))
    assert cameras._choice.options == ("off", "front_left", "rear")
    assert cameras._choice.value == "front_left"


def test_two_widgets_hear_the_same_message_once_each():
    link = FakeLink()
    inbox = WidgetInbox(link, contained)
    kind = next(kind for kind in widget_types() if kind.__name__ == "BatteryWidget")
    heard = []
    listeners = [
        SimpleNamespace(wanted=lambda: kind.topics, hear=lambda *said, n=n: heard.append(n))
        for n in (1, 2)
    ]
    listeners = [_hashable(listener) for listener in listeners]
    inbox.want(topics_to_hear(listeners, is_watched=True))
    link.handlers["battery_state"][1]("a message")
    for _ in range(2):
        for listener in listeners:
            inbox.deliver(listener, 0.0, is_drawn=False)
    assert heard == [1, 2]


def _hashable(listener):
    class Listener:
        wanted = staticmethod(listener.wanted)
        hear = staticmethod(listener.hear)

    return Listener()


def test_what_is_dear_waits_until_it_is_drawn(site):
    dear = {t.name for w in site.widgets for t in w.topics if t.hearing is Hearing.DRAWN}
    assert {"map/points", "map/occupancy", "map/elevation"} <= dear
    assert "safety/state" not in dear


def test_a_button_that_calls_a_service_ends_the_walk(site):
    walk = widget_of(site.widgets, "WalkWidget")
    graph = site.site.graph
    graph.published.clear()
    walk.obey(PageEvent(EventKind.HELD, 1, 10.0, "walk/forward"))
    assert walk.act(10.1)
    walk.obey(PageEvent(EventKind.CALL, 2, 10.15, "balance/sit"))
    assert walk.act(10.2)
    speeds = [message.twist.linear.x for _, message in graph.published]
    assert speeds == [pytest.approx(0.4), 0.0]
    assert not walk.act(10.2 + 2 * site.site.config.walk.halt_s)


def test_kept_walk_ends_with_its_switch_and_with_its_page(site):
    walk = widget_of(site.widgets, "WalkWidget")
    walk._is_kept.value = True
    walk.obey(PageEvent(EventKind.PRESSED, 1, 20.0, "walk/left"))
    assert walk._teleop.kept_by == 1
    walk.obey(PageEvent(EventKind.PAGE_LEFT, 1, 20.1))
    assert walk._teleop.kept_by is None
    walk.obey(PageEvent(EventKind.PRESSED, 1, 30.0, "walk/left"))
    walk._is_kept.value = False
    walk.act(30.1)
    assert walk._teleop.kept_by is None


def test_a_press_without_keep_walking_walks_nowhere(site):
    walk = widget_of(site.widgets, "WalkWidget")
    walk.obey(PageEvent(EventKind.PRESSED, 1, 50.0, "walk/forward"))
    assert not walk.act(50.1)


def test_marks_are_drawn_and_go_with_their_switch(site):
    balance = widget_of(site.widgets, "BalanceWidget")
    point = SimpleNamespace(x=0.1, y=0.0, z=0.0)
    corners = [SimpleNamespace(x=x, y=y, z=0.0) for x, y in ((0, 0), (1, 0), (0, 1))]
    message = SimpleNamespace(
        mode=3,
        left_contact=True,
        right_contact=True,
        centre_of_mass=point,
        capture_point=point,
        centre_of_pressure=point,
        capture_margin=0.05,
        support_polygon=SimpleNamespace(points=corners),
        footsteps=[point],
    )

    def shown():
        names = ("support", "footsteps", "capture_point", "centre_of_pressure")
        handles = (site.page.server.scene.get_handle_by_name(f"/odom/{name}") for name in names)
        return [handle is not None for handle in handles]

    site.page.call(lambda: balance.hear(balance.topics[0], message, 0.0))
    site.page.call(lambda: balance.draw(0.1))
    assert shown() == [True] * 4
    site.page.call(lambda: balance.draw(9.0))
    assert shown() == [False] * 4, "old news is no news"


def test_voxels_are_drawn_when_they_come(site):
    points = widget_of(site.widgets, "MapPointsWidget")
    centres = np.array([[0.0, 0.0, 0.5], [0.05, 0.0, 0.5]], dtype="<f4")
    message = SimpleNamespace(
        fields=[SimpleNamespace(name=n, offset=4 * i) for i, n in enumerate("xyz")],
        point_step=12,
        width=2,
        height=1,
        data=centres.tobytes(),
    )
    site.page.call(lambda: points.hear(points.topics[0], message, 0.0))
    drawn = [name for name in site.site.canvas._shown if name.startswith("/odom/voxels/")]
    assert drawn
    points._is_shown.value = False
    site.page.call(lambda: points.draw(1.0))
    assert [name for name in site.site.canvas._shown if name in drawn] == []
    points._is_shown.value = True


def test_no_message_of_a_shared_topic_is_lost_and_each_widget_hears_it_once():
    link = FakeLink()
    inbox = WidgetInbox(link, contained)
    kind = next(kind for kind in widget_types() if kind.__name__ == "NodesWidget")
    heard = []
    listeners = [
        _hashable(
            SimpleNamespace(
                wanted=lambda: kind.topics,
                hear=lambda topic, message, wall, n=n: heard.append((n, message)),
            )
        )
        for n in (1, 2)
    ]
    inbox.want(topics_to_hear(listeners, is_watched=True))
    for message in "abc":
        link.handlers["heartbeat"][1](message)
    for _ in range(2):
        for listener in listeners:
            inbox.deliver(listener, 0.0, is_drawn=False)
    assert heard == [(n, message) for n in (1, 2) for message in "abc"]


def test_what_is_sent_in_vain_is_on_the_card_until_it_stops(site):
    widget = widget_of(site.widgets, "IntakesWidget")
    said = KeyValue(key=INTAKE_KEY, value="cmd_vel: /teleop publishes geometry_msgs/msg/Twist")
    ill = DiagnosticStatus(name="balance", values=[said])
    topic = widget.topics[0]

    def shown(wall):
        return status_card(widget.card(wall))

    widget.hear(topic, DiagnosticArray(status=[ill]), 10.0)
    assert "balance" in shown(10.0) and "/teleop publishes geometry_msgs/msg/Twist" in shown(10.0)
    assert "/teleop" not in shown(60.0)  # its node is silent
    widget.hear(topic, DiagnosticArray(status=[ill]), 61.0)
    widget.hear(topic, DiagnosticArray(status=[DiagnosticStatus(name="balance")]), 61.5)
    assert "/teleop" not in shown(61.5)
