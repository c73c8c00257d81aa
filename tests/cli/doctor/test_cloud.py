"""The doctor against the local cloud: as s.yaml deploys it, and with something broken in turn."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import oss2
import pytest
import yaml

from ossferry_cli.doctor.show import shown
from ossferry_cli.function import Keys
from tests.cli.doctor.deployments import at, examined, of_cloud, s_yaml, wrong
from tests.conftest import StartCloud
from tests.localcloud.client import LocalCloud
from tests.localcloud.config import REPOSITORY
from tests.localcloud.credentials import issue
from tests.localcloud.tests.fc.fc_cloud import FcCloud, running_fc


def test_what_s_yaml_deploys_is_in_order(cloud: LocalCloud, tidy: None) -> None:
    """Nothing is wrong, everything was looked at, and nothing was written."""
    before = cloud.oss_requests()
    findings = examined(of_cloud(cloud))
    assert wrong(findings) == []
    assert {each.about for each in findings} == {
        *("clock", "function", "runtime", "memory", "timeout", "role", "internet"),
        *("variables", "triggers", "async", "instances", f"bucket {cloud.bucket_name}"),
    }
    texts = [each.text for each in findings if each.about == "role"]
    assert texts[1:] == [
        f"it may read .ossferry/ in {cloud.bucket_name}",
        f"it may list {cloud.bucket_name}",
    ]
    asked = {name for name, count in cloud.oss_requests().items() if count > before.get(name, 0)}
    assert asked <= {"GetBucketInfo", "GetObject", "HeadObject", "ListObjects", "ListObjectsV2"}
    assert cloud.access_key_secret not in repr(findings)


def test_output(cloud: LocalCloud) -> None:
    """For people a line each and a last word, for programs one document; 1 only for problems."""
    findings = examined(of_cloud(cloud, name="another"))
    lines: list[str] = []
    assert shown(findings, lines.append, as_json=False) == 1
    assert lines[-1] == "1 problem, no warnings"
    assert (
        "PROBLEM  function: there is no function another in cn-hangzhou\n         -> " in lines[-2]
    )
    lines.clear()
    assert shown(findings, lines.append, as_json=True) == 1
    document = json.loads("".join(lines))
    assert (document["problem"], document["warning"]) == (1, 0)
    assert document["findings"][-1].keys() == {"level", "about", "text", "remedy"}
    assert shown(findings[:1], lines.append, as_json=False) == 0
    assert lines[-1] == "nothing is wrong"


def test_wrong_keys(cloud: LocalCloud) -> None:
    """The refusal quotes what was signed, which is not repeated."""
    keys = Keys(cloud.access_key_id, "wrong", "a-token-of-somebody")
    findings = examined(of_cloud(cloud, credentials=keys))
    assert [each[:2] for each in wrong(findings)] == [("problem", "function")]
    assert "does not accept your keys" in findings[-1].text
    assert "a-token" not in repr(findings)


def test_nobody_there() -> None:
    """No cloud at these addresses."""
    nowhere = "http://127.0.0.1:9"
    findings = examined(at(nowhere, {"cn-hangzhou": nowhere}, Keys("some-key-id", "secret")))
    assert [each[1] for each in wrong(findings)] == ["clock", "clock", "function"]
    assert all("cannot be reached" in each[2] for each in wrong(findings))


def test_other_buckets(cloud: LocalCloud) -> None:
    """One that is not there, one that cannot be, and one in another region."""
    away = oss2.Bucket(
        oss2.AuthV4(cloud.access_key_id, cloud.access_key_secret),
        cloud.second_oss_endpoint,
        "doctor-elsewhere",
        region=cloud.second_region,
    )
    away.create_bucket()
    try:
        findings = examined(
            of_cloud(cloud), buckets=("doctor-none", "X", "doctor-elsewhere"), invokes=False
        )
    finally:
        away.delete_bucket()
        away.session.session.close()
    texts = [f"{about}: {text}" for _, about, text in wrong(findings)]
    assert texts[:2] == [
        "bucket doctor-none: there is no such bucket",
        "bucket X: the cloud answers 400 InvalidBucketName",
    ]
    assert texts[2].startswith(f"bucket doctor-elsewhere: it is in {cloud.second_region}")


def _without(folder: Path, action: str) -> Path:
    """The policy of role.yml without one action."""
    roles = yaml.safe_load((REPOSITORY / "role.yml").read_text("utf-8"))
    own = roles["Resources"]["function"]["Properties"]["Policies"][0]["PolicyDocument"]
    for statement in own["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each != action] or ["x:Y"]
        statement["Resource"] = "*"
    path = folder / f"{action.replace(':', '-')}.json"
    path.write_text(json.dumps(own))
    return path


@pytest.mark.parametrize(
    ("action", "said"),
    [("oss:GetObject", "read .ossferry/"), ("oss:ListObjects", "list ossferry-local")],
)
def test_a_role_that_lacks_something(
    start_cloud: StartCloud, tmp_path: Path, action: str, said: str
) -> None:
    """What the function may not do is found by trying it."""
    cloud = start_cloud(policy=_without(tmp_path, action))
    (finding,) = wrong(examined(of_cloud(cloud)))
    assert finding[:2] == ("problem", "role")
    assert f"it may not, or cannot, {said}" in finding[2]
    assert "TargetRefused" in finding[2] or "SourceRefused" in finding[2]


def test_a_setting_that_makes_no_sense(start_cloud: StartCloud) -> None:
    """Every event fails; both the variable and the invocation say so."""
    cloud = start_cloud(
        env={"OSSFERRY_MAX_CHILDREN": "many", "OSSFERRY_STREAM": "3", "OSSFERRY_LOG_LEVEL": "loud"}
    )
    found = wrong(examined(of_cloud(cloud)))
    assert [each[:2] for each in found] == [
        ("problem", "variables"),
        ("problem", "variables"),
        ("problem", "variables"),
        ("problem", "role"),
        ("problem", "role"),
    ]
    assert "OSSFERRY_LOG_LEVEL must be one of" in found[0][2]
    assert "OSSFERRY_MAX_CHILDREN must be a whole number" in found[1][2]
    assert "OSSFERRY_STREAM means nothing" in found[2][2]
    assert "InvalidSettings" in found[3][2]


# What is broken in s.yaml, and what is said of it: how bad, about what, and some of the words.
TIMER = {"triggerType": "timer", "qualifier": "LATEST"}
BROKEN: dict[str, tuple[dict[str, Any], list[tuple[str, str, str]]]] = {
    "no triggers": (
        {"triggers": []},
        [("warning", "triggers", "no timer sweeps"), ("warning", "triggers", "no timer wakes")],
    ),
    "a timer that is off": (
        {
            "triggers": [
                {
                    **TIMER,
                    "triggerName": "daily-sweep",
                    "triggerConfig": {
                        "cronExpression": "0 0 3 * * *",
                        "enable": False,
                        "payload": '{"kind": "sweep"}',
                    },
                }
            ]
        },
        [
            ("warning", "triggers", "daily-sweep: the timer is switched off"),
            ("warning", "triggers", "no timer sweeps"),
            ("warning", "triggers", "no timer wakes"),
        ],
    ),
    "a short timeout": ({"timeout": 30}, [("problem", "timeout", "30 s are too few")]),
    "a timeout of minutes": ({"timeout": 600}, [("warning", "timeout", "600 s")]),
    "little memory": ({"memorySize": 512, "cpu": 0.5}, [("warning", "memory", "512 MB")]),
    "no memory": ({"memorySize": 128, "cpu": 0.1}, [("problem", "memory", "128 MB")]),
    "another Python": ({"runtime": "python3.9"}, [("problem", "runtime", "python3.9")]),
    "no role": ({"role": None}, [("problem", "role", "no role")]),
    "no internet": ({"internetAccess": False}, [("problem", "internet", "does not reach")]),
    "a VPC": (
        {"internetAccess": False, "vpcConfig": {"vpcId": "vpc-1"}},
        [("warning", "internet", "only if its VPC does")],
    ),
    "no log": ({"logConfig": None}, [("warning", "log", "no log")]),
    "no hooks": (
        {"instanceLifecycleConfig": None},
        [("warning", "handler", "initializer"), ("warning", "handler", "preStop")],
    ),
    "no asynchronous configuration": (
        {"asyncInvokeConfig": None},
        [("warning", "async", "no asynchronous configuration")],
    ),
    "asyncTask off": (
        {"asyncInvokeConfig": {"maxAsyncRetryAttempts": 0, "maxAsyncEventAgeInSeconds": 60}},
        [
            ("warning", "async", "asyncTask is off"),
            ("warning", "async", "no retries"),
            ("warning", "async", "after 60 s"),
        ],
    ),
    "few instances": (
        {"concurrencyConfig": {"reservedConcurrency": 5}},
        [("warning", "instances", "5 may run at once")],
    ),
    "no instance": (
        {"concurrencyConfig": {"reservedConcurrency": 0}},
        [("problem", "instances", "never runs")],
    ),
    "no bucket": (
        {"environmentVariables": {"OSSFERRY_MAX_CHILDREN": 3}},
        [
            ("warning", "variables", "OSSFERRY_TARGET_BUCKET is not set"),
            ("problem", "triggers", "arrivals: it has no bucket to copy to"),
        ],
    ),
    "a loop": (
        {
            "environmentVariables": {
                "OSSFERRY_TARGET_BUCKET": "my-bucket",
                "OSSFERRY_TARGET_PREFIX": "incoming/done/",
            }
        },
        [("problem", "triggers", "where its own copies arrive, which loops")],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named(tmp_path: Path, name: str) -> None:
    """One thing in turn, as Function Compute then describes it; no other is found wrong."""
    props, expected = BROKEN[name]
    document = yaml.safe_load(s_yaml(tmp_path, **props).read_text("utf-8"))
    with running_fc(tmp_path, document, still_timers=True) as fc:
        found = [each for each in _examined(fc) if each[1] not in _NO_OSS]
    assert [each[:2] for each in found] == [each[:2] for each in expected]
    for (_, _, said), (_, _, words) in zip(found, expected, strict=True):
        assert words in said


_NO_OSS = ("clock", "bucket my-bucket")


def _examined(fc: FcCloud, keys: Keys | None = None) -> list[tuple[str, str, str]]:
    own = keys or Keys(fc.config.access_key_id, fc.config.access_key_secret)
    nowhere = {"cn-hangzhou": fc.config.oss_endpoint}
    return wrong(examined(at(fc.config.fc_endpoint, nowhere, own), invokes=False))


def test_what_you_may_not_look_at(tmp_path: Path) -> None:
    """Action and resource are named; what may be looked at is."""
    document = yaml.safe_load(s_yaml(tmp_path).read_text("utf-8"))
    with running_fc(tmp_path, document, still_timers=True) as fc:
        statement = {"Effect": "Allow", "Action": "fc:GetFunction", "Resource": "*"}
        policy = {"Version": "1", "Statement": [statement]}
        given = issue(fc.config.root_secret, policy, time.time() + 600)
        keys = Keys(given.access_key_id, given.access_key_secret, given.security_token)
        found = [each for each in _examined(fc, keys) if each[1] not in _NO_OSS]
    assert [each[:2] for each in found] == [
        ("warning", "triggers"),
        ("warning", "async"),
        ("warning", "instances"),
    ]
    assert all("you may not look at it (403 AccessDenied)" in each[2] for each in found)


def test_a_function_of_fc_2_0(start_cloud: StartCloud) -> None:
    """Is described by the API of 3.0 under service and name, and invoked by its own."""
    cloud = start_cloud(generation="2.0")
    findings = examined(of_cloud(cloud, service=cloud.service))
    assert wrong(findings) == []
    assert "it may list ossferry-local" in {each.text for each in findings}


def test_a_version_that_is_not_there(cloud: LocalCloud) -> None:
    """What is asked for is described, not LATEST."""
    ((level, about, text),) = wrong(examined(of_cloud(cloud, qualifier="live")))
    assert (level, about) == ("problem", "function")
    assert "AliasNotFound" in text
