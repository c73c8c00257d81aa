"""The deployment files describe one function, and it is the one in src.

``fc3-schema.json`` is the schema that the component fc3 of Serverless Devs publishes and checks an
s.yaml by (github.com/devsapp/fc3, src/schema.json, of May 2026), unchanged.
"""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ossferry.events.parse import parse
from ossferry.names import FOLDER
from ossferry.settings import VARIABLES, Settings
from tests.localcloud.config import REPOSITORY
from tests.localcloud.fc.schedule import read_schedule
from tests.localcloud.fc.template import resolve
from tests.packaging.__main__ import RUNTIMES
from tests.project.deployment_files import (
    BUCKET,
    REGION,
    Document,
    actions,
    devs,
    document,
    policies,
    stack,
)

_SCHEMA = json.loads((Path(__file__).parent / "fc3-schema.json").read_text("utf-8"))
_PACKAGE = "oss://my-bucket/ossferry-python3.10.zip"


@pytest.fixture(scope="module")
def props() -> Document:
    """The function as s.yaml has it, where nothing but the bucket was chosen."""
    found: Document = devs({"OSSFERRY_TARGET_BUCKET": BUCKET})["props"]
    return found


@pytest.fixture(scope="module")
def service() -> Document:
    """The service as template.yml has it, with the function in it."""
    found: Document = stack("template.yml", Bucket=BUCKET, CodeUri=_PACKAGE)["ossferry"]
    return found


@pytest.fixture(scope="module")
def function(service: Document) -> Document:
    """The function as template.yml has it."""
    found: Document = service["ossferry"]
    return found


def _strict(node: Any) -> Any:
    """Let no object have properties that the schema does not name: they would be misspelt."""
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    inner = {name: _strict(each) for name, each in node.items()}
    if inner.get("type") == "object" and "properties" in inner:
        return {"additionalProperties": False, **inner}
    return inner


def test_component_accepts_the_file(props: Document) -> None:
    """By its own schema, and nothing in it is a name that the schema does not have."""
    jsonschema.Draft7Validator.check_schema(_SCHEMA)
    jsonschema.Draft7Validator(_strict(_SCHEMA)).validate(props)


@pytest.mark.parametrize(
    "wrong",
    [
        {"runtime": "python3.11"},
        {"memorySize": 1000},
        {"timeOut": 60},
        {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 9}},
        {"triggers": [{"triggerName": "x", "triggerType": "oss"}]},
    ],
)
def test_schema_tells_what_is_wrong(props: Document, wrong: Document) -> None:
    """The check above can fail."""
    assert not jsonschema.Draft7Validator(_strict(_SCHEMA)).is_valid({**props, **wrong})


def test_region_and_bucket_are_all_that_has_to_be_chosen() -> None:
    """They come from the environment, to wherever they are needed."""
    chosen = devs({"OSSFERRY_REGION": "cn-beijing", "OSSFERRY_TARGET_BUCKET": "archive"})
    text = json.dumps(chosen["props"])
    assert "cn-hangzhou" not in text
    assert BUCKET not in text
    assert chosen["props"]["region"] == "cn-beijing"
    assert chosen["props"]["environmentVariables"]["OSSFERRY_TARGET_BUCKET"] == "archive"
    [oss, *timers] = chosen["props"]["triggers"]
    assert oss["sourceArn"].split(":")[2::2] == ["cn-beijing", "archive"]
    for timer in timers:
        payload = json.loads(timer["triggerConfig"]["payload"])
        assert {"cn-beijing", "archive"} <= {*payload.values()}


@pytest.mark.parametrize("version", RUNTIMES)
def test_package_of_the_runtime_is_built_before_it_is_deployed(version: str) -> None:
    """What ``make package`` writes is what is deployed, whichever runtime is chosen."""
    chosen = devs({"OSSFERRY_RUNTIME": f"python{version}"})
    assert chosen["props"]["runtime"] == f"python{version}"
    assert chosen["props"]["code"] == f"./build/ossferry-python{version}.zip"
    assert chosen["actions"]["pre-deploy"] == [{"run": "make package", "path": "./"}]


