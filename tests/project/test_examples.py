"""Each example with a function of its own is one that can be deployed, and is explained."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ossferry.programs.found import find
from ossferry.settings import Settings
from tests.localcloud.config import REPOSITORY
from tests.localcloud.fc.template import resolve
from tests.packaging.__main__ import beside
from tests.project.deployment_files import ACCOUNT, BUCKET, Document, devs, stack
from tests.project.test_deployment_files import _SCHEMA, _strict

EXAMPLES = REPOSITORY / "examples"
DEPLOYED = sorted(path.parent.name for path in EXAMPLES.glob("*/s.yaml"))

each_example = pytest.mark.parametrize("name", DEPLOYED)


def functions(name: str) -> list[Document]:
    """The resources of an example's s.yaml, where nothing but the bucket was chosen."""
    found = yaml.safe_load((EXAMPLES / name / "s.yaml").read_text("utf-8"))
    environment = {"OSSFERRY_TARGET_BUCKET": BUCKET}
    scope = {"config": {"AccountID": ACCOUNT}}
    scope |= {"vars": resolve(found["vars"], scope, environment)}
    resources: dict[str, Any] = resolve(found["resources"], scope, environment)
    return [*resources.values()]


@each_example
def test_component_accepts_the_file(name: str) -> None:
    """By its own schema, and nothing in it is a name that the schema does not have."""
    for resource in functions(name):
        assert resource["component"] == "fc3"
        jsonschema.Draft7Validator(_strict(_SCHEMA)).validate(resource["props"])


@each_example
def test_package_is_built_before_it_is_deployed(name: str) -> None:
    """With the example's folder in it, for its runtime."""
    resource = functions(name)[0]
    assert resource["actions"]["pre-deploy"] == [
        {"run": f"make package WITH=examples/{name}", "path": "../../"}
    ]
    props = resource["props"]
    assert props["code"] == f"../../build/{name}-{props['runtime']}.zip"


@each_example
def test_roles_are_those_that_the_document_makes(name: str) -> None:
    """One of the function's name, and one for its triggers."""
    props = functions(name)[0]["props"]
    roles = stack("role.yml", Bucket=BUCKET, Function=f"ossferry-{name}").values()
    names = {role["Properties"]["RoleName"] for role in roles}
    assert props["functionName"] == props["role"] == f"ossferry-{name}"
    used = {each.get("invocationRole", "").rpartition("/")[2] for each in props.get("triggers", [])}
    assert {props["role"], *used} - {""} <= names


@each_example
def test_settings_make_sense(name: str) -> None:
    """What the package reads of the environment, and the entry points that all functions have."""
    props = functions(name)[0]["props"]
    Settings.from_env(props["environmentVariables"])
    hooks = devs({"OSSFERRY_TARGET_BUCKET": BUCKET})["props"]["instanceLifecycleConfig"]
    assert props["instanceLifecycleConfig"] == hooks
    module, _, function = props["handler"].partition(".")
    own = EXAMPLES / name / f"{module}.py"
    assert f"def {function}(" in (own if own.exists() else REPOSITORY / "src/index.py").read_text()


@each_example
def test_programs_are_described_and_everything_is_explained(name: str, tmp_path: Path) -> None:
    """Descriptions can be read; the document has a row and a section."""
    folder = beside(EXAMPLES / name, tmp_path / name) / "programs"
    for path in folder.glob("*.toml"):
        program = find(path.stem, [str(folder)])
        if module := program.function.partition(":")[0]:
            assert (folder / f"{module}.py").exists()
    readme = (EXAMPLES / "README.md").read_text("utf-8")
    assert f"| [{name}](#{name}) |" in readme
    assert f"\n### {name}\n" in readme
    assert f"({name}/" in readme


@each_example
def test_requirements_are_exact(name: str) -> None:
    """What is deployed is what was tested."""
    path = EXAMPLES / name / "requirements.txt"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    assert [line for line in lines if not re.fullmatch(r"[\w-]+==[\w.]+", line)] == []


@each_example
def test_events_are_json(name: str) -> None:
    for path in (EXAMPLES / name).glob("*.json"):
        json.loads(path.read_text("utf-8"))
