"""The same transfers on both generations of Function Compute.

FC 2.0: the context of python3.10, whose service makes the function call itself through API
2016-08-15. FC 3.0: the context of python3.12, or of python3.10 with a service that has no name, by
which it does so through API 2023-03-30.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import StartCloud
from tests.e2e.contents import bytes_of, crc64_of
from tests.e2e.spotless import staying_spotless
from tests.e2e.transfers import (
    Reply,
    event_for,
    exists,
    headers_of,
    refused,
    stored,
    transferred,
)
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.patience import eventually

PART = 100 * 1024
LARGE = 300_000_001
EAGER = {"OSSFERRY_FAN_OUT_FROM": "1"}
CHILD = {"operation": "InvokeFunction", "key": "copy"}


@dataclass(frozen=True)
class Generation:
    """A function of it, and the name by which the role's policy knows that."""

    name: str
    options: Mapping[str, str]
    resource: str


OF_A_SERVICE, BY_NAME = "acs:fc:*:*:services/*/functions/*", "acs:fc:*:*:functions/*"
GENERATIONS = (
    Generation("FC 2.0", {"runtime": "python3.10"}, OF_A_SERVICE),
    Generation("FC 3.0", {"runtime": "python3.12"}, BY_NAME),
    Generation("FC 3.0, old runtime", {"runtime": "python3.10", "generation": "3.0"}, BY_NAME),
)


# Where a cloud of its own has to be started: the third goes the way of the second, and that it does
# is what the other tests are about.
a_cloud_for_each = pytest.mark.parametrize(
    "generation",
    [*GENERATIONS[:2], pytest.param(GENERATIONS[2], marks=pytest.mark.long)],
    ids=lambda generation: generation.name,
    indirect=True,
    scope="module",
)


@pytest.fixture(scope="module", params=GENERATIONS, ids=lambda generation: generation.name)
def generation(request: pytest.FixtureRequest) -> Generation:
    """Either."""
    found: Generation = request.param
    return found


@pytest.fixture(scope="module")
def running(generation: Generation) -> Iterator[LocalCloud]:
    """A cloud of this generation, whose function fans out from the first byte."""
    with started(**generation.options, env=EAGER) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    """The same, to be left spotless."""
    with staying_spotless(running):
        yield running


@pytest.fixture
def start(generation: Generation, start_cloud: StartCloud) -> StartCloud:
    """Start clouds of this generation with other options."""

    def start(env: dict[str, str] | None = None, **options: object) -> LocalCloud:
        return start_cloud(**generation.options, env={**EAGER, **(env or {})}, **options)

    return start


Allowing = Callable[..., str]


@pytest.fixture
def allowing(tmp_path: Path) -> Allowing:
    """Write a policy for the function's role: everything on OSS, and to invoke these."""

    def write(*functions: str) -> str:
        statements = [{"Effect": "Allow", "Action": "oss:*", "Resource": "*"}]
        statements += [
            {"Effect": "Allow", "Action": "fc:InvokeFunction", "Resource": each}
            for each in functions
        ]
        path = tmp_path / "policy.json"
        path.write_text(json.dumps({"Version": "1", "Statement": statements}))
        return str(path)

    return write


def copies_since(cloud: LocalCloud, started: float) -> list[int]:
    """Return the statuses of the invocations of children."""
    calls = cloud.invocations(since=started)
    return [call["status"] for call in calls if call["role"] == "copy"]


def test_large_transfer_with_children(cloud: LocalCloud, key: str) -> None:
    """300 MB, most of it by children, proven byte by byte."""
    began = time.time()
    reply = transferred(cloud, cloud.generated("large", LARGE), key)
    assert headers_of(cloud, key)["x-oss-hash-crc64ecma"] == str(crc64_of("large", LARGE))
    assert reply["proof"] == ["parts", "object"]
    assert reply["children"]["throttled"] == 0
    children = reply["children"]
    copies = copies_since(cloud, began)
    # What a busy machine's children were late with others copied; those calls may never leave, and
    # nobody waits for their answers.
    assert {200} <= {*copies} <= {200, 499}
    assert 0 <= children["invocations"] - copies.count(200) <= children["hedged"]


@a_cloud_for_each
def test_transfer_longer_than_the_timeout_is_handed_over(start: StartCloud, key: str) -> None:
    """Through the asynchronous form of the same API."""
    cloud = start(timeout=12)
    size = 80 * PART
    url = cloud.generated("long", size, "rate:200000")
    reply = transferred(cloud, url, key, part_size=PART, streams=2, max_children=1)
    assert reply["status"] == "handed_over"
    last = outcome_of(cloud, reply)
    assert (last["status"], last["proof"]) == ("copied", ["parts", "object"])
    assert last["parts"]["reused"] > 0
    assert stored(cloud, key) == bytes_of("long", size)