def test_nobody_is_told_of_ends_unless_somebody_is_named(props: Document) -> None:
    """Destinations are a variable of s.yaml, as an object."""
    assert props["asyncInvokeConfig"]["destinationConfig"] == {}
    told = {"onFailure": {"destination": f"acs:mns:{REGION}::/queues/failed/messages"}}
    config = document("s.yaml")["resources"]["ossferry"]["props"]["asyncInvokeConfig"]
    resolved = resolve(config, {"vars": {"destinations": told}}, {})
    assert resolved["destinationConfig"] == told


def test_both_files_deploy_the_same_function(props: Document, function: Document) -> None:
    """Whichever file is used: same entry points, limits, environment and package."""
    initializer = props["instanceLifecycleConfig"]["initializer"]
    assert function["Properties"] == {
        "Description": props["description"],
        "Runtime": props["runtime"],
        "Handler": props["handler"],
        "Initializer": initializer["handler"],
        "InitializationTimeout": initializer["timeout"],
        "CodeUri": _PACKAGE,
        "MemorySize": props["memorySize"],
        "Timeout": props["timeout"],
        "EnvironmentVariables": props["environmentVariables"],
    }
    assert Path(_PACKAGE).name == Path(props["code"]).name


# A role of another account, keys of another cloud, and programs, by the parameters of template.yml.
_OPTIONS = {
    "AssumeRole": "acs:ram::1234567890123456:role/ossferry",
    "AssumeRoleBuckets": "oss://their-media cn-beijing",
    "Credentials": "id:C4n4ry",
    "CredentialsBuckets": "s3://my-media us-east-1",
    "ProgramRules": f"in/*.mp4 -> transcode -> oss://{BUCKET}/out/",
    "MessageProgram": f"orders -> oss://{BUCKET}/orders/",
}
_OPTION = re.compile(r"^( +)# (OSSFERRY_\w+: .+)$", re.MULTILINE)


def _optional(**parameters: str) -> dict[str, str]:
    """What parameters of template.yml add to the variables."""
    without = stack("template.yml", Bucket=BUCKET, CodeUri="")["ossferry"]["ossferry"]
    found = stack("template.yml", Bucket=BUCKET, CodeUri="", **parameters)["ossferry"]["ossferry"]
    common = without["Properties"]["EnvironmentVariables"]
    variables: dict[str, str] = found["Properties"]["EnvironmentVariables"]
    assert common.items() <= variables.items()
    return {name: value for name, value in variables.items() if name not in common}


def test_both_files_offer_the_same_options() -> None:
    """Lines of s.yaml without their mark are what the parameters of template.yml set; the function
    and the component take them, and each is a name of the settings."""
    text = (REPOSITORY / "s.yaml").read_text("utf-8")
    chosen = {"OSSFERRY_TARGET_BUCKET": BUCKET, "OTHER_CLOUD_KEYS": _OPTIONS["Credentials"]}
    props = devs(chosen, _OPTION.sub(r"\1\2", text))["props"]
    jsonschema.Draft7Validator(_strict(_SCHEMA)).validate(props)
    variables = props["environmentVariables"]
    own = devs(chosen)["props"]["environmentVariables"]
    assert {each: variables[each] for each in variables if each not in own} == _optional(**_OPTIONS)
    settings = Settings.from_env(variables)
    assert settings.program_rules
    assert settings.message_program
    assert {each.credentials for each in settings.foreign.entries} == {
        *settings.foreign.keys,
        *settings.foreign.roles,
    }
    assert "C4n4ry" not in text


