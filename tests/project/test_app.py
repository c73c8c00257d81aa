"""The application for ``s init``: its client takes it, and the component its s.yaml."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.localcloud.fc.template import resolve
from tests.packaging.__main__ import RUNTIMES
from tests.packaging.app import AppNotBuilt, build, rendered
from tests.project.deployment_files import ACCOUNT, devs
from tests.project.test_deployment_files import _SCHEMA, _strict

# What the client of Serverless Devs 3 checks in publish.yaml before it publishes.
_REQUIRED = (
    "Edition", "Type", "Name", "Provider", "Version", "Description", "HomePage", "Tags",
    "Category", "Service", "Effective", "Parameters",
)  # fmt: skip
_TEXT = {"type": "string", "minLength": 1}
_PUBLISH = {
    "type": "object",
    "required": list(_REQUIRED),
    "properties": {
        "Edition": {"const": "3.0.0"},
        "Type": {"const": "Project"},
        "Name": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
        "Provider": {"type": "array", "items": {"enum": ["阿里云"]}, "minItems": 1},
        "Version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "Description": _TEXT,
        "HomePage": {"type": "string", "pattern": "^https://"},
        "Tags": {"type": "array", "items": _TEXT, "minItems": 1},
        "Category": {"enum": ["数据处理", "基础云服务", "开源项目", "新手入门"]},
        "Service": {
            "type": "object",
            "additionalProperties": {"type": "object", "required": ["Authorities"]},
        },
        "Effective": {"enum": ["Public", "Private", "Organization"]},
        "Parameters": {"type": "object", "required": ["type", "required", "properties"]},
    },
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, with zips that stand for those of ``make package``."""
    packages = tmp_path_factory.mktemp("packages")
    for version in RUNTIMES:
        (packages / f"ossferry-python{version}.zip").write_bytes(version.encode())
    folder = tmp_path_factory.mktemp("build") / "app"
    build(folder, packages)
    return folder


def _published(app: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((app / "publish.yaml").read_text("utf-8"))
    return found


def _deployed(app: Path, **chosen: str) -> dict[str, Any]:
    """Return s.yaml's function: parameters as art-template fills them in, then its variables."""
    properties = _published(app)["Parameters"]["properties"]
    values = {name: each["default"] for name, each in properties.items()}
    values |= {"access": "default", **chosen}
    text = (app / "src" / "s.yaml").read_text("utf-8")
    filled = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: values[found[1]], text)
    document = yaml.safe_load(filled)
    assert document["access"] == values["access"]
    scope = {"config": {"AccountID": ACCOUNT}}
    variables = resolve(document["vars"], scope, {})
    found: dict[str, Any] = resolve(
        document["resources"]["ossferry"], {**scope, "vars": variables}, {}
    )
    return found


def test_client_takes_what_is_published(app: Path) -> None:
    jsonschema.Draft7Validator(_PUBLISH).validate(_published(app))


@pytest.mark.parametrize("field", _REQUIRED)
def test_each_field_is_required(app: Path, field: str) -> None:
    """The check above can fail."""
    short = {name: value for name, value in _published(app).items() if name != field}
    assert not jsonschema.Draft7Validator(_PUBLISH).is_valid(short)


def test_parameters_are_those_that_the_file_asks_for(app: Path) -> None:
    """Each has a default that its own schema takes, and is a text: the client asks for no number.

    The client itself fills in the access.
    """
    parameters = _published(app)["Parameters"]
    text = (app / "src" / "s.yaml").read_text("utf-8")
    found = re.findall(r"\{\{\s*(\w+)\s*\}\}", text)
    assert len(found) == text.count("{{")  # nothing else that art-template would take for its own
    assert {*found} == {*parameters["properties"], "access"}
    assert parameters["required"] == [*parameters["properties"]]
    for each in parameters["properties"].values():
        assert each["type"] == "string"
        jsonschema.Draft7Validator(each).validate(each["default"])
    enum = parameters["properties"]["runtime"]["enum"]
    assert enum == [f"python{version}" for version in RUNTIMES]


def test_component_takes_the_file(app: Path) -> None:
    """With the defaults; it is the function that the project's own file deploys."""
    deployed = _deployed(app)
    jsonschema.Draft7Validator(_strict(_SCHEMA)).validate(deployed["props"])
    own = devs()
    assert deployed == {
        "component": own["component"],
        "props": {**own["props"], "code": own["props"]["code"].replace("/build/", "/")},
    }


@pytest.mark.parametrize("version", RUNTIMES)
def test_what_is_chosen_gets_everywhere(app: Path, version: str) -> None:
    """And the package of the runtime is there, beside the file."""
    props = _deployed(
        app, region="cn-beijing", bucket="archive", role="mine", runtime=f"python{version}"
    )["props"]
    text = json.dumps(props)
    assert "cn-hangzhou" not in text
    assert "my-bucket" not in text
    assert (props["region"], props["role"]) == ("cn-beijing", "mine")
    assert (app / "src" / props["code"]).read_bytes() == version.encode()


def test_everything_is_there(app: Path) -> None:
    """Beside src what the registry shows; in it what whoever deploys needs."""
    names = {path.name for path in app.iterdir()}
    assert names == {"publish.yaml", "readme.md", "readme_en.md", "version.md", "src"}
    beside = {path.name for path in (app / "src").iterdir() if path.suffix != ".zip"}
    assert {"s.yaml", "role.yml", "template.yml", "event.json", "LICENSE", "readme.md"} <= beside


def test_missing_package_and_changed_file_are_told(tmp_path: Path) -> None:
    """In one sentence that says what to do."""
    with pytest.raises(AppNotBuilt, match="run make package first"):
        build(tmp_path / "app", tmp_path)
    with pytest.raises(AppNotBuilt, match=r"correct app\.py"):
        rendered("access: default\n")
