"""The two deployment files describe one function, and it is the one in src."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from ossferry.events import FOLDER
from ossferry.settings import Settings
from tests.localcloud.config import REPOSITORY

Document = Mapping[str, Any]


def _read(name: str) -> Document:
    document = yaml.safe_load((REPOSITORY / name).read_text("utf-8"))
    assert isinstance(document, Mapping)
    return document


@pytest.fixture(scope="module")
def devs() -> Document:
    """The function as s.yaml has it."""
    props: Document = _read("s.yaml")["resources"]["ossferry"]["props"]
    return props


@pytest.fixture(scope="module")
def ros() -> Document:
    """The function as template.yml has it."""
    properties: Document = _read("template.yml")["Resources"]["ossferry"]["ossferry"]["Properties"]
    return properties


def test_both_files_deploy_the_same_function(devs: Document, ros: Document) -> None:
    """Whichever file is used: same code, entry points, limits and environment."""
    initializer = devs["instanceLifecycleConfig"]["initializer"]
    assert ros == {
        "Description": devs["description"],
        "Runtime": devs["runtime"],
        "Handler": devs["handler"],
        "Initializer": initializer["handler"],
        "InitializationTimeout": initializer["timeout"],
        "CodeUri": devs["code"],
        "MemorySize": devs["memorySize"],
        "Timeout": devs["timeout"],
        **_environment(devs.get("environmentVariables")),
    }


def _environment(variables: Document | None) -> dict[str, Any]:
    return {"EnvironmentVariables": variables} if variables else {}


def test_template_is_one_that_the_transform_understands() -> None:
    """The transform is that of Function Compute 2.0."""
    template = _read("template.yml")
    assert template["ROSTemplateFormatVersion"] == "2015-09-01"
    assert template["Transform"] == "Aliyun::Serverless-2018-04-03"
    service = template["Resources"]["ossferry"]
    assert service["Type"] == "Aliyun::Serverless::Service"
    assert service["ossferry"]["Type"] == "Aliyun::Serverless::Function"


def _statements() -> list[Document]:
    (policy,) = _read("template.yml")["Resources"]["ossferry"]["Properties"]["Policies"]
    statements: list[Document] = policy["Statement"]
    return statements


def test_role_may_do_what_the_readme_gives_a_reason_for() -> None:
    """No action without a reason, none missing, and nothing by a wildcard."""
    allowed = [action for statement in _statements() for action in statement["Action"]]
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    table = readme.split("### Permissions")[1].split("###")[0]
    explained = re.findall(r"^\| `(\w+:\w+)` \|", table, re.MULTILINE)
    assert sorted(allowed) == sorted(explained)


def test_role_deletes_and_lists_only_what_ossferry_wrote_for_itself() -> None:
    """Objects of others are out of its reach, whatever an event says."""
    by_action = {action: each for each in _statements() for action in each["Action"]}
    assert by_action["oss:DeleteObject"]["Resource"] == [f"acs:oss:*:*:*/{FOLDER}*"]
    assert by_action["oss:ListObjects"]["Condition"] == {
        "StringLike": {"oss:Prefix": [f"{FOLDER}*"]}
    }


@pytest.mark.parametrize("file", ["devs", "ros"])
def test_entry_points_exist(file: str, request: pytest.FixtureRequest) -> None:
    """Handler and initializer name functions of the code folder."""
    function: Document = request.getfixturevalue(file)
    lifecycle = function.get("instanceLifecycleConfig", {}).get("initializer", {})
    for name in (
        function.get("handler") or function["Handler"],
        lifecycle.get("handler") or function["Initializer"],
    ):
        module, _, attribute = name.partition(".")
        assert callable(getattr(importlib.import_module(module), attribute))
    assert (REPOSITORY / (function.get("code") or function["CodeUri"]) / "index.py").is_file()


def test_environment_is_understood(devs: Document) -> None:
    """Every variable that a deployment sets is a setting that the function knows."""
    known = {f"OSSFERRY_{name.upper()}" for name in Settings._fields}
    assert set(devs.get("environmentVariables") or {}) <= known
