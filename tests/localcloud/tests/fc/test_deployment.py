"""What is deployed: an s.yaml with its variables, the configuration on top, FC's own limits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.localcloud.config import REPOSITORY, CloudConfig
from tests.localcloud.fc import destinations
from tests.localcloud.fc.async_config import AsyncConfig
from tests.localcloud.fc.deployment import Function, Hook, read_deployment
from tests.localcloud.fc.schedule import Every
from tests.localcloud.fc.template import InvalidTemplate
from tests.localcloud.fc.triggers import OssTrigger, TimerTrigger
from tests.localcloud.tests.fc.fc_cloud import add_function, template

CONFIG = CloudConfig(
    oss_endpoint="",
    fc_endpoint="",
    origin="",
    data_dir="",
    root_secret="",
    access_key_secret="",
)


def deployed(
    folder: Path, document: dict[str, Any], environment: dict[str, str] | None = None, **config: Any
) -> dict[str, Function]:
    path = folder / "s.yaml"
    path.write_text(yaml.safe_dump(document))
    return read_deployment(path, replace(CONFIG, **config), environment or {})


def test_project_itself_can_be_deployed() -> None:
    """The project's own s.yaml is what the local cloud runs."""
    functions = read_deployment(REPOSITORY / "s.yaml", CONFIG, {})
    function = functions["ossferry"]
    assert function.code == REPOSITORY / "src"
    assert function.handler == "index.handler"


def test_properties_are_read(tmp_path: Path) -> None:
    """Everything that this FC acts on comes from the file."""
    oss = {
        "triggerName": "in",
        "triggerType": "oss",
        "sourceArn": "acs:oss:cn-hangzhou:1:inbox",
        "triggerConfig": {
            "events": ["oss:ObjectCreated:*"],
            "filter": {"key": {"prefix": "p", "suffix": ""}},
        },
    }
    details = {"cronExpression": "@every 5m", "enable": False, "payload": "x"}
    timer = {"triggerName": "t", "triggerType": "timer", "triggerConfig": details}
    document = template(
        code={"src": "./code"},
        memorySize=1024,
        cpu=1,
        timeout=600,
        environmentVariables={"NUMBER": 5},
        instanceLifecycleConfig={"initializer": {"handler": "index.start", "timeout": 60}},
        asyncInvokeConfig={"asyncTask": True, "maxAsyncEventAgeInSeconds": 60},
        triggers=[oss, timer],
    )
    assert deployed(tmp_path, document)["ossferry"] == Function(
        name="ossferry",
        runtime="python3.10",
        handler="index.handler",
        code=tmp_path / "code",
        memory=1024,
        timeout=600,
        cpu=1,
        environment={"NUMBER": "5"},
        initializer=Hook("index.start", 60),
        async_config=AsyncConfig(task_mode=True, max_retries=3, max_age=60),
        triggers=(
            OssTrigger("in", "inbox", "p", "", ("oss:ObjectCreated:*",)),
            TimerTrigger("t", "x", Every(300), enabled=False),
        ),
    )


def test_variables_are_resolved(tmp_path: Path) -> None:
    """Variables of the file, of the environment with defaults, and of the account."""
    document = template(
        region="${vars.region}",
        memorySize="${vars.memory}",
        environmentVariables={
            "A": "${env('SET', 'none')}-${env('UNSET', 'with default')}",
            "B": "role/${config('AccountID')}",
            "C": '${config("AccountID")}',
        },
    )
    document["vars"] = {"region": "cn-beijing", "memory": 1024}
    function = deployed(tmp_path, document, {"SET": "value"})["ossferry"]
    assert function.memory == 1024
    assert function.environment == {
        "A": "value-with default",
        "B": "role/1234567890123456",
        "C": "1234567890123456",
    }


@pytest.mark.parametrize("text", ["${vars.unknown}", "${env(UNSET)}", "${resources.x.props.y}"])
def test_unknown_variable_is_refused(tmp_path: Path, text: str) -> None:
    """No literal ``${...}`` reaches a function."""
    with pytest.raises(InvalidTemplate):
        deployed(tmp_path, template(environmentVariables={"A": text}))


def test_configuration_overrides_the_file_for_the_first_function(tmp_path: Path) -> None:
    """What the cloud was started with is meant for its own function, not for the others."""
    document = add_function(template(functionName="named"), "other", timeout=7)
    functions = deployed(
        tmp_path,
        document,
        runtime="python3.12",
        timeout=0.5,
        memory=100,
        code=str(tmp_path),
        function="chosen",
    )
    assert list(functions) == ["chosen", "other"]
    chosen, other = functions.values()
    assert (chosen.runtime, chosen.timeout, chosen.memory) == ("python3.12", 0.5, 100)
    assert (chosen.code, chosen.has_service) == (tmp_path, False)
    assert (other.runtime, other.timeout) == ("python3.10", 7)


@pytest.mark.parametrize(
    ("props", "complaint"),
    [
        ({"handler": None}, "handler"),
        ({"region": ""}, "region"),
        ({"runtime": "python3.11"}, "runtime"),
        ({"memorySize": 500}, "memorySize"),
        ({"memorySize": 64}, "memorySize"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": 86401}, "timeout"),
        ({"cpu": 0.1}, "cpu"),
        ({"diskSize": 1024}, "diskSize"),
        ({"cpu": 1}, "cpu"),
        ({"environmentVariables": {"A": ""}}, "environmentVariables"),
        ({"instanceLifecycleConfig": {"preStop": {"handler": "a.b", "timeout": 91}}}, "preStop"),
        ({"asyncInvokeConfig": {"maxAsyncRetryAttempts": 9}}, "maxAsyncRetryAttempts"),
        ({"asyncInvokeConfig": {"maxAsyncEventAgeInSeconds": 604801}}, "maxAsyncEventAge"),
    ],
)
def test_what_fc_would_refuse_is_refused(
    tmp_path: Path, props: dict[str, Any], complaint: str
) -> None:
    """A file that could not be deployed does not run here either."""
    with pytest.raises(InvalidTemplate, match=complaint):
        deployed(tmp_path, template(**props))


def test_file_without_a_function_is_refused(tmp_path: Path) -> None:
    """Other components are not functions."""
    with pytest.raises(InvalidTemplate):
        deployed(tmp_path, {"resources": {"x": {"component": "oss", "props": {}}}})


@pytest.mark.parametrize(
    ("arn", "kind", "name"),
    [
        ("acs:fc:cn-hangzhou::functions/f", "functions", "f"),
        ("acs:fc:cn-hangzhou:1:services/s.LATEST/functions/f", "functions", "f"),
        ("acs:mns:cn-hangzhou::/queues/q/messages", "queues", "q"),
        ("acs:mns:cn-hangzhou::/topics/t/messages", "topics", "t"),
    ],
)
def test_destinations_are_named_by_arn(arn: str, kind: str, name: str) -> None:
    """Functions of both generations, queues and topics."""
    assert destinations.parse(arn) == destinations.Destination(kind, name)


def test_unknown_destination_is_refused() -> None:
    """What could not be delivered to is an error of the deployment."""
    with pytest.raises(InvalidTemplate):
        destinations.parse("acs:eventbridge:cn-hangzhou::eventbus/b")
