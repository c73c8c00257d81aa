"""The two deployment files describe one function, and it is the one in src."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

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
    """The transform is that of Function Compute 2.0, and the role may do what it has to."""
    template = _read("template.yml")
    assert template["ROSTemplateFormatVersion"] == "2015-09-01"
    assert template["Transform"] == "Aliyun::Serverless-2018-04-03"
    service = template["Resources"]["ossferry"]
    assert service["Type"] == "Aliyun::Serverless::Service"
    assert service["ossferry"]["Type"] == "Aliyun::Serverless::Function"
    (policy,) = service["Properties"]["Policies"]
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert allowed == {
        "oss:GetObject",
        "oss:PutObject",
        "oss:AbortMultipartUpload",
        "oss:ListParts",
        "fc:InvokeFunction",
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