@pytest.mark.parametrize(
    ("parameters", "variables"),
    [
        (("AssumeRole", "AssumeRoleBuckets"), ("ASSUME_ROLE_", "BUCKETS_")),
        (("Credentials", "CredentialsBuckets"), ("CREDENTIALS_", "BUCKETS_")),
        (("ProgramRules",), ("PROGRAM_RULES",)),
        (("MessageProgram",), ("MESSAGE_PROGRAM",)),
        (("AssumeRole",), ("ASSUME_ROLE_",)),
        (("CredentialsBuckets",), ("BUCKETS_",)),
    ],
)
def test_each_option_stands_by_itself(
    parameters: tuple[str, ...], variables: tuple[str, ...]
) -> None:
    """What is not given is not set, not even as an empty text."""
    found = _optional(**{name: _OPTIONS[name] for name in parameters})
    assert len(found) == len(variables)
    for name, beginning in zip(found, variables, strict=True):
        assert name.startswith(f"OSSFERRY_{beginning}")


def test_keys_are_not_shown_with_the_stack() -> None:
    """ROS hides what is marked."""
    parameters = document("template.yml")["Parameters"]
    assert [name for name, each in parameters.items() if each.get("NoEcho")] == ["Credentials"]


def test_template_lets_the_role_assume_what_is_named() -> None:
    """As role.yml does, and only if it is named."""
    (policy,) = stack("template.yml", Bucket=BUCKET, CodeUri="", AssumeRole=_OPTIONS["AssumeRole"])[
        "ossferry"
    ]["Properties"]["Policies"]
    (own,) = stack("template.yml", Bucket=BUCKET, CodeUri="")["ossferry"]["Properties"]["Policies"]
    other = stack("role.yml", Bucket=BUCKET, AssumeRole=_OPTIONS["AssumeRole"])["another-account"]
    added = [each for each in policy["Statement"] if each not in own["Statement"]]
    assert added == other["Properties"]["PolicyDocument"]["Statement"]


def test_both_files_have_the_same_triggers(props: Document, function: Document) -> None:
    """The same objects are copied, and timers fire at the same times for the same bucket."""
    [oss, *timers] = props["triggers"]
    key = oss["triggerConfig"]["filter"]["key"]
    assert {name: each["Type"] for name, each in function["Events"].items()} == {
        oss["triggerName"]: "OSS",
        **{timer["triggerName"]: "Timer" for timer in timers},
    }
    assert function["Events"][oss["triggerName"]]["Properties"] == {
        "BucketName": oss["sourceArn"].rpartition(":")[2],
        "Events": oss["triggerConfig"]["events"],
        "Filter": {"Key": {"Prefix": key["prefix"], "Suffix": key["suffix"]}},
        "InvocationRole": {"Fn::GetAtt": ["trigger", "Arn"]},
    }
    for timer in timers:
        assert function["Events"][timer["triggerName"]]["Properties"] == {
            "CronExpression": timer["triggerConfig"]["cronExpression"],
            "Enable": timer["triggerConfig"]["enable"],
            "Payload": timer["triggerConfig"]["payload"],
        }


def test_trigger_does_not_see_what_it_makes(props: Document) -> None:
    """Source and target are one bucket there, so that only the prefixes keep it from looping."""
    key = props["triggers"][0]["triggerConfig"]["filter"]["key"]
    written = props["environmentVariables"]["OSSFERRY_TARGET_PREFIX"]
    assert not written.startswith(key["prefix"])
    assert not key["prefix"].startswith(written)
    assert not FOLDER.startswith(key["prefix"])


def test_timer_asks_for_a_sweep(props: Document) -> None:
    """Its payload is an event that the function understands, as it would be sent by hand."""
    payload = json.loads(props["triggers"][1]["triggerConfig"]["payload"])
    assert payload == {
        "kind": "sweep",
        "target_region": REGION,
        "target_bucket_name": BUCKET,
        "older_than_hours": 24,
    }
    assert type(parse(payload, Settings())).__name__ == "SweepJob"