def outcome_of(cloud: LocalCloud, reply: Reply) -> Reply:
    """Return what the last of the invocations wrote, once it has."""
    eventually(lambda: exists(cloud, reply["outcome"]), within=60)
    told: Reply = json.loads(stored(cloud, reply["outcome"]))
    return told


@a_cloud_for_each
def test_the_account_has_no_more_instances(start: StartCloud, key: str) -> None:
    """429 costs no attempt, however often: the coordinator goes on by itself."""
    cloud = start(instances=1)
    began = time.time()
    url = cloud.generated("cap", 40 * PART, "rate:400000")
    reply = transferred(cloud, url, key, part_size=PART, streams=1)
    statuses = copies_since(cloud, began)
    assert statuses == [429] * reply["children"]["throttled"] != []
    assert reply["children"]["invocations"] == 0
    assert stored(cloud, key) == bytes_of("cap", 40 * PART)


@pytest.mark.parametrize(
    ("fault", "counted"),
    [
        ({"status": 503, "code": "ResourceThrottled"}, "throttled"),
        ({"status": 500, "code": "InternalServerError"}, "retried"),
        ({"drop_reply": True}, "retried"),
        ({"kill": True}, "retried"),
    ],
    ids=["no-machines", "platform-error", "connection-lost", "killed"],
)
def test_child_that_does_not_come_back_is_replaced(
    cloud: LocalCloud, key: str, fault: dict[str, object], counted: str
) -> None:
    """The reply says how often, and each byte arrived."""
    cloud.faults("fc", [{**CHILD, "nth": 1, **fault}])
    url = cloud.generated("lost", 12 * PART, "rate:200000")
    reply = transferred(cloud, url, key, part_size=PART, streams=2)
    assert reply["children"][counted] == 1
    assert stored(cloud, key) == bytes_of("lost", 12 * PART)


def test_error_of_a_child_is_the_transfers_error(cloud: LocalCloud, key: str) -> None:
    """A source that changes under way is noticed by children as well, and keeps its type."""
    url = cloud.generated("changed", 24 * PART, "after:4,version:2", "rate:200000")
    error = refused(cloud, url, key, part_size=PART, streams=1)
    assert error.error_type == "SourceChanged"


@a_cloud_for_each
def test_role_that_may_not_invoke_the_function(
    start: StartCloud, key: str, allowing: Allowing
) -> None:
    """One sentence says what to allow, and without children nothing needs allowing."""
    cloud = start(policy=allowing())
    url = cloud.generated("refused", 12 * PART, "rate:200000")
    error = refused(cloud, url, key, part_size=PART, streams=1)
    assert error.error_type == "ChildRefused"
    assert "403 AccessDenied" in error.message
    assert "fc:InvokeFunction" in error.message
    transferred(cloud, url, key, part_size=PART, streams=1, max_children=0)


def test_role_that_may_invoke_this_function_in_this_generation(
    generation: Generation, start: StartCloud, key: str, allowing: Allowing
) -> None:
    """The two APIs know the function by different names: the call went through the right one."""
    cloud = start(policy=allowing(generation.resource))
    url = cloud.generated("allowed", 12 * PART, "rate:200000")
    reply = transferred(cloud, url, key, part_size=PART, streams=1)
    assert reply["children"]["invocations"] > 0


def test_alias_calls_its_own_version(
    generation: Generation, start: StartCloud, key: str, allowing: Allowing
) -> None:
    """Children, and the invocation that it hands over to, are what was called, not LATEST."""
    policy = allowing(generation.resource.replace("services/*", "services/*.live"))
    cloud = start(qualifier="live", timeout=12, policy=policy)
    size = 60 * PART
    url = cloud.generated("alias", size, "rate:200000")
    event = event_for(cloud, url, key, part_size=PART, streams=2, max_children=1)
    reply = cloud.invoke(event, qualifier="live")
    assert reply["status"] == "handed_over"
    assert outcome_of(cloud, reply)["status"] == "copied"
    assert stored(cloud, key) == bytes_of("alias", size)
    calls = cloud.invocations()
    assert {call["role"] for call in calls} == {"transfer", "copy"}
    assert {call["qualifier"] for call in calls} == {"live"}


@a_cloud_for_each
def test_environment_for_other_purposes_does_not_matter(
    start: StartCloud, key: str, tmp_path: Path
) -> None:
    """Proxies that lead nowhere and a netrc with a foreign password: neither is used."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login foreign password foreign\n")
    nowhere = "http://127.0.0.1:9"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    cloud = start(env={**dict.fromkeys(names, nowhere), "NETRC": str(netrc), "DEBUG": "sdk"})
    url = cloud.generated("environment", 12 * PART, "rate:200000")
    reply = transferred(cloud, url, key, part_size=PART, streams=1)
    assert reply["children"]["invocations"] > 0
    assert reply["children"]["retried"] == 0
    requests = cloud.origin_requests(url)["requests"]
    assert not any(each["authorization"] for each in requests)
