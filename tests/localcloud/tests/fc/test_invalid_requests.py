"""What ``up`` is asked for and cannot be: one sentence and status 2, before any server starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from tests.localcloud.cli import main
from tests.localcloud.tests.fc.fc_cloud import template


def up(folder: Path, *arguments: str, **environment: str) -> str:
    """Return the one sentence that ``up`` refuses with; it leaves no data behind."""
    data = folder / "data"
    data.mkdir()
    done = CliRunner().invoke(main, ["up", "--data-dir", str(data), *arguments], env=environment)
    assert (done.exit_code, done.stdout) == (2, "")
    assert not list(data.iterdir())
    (sentence,) = done.stderr.splitlines()
    return sentence


def timer(expression: object = "0 0 3 * * *", **details: object) -> dict[str, Any]:
    config = {"enable": True, "cronExpression": expression, **details}
    trigger = {"triggerName": "nightly", "triggerType": "timer", "triggerConfig": config}
    return template(triggers=[trigger])


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (template(runtime="python2"), "runtime: python2"),
        (template(memorySize="big"), "memorySize: 'big'"),
        (template(handler=None), "handler: missing"),
        (template(timeout="${env(OSSFERRY_UNSET, none)}"), "OSSFERRY_UNSET"),
        (template(environmentVariables=["A"]), "environmentVariables: ['A'] is no mapping"),
        (template(environmentVariables={"A": ""}), "environmentVariables: A has no value"),
        (template(triggers=[{"triggerName": "x"}]), "triggerType: missing"),
        (timer("0 0 25 * * *"), "nightly: cronExpression: '25' is not within 0 and 23"),
        (timer("0 3 * * *"), "has not six fields"),
        (timer(enable="yes"), "nightly: enable"),
        (
            template(asyncInvokeConfig={"destinationConfig": {"onSuccess": {"destination": "x"}}}),
            "the destination x is not supported",
        ),
        ({"resources": [1]}, "resources: [1] is no mapping"),
        ({"resources": {"a": {"component": "oss"}}}, "no resource of the component fc3"),
        ({"vars": {"a": "${vars.a}"}, "resources": {"a": "${vars.a}"}}, "made of itself"),
        (["no mapping"], "it is no mapping"),
    ],
)
def test_invalid_template(tmp_path: Path, document: Any, words: str) -> None:
    """The sentence names the file and the place."""
    path = tmp_path / "s.yaml"
    path.write_text(yaml.safe_dump(document))
    sentence = up(tmp_path, LOCALCLOUD_TEMPLATE=str(path))
    assert sentence.startswith("Error: s.yaml: ")
    assert words in sentence


def test_code_that_is_missing(tmp_path: Path) -> None:
    """It is looked for where the template says, seen from the template."""
    path = tmp_path / "s.yaml"
    path.write_text(yaml.safe_dump(template(code="./nowhere.zip")))
    sentence = up(tmp_path, LOCALCLOUD_TEMPLATE=str(path))
    assert f"{tmp_path}/nowhere.zip is neither a folder nor a zip" in sentence


def test_template_that_is_no_yaml(tmp_path: Path) -> None:
    """The complaint of the parser is folded into the sentence."""
    path = tmp_path / "s.yaml"
    path.write_text("a: [")
    assert "line 1" in up(tmp_path, LOCALCLOUD_TEMPLATE=str(path))


def test_template_that_is_missing(tmp_path: Path) -> None:
    """A path that does not exist is named."""
    path = str(tmp_path / "nowhere.yaml")
    assert path in up(tmp_path, LOCALCLOUD_TEMPLATE=path)


@pytest.mark.parametrize(
    ("option", "content"),
    [
        ("--policy", "[1]"),
        ("--policy", "no JSON"),
        ("--policy", '{"Version": "2", "Statement": []}'),
        ("--code", "no zip"),
    ],
)
def test_file_that_an_option_names(tmp_path: Path, option: str, content: str) -> None:
    """It is read before anything starts, and the sentence names it."""
    path = tmp_path / "named"
    path.write_text(content)
    assert str(path) in up(tmp_path, option, str(path))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--timeout", "nan"), ("--start-rate", "inf"), ("--qualifier", ""), ("--qualifier", "a b")],
)
def test_value_that_an_option_takes_but_nothing_can_be_made_of(
    tmp_path: Path, option: str, value: str
) -> None:
    """The sentence names the option."""
    assert option in up(tmp_path, option, value)