def test_timer_looks_for_jobs_that_wait(props: Document) -> None:
    """Four times an hour; what wakes a job is kept for longer than it can be delayed."""
    config = props["triggers"][2]["triggerConfig"]
    payload = json.loads(config["payload"])
    assert payload == {"kind": "wake", "target_region": REGION, "target_bucket_name": BUCKET}
    assert type(parse(payload, Settings())).__name__ == "WakeJob"
    schedule = read_schedule(config["cronExpression"])
    assert [schedule.after(moment) for moment in (0, 900, 1000)] == [900, 1800, 1800]
    assert props["asyncInvokeConfig"]["maxAsyncEventAgeInSeconds"] > 2 * 3600


def test_template_is_one_that_the_transform_understands(service: Document) -> None:
    """The transform is that of Function Compute 2.0."""
    template = document("template.yml")
    assert template["ROSTemplateFormatVersion"] == "2015-09-01"
    assert template["Transform"] == "Aliyun::Serverless-2018-04-03"
    assert service["Type"] == "Aliyun::Serverless::Service"
    assert service["ossferry"]["Type"] == "Aliyun::Serverless::Function"


def _who_may_be(role: Document) -> list[str]:
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    services: list[str] = statement["Principal"]["Service"]
    return services


def test_roles_are_the_ones_that_are_named(props: Document) -> None:
    """Those of s.yaml are made by role.yml: one for the function, one for OSS."""
    roles = stack("role.yml", Bucket=BUCKET)
    names = {role["Properties"]["RoleName"]: _who_may_be(role) for role in roles.values()}
    assert names == {
        props["role"]: ["fc.aliyuncs.com"],
        props["triggers"][0]["invocationRole"].rpartition("/")[2]: ["oss.aliyuncs.com"],
    }


def test_oss_may_invoke_the_function_and_nothing_else() -> None:
    """The role for the trigger is for that alone, in both files."""
    own = policies()
    for file, runtime in (("role.yml", "python3.12"), ("template.yml", "python3.10")):
        parameters = {"Bucket": BUCKET} | ({"CodeUri": ""} if file == "template.yml" else {})
        role = stack(file, **parameters)["trigger"]
        (policy,) = role["Properties"]["Policies"]
        assert _who_may_be(role) == ["oss.aliyuncs.com"]
        assert policy["PolicyDocument"]["Statement"] == [
            _by_action(own[runtime])["fc:InvokeFunction"]
        ]


def test_a_role_of_another_account_is_assumed_only_if_it_is_named() -> None:
    """The function's own role gets that one permission, for that one role."""
    assert "another-account" not in stack("role.yml", Bucket=BUCKET)
    named = "acs:ram::9876543210987654:role/ossferry"
    roles = stack("role.yml", Bucket=BUCKET, AssumeRole=named)
    policy = roles["another-account"]["Properties"]
    assert policy["Roles"] == [roles["function"]["Properties"]["RoleName"]]
    assert policy["PolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": [named]}
    ]
    assert roles["function"] == stack("role.yml", Bucket=BUCKET)["function"]


def _by_action(policy: Document) -> dict[str, Document]:
    return {action: each for each in policy["Statement"] for action in each["Action"]}


def test_a_person_may_do_what_the_document_says_and_only_if_one_is_named() -> None:
    """In the one function and the one bucket."""
    assert "person" not in stack("role.yml", Bucket=BUCKET)
    person = stack("role.yml", Bucket=BUCKET, Person="someone")["person"]["Properties"]
    assert person["Users"] == ["someone"]
    by_action = _by_action(person["PolicyDocument"])
    said = (REPOSITORY / "docs/cli.md").read_text("utf-8").split("## Permissions")[1]
    named = set(re.findall(r"`((?:fc|oss):\w+)`", said.split("\n## ")[0]))
    assert {*by_action} == named
    for action, statement in by_action.items():
        where = f"acs:oss:*:*:{BUCKET}" if action.startswith("oss:") else "acs:fc:*:*:functions/"
        assert all(each.startswith(where) for each in statement["Resource"])
    assert by_action["oss:GetObject"]["Resource"] == [f"acs:oss:*:*:{BUCKET}/{FOLDER}*"]
    assert by_action["oss:PutObject"]["Resource"] == [f"acs:oss:*:*:{BUCKET}/{FOLDER}bulk/*"]


