"""The flows, the files that deploy them and their document say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ossferry.errors import ERROR_TYPES
from ossferry.events.parse import parse
from ossferry.events.published import KINDS, published_of
from ossferry.settings import Settings
from tests.localcloud.config import REPOSITORY
from tests.localcloud.fc.template import resolve
from tests.localcloud.flows.service import CloudFlow
from tests.project.deployment_files import ACCOUNT, Document, devs, document, stack

LANGUAGES = ("fdl", "states")
NAMES = ("restore", "main")
FUNCTION = "acs:fc:::functions/ossferry"
# What is passed by itself, as the flows of Alibaba Cloud name it.
_OF_FUNCTION_COMPUTE = {
    *("FC.ResourceThrottled", "FC.ResourceExhausted", "FC.InternalServerError", "FC.Unknown"),
    "FnF.TaskTimeout",
}
_DOCUMENT = (REPOSITORY / "docs/flows.md").read_text("utf-8")
_INPUT = json.loads(_DOCUMENT.split("```")[1])

each_flow = pytest.mark.parametrize(
    ("language", "name"), [(language, name) for language in LANGUAGES for name in NAMES]
)


def text_of(language: str, name: str) -> str:
    return (REPOSITORY / "flows" / language / f"{name}.yml").read_text("utf-8")


def values(node: Any, name: str) -> Iterator[Any]:
    """Find everything that goes by this name."""
    for each in node if isinstance(node, list) else [node]:
        if isinstance(each, dict):
            for key, value in each.items():
                if key == name:
                    yield value
                yield from values(value, name)


def deployed(environment: dict[str, str] | None = None) -> Document:
    """Return the flows of s.yaml, as Serverless Devs hands them to the component."""
    found = document("flows/s.yaml")
    scope = {"config": {"AccountID": ACCOUNT}}
    variables = resolve(found["vars"], scope, environment or {})
    flows: Document = resolve(found["resources"], {**scope, "vars": variables}, environment or {})
    return flows


@each_flow
def test_a_flow_is_one(language: str, name: str) -> None:
    """By the strict interpreter, and it calls our function or our other flow."""
    CloudFlow({}).create(f"ossferry-{name}", text_of(language, name))
    called = {*values(yaml.safe_load(text_of(language, name)), "resourceArn")}
    assert called == {FUNCTION, *(["acs:fnf:::flow/ossferry-restore"] if name == "main" else [])}
    assert FUNCTION.rpartition("/")[2] == devs()["props"]["functionName"]
    assert not re.search(r"[&*]\w+$", text_of(language, name), re.MULTILINE), "anchors"


@each_flow
def test_what_is_tried_again_may_pass(language: str, name: str) -> None:
    """Errors of ours by their names, of which the message may be sent once more."""
    flow = yaml.safe_load(text_of(language, name))
    named = {
        error
        for field in ("errors", "Errors")
        for errors in values(flow, field)
        for error in errors
    }
    assert named > _OF_FUNCTION_COMPUTE
    for error in named - _OF_FUNCTION_COMPUTE:
        kind = ERROR_TYPES[error.removeprefix("FC.")]
        assert kind.retryable or kind.resumable, error


@pytest.mark.parametrize("language", LANGUAGES)
def test_input_is_what_was_published(language: str) -> None:
    """The main flow reads the fields that the document shows, and no other."""
    fields = {
        *("endpoint", "bucketName", "prefix", "marker", "maxKeys"),
        *("pollInterval", "workers", "groupSize"),
    }
    assert _INPUT.keys() == fields
    text = text_of(language, "main")
    read = r"\$input\.(\w+)" if language == "fdl" else r"\$Context\.Execution\.Input\.(\w+)"
    assert {*re.findall(read, text)} | {"marker"} == fields
    (shown,) = re.findall(r"^# +(\{.*?\})$", text, re.MULTILINE | re.DOTALL)
    assert json.loads(shown.replace("#", "")).keys() == fields


@pytest.mark.parametrize("name", NAMES)
def test_template_has_the_same_state_machines(name: str) -> None:
    """Word by word, for the function that is named."""
    flows = stack("flows/template.yml", Function=FUNCTION)
    assert document("flows/template.yml")["Parameters"]["Function"]["Default"] == FUNCTION
    properties = flows[name]["Properties"]
    assert flows[name]["Type"] == "ALIYUN::FNF::Flow"
    assert properties["Definition"] == text_of("states", name)
    props = deployed()[name]["props"]
    assert properties["Name"] == props["name"] == f"ossferry-{name}"
    assert properties["Description"] == props["description"]
    second = stack("flows/template.yml", Function="acs:fc:::services/s/functions/ossferry")
    assert FUNCTION not in second[name]["Properties"]["Definition"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_s_yaml_deploys_either_language(language: str) -> None:
    """The flow that is started by the other one goes first."""
    flows = deployed({"OSSFERRY_FLOWS": language, "OSSFERRY_REGION": "cn-beijing"})
    assert tuple(flows) == NAMES
    for name in NAMES:
        props = flows[name]["props"]
        assert flows[name]["component"] == "fnf"
        assert (REPOSITORY / "flows" / props["definition"]).read_text("utf-8") == text_of(
            language, name
        )
        assert props["region"] == "cn-beijing"
    assert deployed()["main"]["props"]["definition"] == "./states/main.yml"


def test_both_roles_may_do_the_same() -> None:
    """Call the function and start the other flow, and nothing else; CloudFlow takes them on."""
    alone = stack("flows/role.yml") if "Parameters" in document("flows/role.yml") else None
    role = alone or document("flows/role.yml")["Resources"]
    assert role["flows"] == stack("flows/template.yml", Function="")["flows"]
    properties = role["flows"]["Properties"]
    (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": ["fnf.aliyuncs.com"]}
    (policy,) = properties["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    assert [each["Action"] for each in statements] == [
        ["fc:InvokeFunction"],
        ["fnf:StartExecution"],
    ]
    for name in NAMES:
        arn = deployed()[name]["props"]["roleArn"]
        assert arn.rpartition("/")[2] == properties["RoleName"]


def test_events_of_the_document_are_understood() -> None:
    """Each row of its table is an event, of the kind that it says."""
    rows = re.findall(r"^\| `(\w+)` \| `(\{.*?\})` \|", _DOCUMENT, re.MULTILINE)
    assert [kind for kind, _ in rows] == [each for each in KINDS for _ in range(2)]
    for kind, text in rows:
        event = {"bucketName": "my-bucket", **json.loads(text)}
        assert parse(event, Settings(), "cn-hangzhou") == published_of(
            {**event, "kind": kind}, "cn-hangzhou"
        )
