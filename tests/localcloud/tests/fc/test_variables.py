"""The variables of an s.yaml, as Serverless Devs reads them: its own ``s preview`` is the judge."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.localcloud.config import REPOSITORY
from tests.localcloud.fc.template import InvalidTemplate, resolve
from tests.localcloud.tests.node.running import Node

ACCOUNT = "1234567890123456"
ENVIRONMENT = {"EMPTY": "", "SET": "value", "NUMBER": "1024"}
VARIABLES = {
    "region": "cn-hangzhou",
    "number": 512,
    "half": 0.5,
    "whole": 1.0,
    "flag": True,
    "none": {},
    "nested": {"inner": "${vars.region}", "list": ["x", "${vars.number}"]},
    "later": "${vars.last}-x",
    "last": "${env('UNSET', 'z')}",
}
# What is written, and what it is worth.
READ: list[tuple[str, Any]] = [
    ("${env('EMPTY', 'default')}", "default"),
    ("${env('SET', 'default')}", "value"),
    ("${env('UNSET', 'a, b')}", "a, b"),
    ("${env('UNSET', 'a)b')}", "a)b"),
    ("${env('UNSET', 'it\\'s')}", "it's"),
    ("${env('UNSET', '')}", ""),
    ("${env('UNSET', 512)}", 512),
    ("${env('UNSET', '512')}", "512"),
    ("${env('NUMBER', 512)}", "1024"),
    ("${env('UNSET', -1.5)}", -1.5),
    ("${env('UNSET', 1.0)}", 1),
    ("${env('UNSET', true)}", True),
    ("${env('UNSET', 0)}", 0),
    ("${env('UNSET', vars.region)}", "cn-hangzhou"),
    ("${env('UNSET', config('AccountID'))}", ACCOUNT),
    ('${env("UNSET", "double")}', "double"),
    ("${env(UNSET, 'name without quotes')}", "name without quotes"),
    ("${env(SET)}", "value"),
    ("${ env( 'UNSET' , 'spaces' ) }", "spaces"),
    ("${config('AccountID')}", ACCOUNT),
    ("${config(AccountID)}", ACCOUNT),
    ("${vars.number}", 512),
    ("${vars.flag}", True),
    ("${vars.none}", {}),
    ("${vars.nested}", {"inner": "cn-hangzhou", "list": ["x", 512]}),
    ("${vars.nested.inner}", "cn-hangzhou"),
    ("${vars.later}", "z-x"),
    ("a-${vars.number}-${vars.flag}-${vars.whole}-${vars.half}", "a-512-true-1-0.5"),
    ("role/${config('AccountID')}/$${vars.region}", f"role/{ACCOUNT}/$cn-hangzhou"),
    ("{{ vars.region }} } {", "{{ vars.region }} } {"),
]
# One of each kind, and more of the same kinds: a process of Node for each takes long.
REFUSED = [
    "${env(UNSET, none)}",
    "${env('UNSET')}",
    "${vars.unknown}",
    "${}",
    "${other('x')}",
]
REFUSED_ALIKE = [
    "${env(SET, none)}",
    "${env(UNSET, 512)}",
    "${env('UNSET', null)}",
    "${env('UNSET', {})}",
    "${env('UNSET', 'a}b')}",
    "${ vars.region }",
    "${vars.nested.unknown}",
    "${vars['region']}",
    "${region}",
]
# Serverless Devs reads these, or leaves them as they are; no s.yaml of ours needs them.
REFUSED_ONLY_HERE = ["${this.name}", "${config('Region')}", "a-${vars.none}", "${vars}"]


def document(**props: Any) -> dict[str, Any]:
    """Return an s.yaml whose component is never loaded."""
    return {
        "edition": "3.0.0",
        "name": "judged",
        "access": "default",
        "vars": VARIABLES,
        "resources": {"judged": {"component": "./component", "props": props}},
    }


def resolved(text: str) -> Any:
    scope = {"vars": VARIABLES, "config": {"AccountID": ACCOUNT}}
    return resolve(text, scope, ENVIRONMENT)


def previewed(node: Node, folder: Path, asked: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Have ``s preview`` read a document, with an account that nobody has."""
    (folder / "component").mkdir(exist_ok=True)
    (folder / "s.yaml").write_text(yaml.safe_dump(asked))
    account = {"AccountID": ACCOUNT, "AccessKeyID": "nobody", "AccessKeySecret": "nothing"}
    environment = {"HOME": str(folder), **account, **ENVIRONMENT}
    arguments = ("preview", "-t", "s.yaml", "-o", "json")
    return node.program("s", *arguments, folder=folder, environment=environment)


def props_of(done: subprocess.CompletedProcess[str], resource: str) -> Any:
    assert done.returncode == 0, done.stdout + done.stderr
    # A line about the user comes before it.
    return json.loads(done.stdout[done.stdout.index("\n{") :])["resources"][resource]["props"]


@pytest.mark.parametrize(("text", "value"), READ)
def test_variable_is_read(text: str, value: Any) -> None:
    """Its value, and whether that is a text or a number."""
    found = resolved(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", [*REFUSED, *REFUSED_ALIKE, *REFUSED_ONLY_HERE])
def test_variable_is_refused(text: str) -> None:
    """No literal ``${...}`` reaches a function, and no misspelt default passes for one."""
    with pytest.raises(InvalidTemplate):
        resolved(text)


def test_serverless_devs_reads_the_same(node: Node, tmp_path: Path) -> None:
    """Every value and its type are what ``s preview`` shows."""
    written = {f"p{number}": text for number, (text, _) in enumerate(READ)}
    shown = props_of(previewed(node, tmp_path, document(**written)), "judged")
    here = {name: resolved(text) for name, text in written.items()}
    # As text, in which 1 and true differ.
    assert json.dumps(shown, sort_keys=True) == json.dumps(here, sort_keys=True)


@pytest.mark.parametrize(
    "text", [*REFUSED, *(pytest.param(text, marks=pytest.mark.long) for text in REFUSED_ALIKE)]
)
def test_serverless_devs_refuses_the_same(node: Node, tmp_path: Path, text: str) -> None:
    """What is refused here ends ``s preview`` with an error."""
    done = previewed(node, tmp_path, document(text=text))
    assert done.returncode != 0
    assert "Error" in done.stdout


def test_serverless_devs_reads_the_projects_own_file_the_same(node: Node, tmp_path: Path) -> None:
    """What the local cloud deploys is what ``s deploy`` would."""
    own = yaml.safe_load((REPOSITORY / "s.yaml").read_text("utf-8"))
    # The component itself would be downloaded.
    own["resources"]["ossferry"]["component"] = "./component"
    shown = props_of(previewed(node, tmp_path, own), "ossferry")
    scope = {"vars": own["vars"], "config": {"AccountID": ACCOUNT}}
    assert shown == resolve(own["resources"]["ossferry"]["props"], scope, ENVIRONMENT)