def test_both_roles_may_do_the_same() -> None:
    """But for how the generations name the function."""
    third, second = (_by_action(each) for each in policies().values())
    assert third.pop("fc:InvokeFunction")["Resource"] == [
        "acs:fc:*:*:functions/ossferry",
        "acs:fc:*:*:functions/ossferry/*",
    ]
    assert second.pop("fc:InvokeFunction")["Resource"] == [
        "acs:fc:*:*:services/ossferry*/functions/ossferry"
    ]
    assert third == second


@pytest.mark.parametrize("runtime", policies())
def test_role_may_do_what_the_documents_give_a_reason_for(runtime: str) -> None:
    """No action without a reason, none missing, and nothing by a wildcard."""
    deploy = (REPOSITORY / "docs/deploy.md").read_text("utf-8")
    table = deploy.split("## Permissions")[1].split("\n## ")[0]
    explained = re.findall(r"^\| `(\w+:\w+)` \|", table, re.MULTILINE)
    assert sorted(actions(policies()[runtime])) == sorted(explained)


@pytest.mark.parametrize("runtime", policies())
def test_role_is_for_one_bucket_and_deletes_only_in_its_own_folder(runtime: str) -> None:
    """Objects of others are out of its reach, whatever an event says."""
    by_action = _by_action(policies()[runtime])
    oss = {action: each for action, each in by_action.items() if action.startswith("oss:")}
    for each in oss.values():
        (name,) = each["Resource"]
        assert name.partition("/")[0] == f"acs:oss:*:*:{BUCKET}"
    assert oss["oss:DeleteObject"]["Resource"] == [f"acs:oss:*:*:{BUCKET}/{FOLDER}*"]


def test_entry_points_exist(props: Document) -> None:
    """What the file calls by name are functions of the code folder."""
    hooks = props["instanceLifecycleConfig"].values()
    for name in (props["handler"], *(hook["handler"] for hook in hooks)):
        module, _, attribute = name.partition(".")
        assert callable(getattr(importlib.import_module(module), attribute))


def test_environment_is_understood(props: Document) -> None:
    """Every variable that a deployment sets is a setting, and its value makes sense."""
    variables = props["environmentVariables"]
    settings = Settings.from_env(variables)
    assert (settings.target_bucket, settings.target_prefix) == (BUCKET, "arrived/")
    assert {*variables} <= {*VARIABLES}


def _commands() -> str:
    """Return what the document tells an operator to type."""
    document = (REPOSITORY / "docs/deploy.md").read_text("utf-8")
    return document.split("## What was tried")[0]


@pytest.mark.parametrize("file", ["role.yml", "template.yml"])
def test_command_of_the_documents_gives_each_parameter(file: str) -> None:
    """But those with a default; and the stack's name makes a service that the role may invoke."""
    commands = [each.split("```")[0] for each in _commands().split("aliyun ros CreateStack")]
    (command,) = [each for each in commands[1:] if f"cat {file}" in each]
    keys = re.findall(r"--Parameters\.\d+\.ParameterKey (\w+)", command)
    values = re.findall(r"--Parameters\.\d+\.ParameterValue", command)
    asked = document(file)["Parameters"]
    assert sorted(keys) == sorted(name for name in asked if "Default" not in asked[name])
    assert len(values) == len(keys)
    assert "--StackName ossferry" in command


def test_variables_of_the_documents_are_those_of_the_file() -> None:
    """Each variable of the environment that s.yaml reads has a row, with its default."""
    read = re.findall(r"env\('(\w+)', '([^']+)'\)", json.dumps(document("s.yaml")["vars"]))
    rows = re.findall(r"^\| `(OSSFERRY_\w+)` \|.*\| (\S+) \|$", _commands(), re.MULTILINE)
    assert sorted(read) == sorted(rows)
