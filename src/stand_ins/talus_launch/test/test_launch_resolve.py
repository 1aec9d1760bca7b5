# SPDX-License-Identifier: Apache-2.0
"""Checks every supported element of a launch file, and the refusal of everything else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from launch_files import Workspace
from talus_launch.errors import LaunchError, LaunchFileError
from talus_launch.plan import InlineParameters, ProcessSpec
from talus_launch.reading.resolve import resolve

NODE = '<node pkg="toys" exec="toy"'


def parameters(spec: ProcessSpec) -> dict:
    """Return all inline parameters of a process as a node would get them."""
    texts = [yaml.safe_load(p.yaml) for p in spec.parameters if isinstance(p, InlineParameters)]
    return {name: value for text in texts for name, value in text["/**"]["ros__parameters"].items()}


def test_argument_has_default_and_takes_value(workspace: Workspace):
    body = f'<arg name="x" default="$(env HOME)" description="d"/>{NODE} args="$(var x)"/>'
    assert workspace.one(body).command[1:] == ("/nowhere",)
    assert workspace.one(body, x="given").command[1:] == ("given",)


def test_required_argument(workspace: Workspace):
    with pytest.raises(LaunchFileError, match="'x' is required"):
        workspace.plan('<arg name="x"/>')
    assert workspace.plan('<arg name="x"/>', x="1").arguments[0].default is None


def test_argument_choices(workspace: Workspace):
    body = '<arg name="pace" default="fast"><choice value="fast"/><choice value="real_time"/></arg>'
    assert workspace.plan(body).arguments[0].choices == ("fast", "real_time")
    with pytest.raises(LaunchFileError, match="nearest: real_time"):
        workspace.plan(body, pace="real-time")


def test_unknown_argument_names_the_nearest(workspace: Workspace):
    with pytest.raises(LaunchError, match="'word'; nearest: world"):
        workspace.plan('<arg name="world" default="flat"/>', word="slope")


def test_let_and_conditions(workspace: Workspace):
    body = f"""
      <arg name="on" default="true"/>
      <let name="x" value="yes" if="$(var on)"/>
      <let name="x" value="no" unless="$(var on)"/>
      {NODE} args="$(var x)"/>
      {NODE} if="$(not $(var on))"/>
    """
    assert workspace.one(body).command[1:] == ("yes",)
    assert [p.command[1:] for p in workspace.plan(body, on="0").processes] == [("no",), ()]


def test_scoped_group_keeps_its_changes_to_itself(workspace: Workspace):
    body = f"""
      <let name="x" value="outer"/>
      <group><let name="x" value="inner"/><set_env name="E" value="inner"/>
        {NODE} args="$(var x)"/></group>
      {NODE} args="$(var x) $(env E none)"/>
      <group scoped="false"><let name="x" value="leaked"/></group>
      {NODE} args="$(var x)"/>
    """
    assert [p.command[1:] for p in workspace.plan(body).processes] == [
        ("inner",),
        ("outer", "none"),
        ("leaked",),
    ]


def test_include_passes_arguments_and_shares_variables(workspace: Workspace):
    workspace.write(
        f'<arg name="a"/><let name="b" value="from-child"/>{NODE} args="$(var a) $(dirname)"/>',
        "child.xml",
    )
    body = f"""
      <include file="$(dirname)/child.xml"><arg name="a" value="1 2"/></include>
      {NODE} args="$(var b)"/>
    """
    child, parent = workspace.plan(body).processes
    assert child.command[1:] == ("1 2", str(workspace.share))
    assert parent.command[1:] == ("from-child",)
    assert parent.name == "toy-2"


def test_command_line_reaches_included_files(workspace: Workspace):
    workspace.write(f'<arg name="a" default="d"/>{NODE} args="$(var a)"/>', "child.xml")
    assert workspace.one('<include file="$(dirname)/child.xml"/>', a="given").command[1:] == (
        "given",
    )


def test_file_that_includes_itself_is_refused(workspace: Workspace):
    with pytest.raises(LaunchFileError, match="include itself"):
        workspace.plan('<include file="$(filename)"/>')


def test_node(workspace: Workspace):
    spec = workspace.one(
        f"""<push_ros_namespace namespace="fleet"/>
        {NODE} name="n" namespace="one" args="-a 'b c' $(env HOME)/x" output="screen" respawn="true"
            respawn_delay="0.5" respawn_max_retries="3" on_exit="shutdown"
            sigterm_timeout="20" sigkill_timeout="2"
            cwd="/tmp" launch-prefix="nice -n 5">
          <remap from="in" to="out"/>
          <env name="E" value="$(env HOME)"/>
        </node>"""
    )
    assert spec.name == "n"
    assert spec.command == (
        "nice",
        "-n",
        "5",
        str(workspace.prefix / "lib/toys/toy"),
        "-a",
        "b c",
        "/nowhere/x",
    )
    assert spec.ros_arguments == ("-r", "__node:=n", "-r", "__ns:=/fleet/one", "-r", "in:=out")
    assert spec.environment == {**workspace.environment, "E": "/nowhere"}
    assert (spec.respawns, spec.respawn_delay, spec.respawn_most) == (True, 0.5, 3)
    assert (spec.required, spec.goes_last, spec.sigterm_after, spec.sigkill_after) == (
        True,
        True,
        20.0,
        2.0,
    )
    assert spec.shows_stdout
    assert spec.folder == Path("/tmp")


def test_substituted_value_is_never_split(workspace: Workspace):
    body = f'<arg name="x" default="a b; c"/>{NODE} args="$(var x)$(var x) -p $(var x)"/>'
    assert workspace.one(body).command[1:] == ("a b; ca b; c", "-p", "a b; c")


@pytest.mark.parametrize(
    ("pushed", "own", "namespace"),
    [
        ("", "", ()),
        ("a", "", ("/a",)),
        ("a", "b", ("/a/b",)),
        ("a", "/b", ("/b",)),
        ("", "b", ("/b",)),
    ],
)
def test_namespace(workspace: Workspace, pushed: str, own: str, namespace: tuple):
    spec = workspace.one(f'<push_ros_namespace namespace="{pushed}"/>{NODE} namespace="{own}"/>')
    assert spec.ros_arguments == tuple(word for n in namespace for word in ("-r", f"__ns:={n}"))


def test_parameter_types(workspace: Workspace):
    values = {
        "auto_int": 'value="3"',
        "auto_float": 'value="0.5"',
        "auto_bool": 'value="true"',
        "auto_text": 'value="real time: yes"',
        "auto_word": 'value="yes"',
        "auto_list": 'value="[driver, balance]"',
        "auto_empty": 'value=""',
        "text": 'value="12" type="str"',
        "integer": 'value="12" type="int"',
        "real": 'value="12" type="float"',
        "truth": 'value="1" type="bool"',
        "list": 'value="[1.0, 2.0]" type="list_of_float"',
        "any": 'value="{a: 1}" type="yaml"',
    }
    body = "".join(f'<param name="{name}" {value}/>' for name, value in values.items())
    got = parameters(workspace.one(f"{NODE}>{body}</node>"))
    assert got == {
        **{
            "auto_int": 3,
            "auto_float": 0.5,
            "auto_bool": True,
            "auto_text": "real time: yes",
            "auto_word": "yes",
        },
        **{
            "auto_list": ["driver", "balance"],
            "auto_empty": "",
            "text": "12",
            "integer": 12,
            "real": 12.0,
        },
        **{"truth": True, "list": [1.0, 2.0], "any": {"a": 1}},
    }
    assert isinstance(got["real"], float)


def test_parameters_nest_and_come_from_files(workspace: Workspace):
    (workspace.share / "p.yaml").write_text("/**:\n  ros__parameters:\n    home: $(env HOME)\n")
    spec = workspace.one(
        f"""<set_parameter name="everywhere" value="1"/><set_remap from="/clock" to="clock"/>
        {NODE}>
          <param from="$(dirname)/p.yaml"/>
          <param from="$(dirname)/p.yaml" allow_substs="true"/>
          <param name="g"><param name="kp" value="2.5"/>
            <param name="sub"><param name="k" value="1"/></param></param>
        </node>"""
    )
    assert parameters(spec) == {"everywhere": 1, "home": "/nowhere", "g.kp": 2.5, "g.sub.k": 1}
    assert workspace.share / "p.yaml" in spec.parameters
    assert spec.ros_arguments == ("-r", "/clock:=clock")


def test_long_text_parameter_survives(workspace: Workspace):
    (workspace.share / "robot.urdf").write_text(
        '<robot name="a">\n  <!-- "quoted" \\ ü -->\n</robot>\n' * 5000
    )
    value = "$(command 'cat $(dirname)/robot.urdf')"
    body = f"""{NODE}><param name="d" value="{value}" type="str"/></node>"""
    assert parameters(workspace.one(body))["d"] == (workspace.share / "robot.urdf").read_text()


def test_executable_and_environment(workspace: Workspace):
    body = """
      <set_env name="A" value="1"/><append_env name="A" value="2"/>
      <append_env name="A" value="0" prepend="true"/>
      <unset_env name="HOME"/>
      <executable cmd="echo 'a b' $(env A)" name="e"><env name="B" value="x"/></executable>
    """
    spec = workspace.one(body)
    assert spec.command == ("echo", "a b", "0:1:2")
    assert spec.ros_arguments == ()
    assert spec.environment["B"] == "x"
    assert "HOME" not in spec.environment


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ('<nodee pkg="toys" exec="toy"/>', 2, "unknown launch element 'nodee'; nearest: node"),
        ('<timer period="1"/>', 2, "unknown launch element 'timer'"),
        (
            '<group>\n<node pkg="toys" exe="toy"/></group>',
            3,
            "unknown attribute of <node> 'exe'; nearest: exec",
        ),
        ('<node pkg="toys"/>', 2, "needs the attribute 'exec'"),
        ('\n<node pkg="toyz" exec="toy"/>', 3, "unknown package 'toyz'; nearest: toys"),
        ('<node pkg="toys" exec="toi"/>', 2, "unknown executable of toys 'toi'; nearest: toy"),
        ('<param name="x" value="1"/>', 2, "<param> cannot stand in <launch>"),
        ('<group if="true" unless="true"/>', 2, "exclude each other"),
        ('<group if="perhaps"/>', 2, "'perhaps' is no condition"),
        ('<let name="x" value="$(var y)"/>', 2, "unknown variable 'y'"),
        ('<let name="x" value="$(var y"/>', 2, "is not closed"),
        ('<include file="$(dirname)/none.xml"/>', 2, "is not there"),
        (f'{NODE} output="screem"/>', 2, "unknown output 'screem'; nearest: screen"),
        (f'{NODE} respawn_delay="-1"/>', 2, "respawn_delay '-1'"),
        (f'{NODE} on_exit="restart"/>', 2, "unknown on_exit 'restart'"),
        (f'{NODE}><param name="a" value="x" type="int"/></node>', 2, "'x' is not of type int"),
        (f'{NODE}><param name="a" value="2" type="bool"/></node>', 2, "'2' is not of type bool"),
        (
            f'{NODE}><param name="a" value="1" type="integer"/></node>',
            2,
            "unknown parameter type 'integer'; nearest: int",
        ),
        (
            f'{NODE}><param name="a" value="x" type="list_of_str"/></node>',
            2,
            "a list of a stated type",
        ),
        (f'{NODE}><param name="a"/></node>', 2, "needs either a value or nested"),
        (f'{NODE}><param from="/no/file.yaml"/></node>', 2, "is not there"),
        (f'{NODE}><param from="x" name="a"/></node>', 2, "exclude each other"),
        ('<executable cmd=""/>', 2, "'cmd' is empty"),
        ("<arg/>", 2, "needs the attribute 'name'"),
        ("words", 2, "text outside a tag: 'words'"),
        ("<group>", 3, "not valid XML: mismatched tag"),
    ],
)
def test_refusal_names_file_line_and_remedy(workspace: Workspace, body: str, line: int, says: str):
    with pytest.raises(LaunchFileError) as error:
        workspace.plan(body)
    file = workspace.share / "test.launch.xml"
    assert str(error.value).startswith(f"{file}:{line}: ")
    assert says in str(error.value)


def test_refusal_even_where_a_condition_is_false(workspace: Workspace):
    with pytest.raises(LaunchFileError, match="unknown launch element"):
        workspace.plan('<group if="false"><timer/></group>')


def test_file_that_is_not_there_or_no_launch_file(workspace: Workspace, tmp_path: Path):
    with pytest.raises(LaunchError, match="No such file"):
        resolve(tmp_path / "none.launch.xml", {}, workspace.environment)
    (tmp_path / "a.xml").write_text("<robot/>")
    with pytest.raises(LaunchFileError, match="begins with <launch>, not <robot>"):
        resolve(tmp_path / "a.xml", {}, workspace.environment)
