# SPDX-License-Identifier: Apache-2.0
"""Lists the elements and attributes of ROS 2's XML launch format that the runner knows."""

from __future__ import annotations

from talus_core.errors import unknown_name_message

from talus_launch.reading.document import LaunchElement

CONDITION = frozenset({"if", "unless"})
ACTIONS = frozenset(
    {"arg", "let", "group", "include", "node", "executable", "set_env", "unset_env", "append_env"}
    | {"push_ros_namespace", "push-ros-namespace", "set_parameter", "set_remap"}
)
PROCESS = CONDITION | {
    *("name", "output", "cwd", "launch-prefix", "respawn", "respawn_delay", "respawn_max_retries"),
    *("on_exit", "sigterm_timeout", "sigkill_timeout"),
}

# Attributes by element; where an element means different things in different places, by
# "parent/element".
ATTRIBUTES: dict[str, frozenset[str]] = {
    "launch": frozenset({"version"}),
    "arg": CONDITION | {"name", "default", "description"},
    "include/arg": frozenset({"name", "value"}),
    "choice": frozenset({"value"}),
    "let": CONDITION | {"name", "value"},
    "group": CONDITION | {"scoped"},
    "include": CONDITION | {"file"},
    "node": PROCESS | {"pkg", "exec", "namespace", "args", "ros_args"},
    "executable": PROCESS | {"cmd"},
    "param": frozenset({"name", "value", "type", "from", "allow_substs"}),
    "remap": frozenset({"from", "to"}),
    "env": frozenset({"name", "value"}),
    "set_env": CONDITION | {"name", "value"},
    "unset_env": CONDITION | {"name"},
    "append_env": CONDITION | {"name", "value", "prepend", "separator"},
    "push_ros_namespace": CONDITION | {"namespace"},
    "push-ros-namespace": CONDITION | {"namespace"},
    "set_parameter": CONDITION | {"name", "value"},
    "set_remap": CONDITION | {"from", "to"},
}

CHILDREN: dict[str, frozenset[str]] = {
    "launch": ACTIONS,
    "group": ACTIONS,
    "arg": frozenset({"choice"}),
    "include": frozenset({"arg"}),
    "node": frozenset({"param", "remap", "env"}),
    "executable": frozenset({"env"}),
    "param": frozenset({"param"}),
}


def check_document(element: LaunchElement) -> None:
    """Refuse, by file and line, the first thing in a tree that the runner does not understand."""
    for child in element.children:
        if child.tag not in CHILDREN.get(element.tag, frozenset()):
            raise child.error(_refusal(element, child))
        _check_attributes(element, child)
        check_document(child)


def _refusal(parent: LaunchElement, child: LaunchElement) -> str:
    if child.tag in ATTRIBUTES:
        return f"<{child.tag}> cannot stand in <{parent.tag}>"
    return unknown_name_message("launch element", child.tag, CHILDREN.get(parent.tag, frozenset()))


def _check_attributes(parent: LaunchElement, child: LaunchElement) -> None:
    known = ATTRIBUTES.get(f"{parent.tag}/{child.tag}", ATTRIBUTES[child.tag])
    for attribute in child.attributes:
        if attribute not in known:
            raise child.error(unknown_name_message(f"attribute of <{child.tag}>", attribute, known))
    if child.attributes.keys() >= CONDITION:
        raise child.error("'if' and 'unless' exclude each other")
