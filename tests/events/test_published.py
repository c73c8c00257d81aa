"""The events of the published flows, as the article and the code of the application have them."""

from __future__ import annotations

from typing import Any

import pytest

from ossferry.errors import InvalidEvent
from ossferry.events.parse import parse
from ossferry.events.published import ListArchived, RestoreFiles, RestoreState
from ossferry.names import ObjectName
from ossferry.settings import Settings

ENDPOINT = "oss-cn-beijing-internal.aliyuncs.com"
PLACE = {"endpoint": ENDPOINT, "bucketName": "my-bucket"}
BUCKET = ObjectName("cn-beijing", "my-bucket", "")
# Everything that the flow has gathered when it is at the second page.
CARRIED = {
    **PLACE,
    **{"prefix": "p/", "marker": "p/9", "maxKeys": 100, "groupSize": 2, "pollInterval": 10},
    **{"workers": 10, "filesGroup": [["a", "b"], ["c"]], "end": "false", "empty": "false"},
    "archiveFilesCount": 3,
}


def parsed(event: dict[str, Any], region: str = "cn-hangzhou") -> Any:
    return parse(event, Settings(), region)


def refusal(event: dict[str, Any], region: str = "cn-hangzhou") -> str:
    with pytest.raises(InvalidEvent) as raised:
        parsed(event, region)
    return raised.value.message


@pytest.mark.parametrize(
    ("event", "job"),
    [
        # The code of the application.
        (
            {"marker": "", "prefix": "", "maxKeys": 100},
            ListArchived(BUCKET, "", "", 100, None),
        ),
        ({"fileName": "a"}, RestoreFiles(BUCKET, ("a",), 10, 1, None)),
        ({"files": ["a", "b"]}, RestoreState(BUCKET, ("a", "b"), False)),
        # The article.
        (
            {"marker": "m", "prefix": "p/", "maxKeys": 1000, "groupSize": 10},
            ListArchived(BUCKET, "p/", "m", 1000, 10),
        ),
        ({"files": ["a", "b"], "workers": 5}, RestoreFiles(BUCKET, ("a", "b"), 5, 1, None)),
        ({"filesGroup": [["a", "b"], ["c"]]}, RestoreState(BUCKET, ("a", "b", "c"), False)),
        # What suits a state machine.
        (
            {"maxKeys": 5, "groupSize": 2, "groupObjects": True},
            ListArchived(BUCKET, "", "", 5, 2, True),
        ),
        ({"filesGroup": [{"files": ["a"]}, ["b"]]}, RestoreState(BUCKET, ("a", "b"), False)),
        # What was not there, or is a text, as in the input of an execution.
        ({"prefix": "p/"}, ListArchived(BUCKET, "p/", "", 100, None)),
        (
            {"prefix": None, "marker": None, "maxKeys": "7", "groupSize": None},
            ListArchived(BUCKET, "", "", 7, None),
        ),
        ({"filesGroup": []}, RestoreState(BUCKET, (), False)),
        # What a flow carries along.
        (
            {"fileName": "a", "files": ["a", "b"], "marker": "", "maxKeys": 9, "end": True},
            RestoreFiles(BUCKET, ("a",), 10, 1, None),
        ),
        (
            {**CARRIED, "files": ["a", "b"]},
            RestoreFiles(BUCKET, ("a", "b"), 10, 1, None),
        ),
        (
            {"files": ["a"], "Output": {}, "Status": "Succeeded", "index": 3, "days": 3},
            RestoreState(BUCKET, ("a",), False),
        ),
        # Told by its kind.
        ({**CARRIED, "kind": "list_archived"}, ListArchived(BUCKET, "p/", "p/9", 100, 2)),
        ({**CARRIED, "kind": "restore_state"}, RestoreState(BUCKET, ("a", "b", "c"), False)),
        (
            {"kind": "restore_state", "fileName": "a", "files": ["a", "b"]},
            RestoreState(BUCKET, ("a",), False),
        ),
        # What ossferry adds.
        (
            {"kind": "restore", "files": ["a", "a"], "days": 30, "tier": "Bulk"},
            RestoreFiles(BUCKET, ("a",), 10, 30, "Bulk"),
        ),
        ({"files": ["a"], "failWhileRunning": True}, RestoreState(BUCKET, ("a",), True)),
    ],
)
def test_an_event_is_one_of_three(event: dict[str, Any], job: object) -> None:
    """By its fields as they were published, or by its kind."""
    assert parsed({**PLACE, **event}) == job


@pytest.mark.parametrize(
    "event",
    [
        {},
        CARRIED,
        {"files": ["a"], "maxKeys": 100},
        {"pollInterval": 10, "workers": 3},
    ],
)
def test_what_could_be_two_things_is_asked_back(event: dict[str, Any]) -> None:
    """A listing for a state would let the flow end as if all were done."""
    assert "give it a kind, which is list_archived, restore or restore_state" in refusal(
        {**PLACE, **event}
    )


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
        ("oss-us-west-1-internal.aliyuncs.com", "us-west-1"),
        ("http://oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou"),
        ("https://oss-ap-southeast-1.aliyuncs.com/", "ap-southeast-1"),
        ("cn-hangzhou.oss-internal.aliyuncs.com", "cn-hangzhou"),
        (None, "cn-hangzhou"),
    ],
)
def test_an_endpoint_tells_the_region(endpoint: str | None, region: str) -> None:
    """Without one it is the function's own."""
    job = parsed({"endpoint": endpoint, "bucketName": "my-bucket", "fileName": "a"})
    assert job.bucket == ObjectName(region, "my-bucket", "")


@pytest.mark.parametrize(
    "endpoint",
    [
        "oss-accelerate.aliyuncs.com",
        "evil.example.com",
        "oss-cn-hangzhou.aliyuncs.com.evil.example.com",
        "oss-cn-hangzhou.aliyuncs.com@evil.example.com",
        "user@oss-cn-hangzhou.aliyuncs.com",
        "http://169.254.169.254/oss-cn-hangzhou.aliyuncs.com",
        "",
        7,
    ],
)
def test_no_event_names_a_host(endpoint: object) -> None:
    """What is no endpoint of a region is refused, not asked."""
    said = refusal({"endpoint": endpoint, "bucketName": "my-bucket", "fileName": "a"})
    assert said.startswith("endpoint must be OSS's endpoint of a region")


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"kind": "restore", "fileName": "a"}, "bucketName is missing"),
        ({**PLACE, "kind": "sweep"}, "kind must be one of list_archived, restore, restore_state"),
        ({**PLACE, "kind": "restore"}, "files is missing"),
        ({**PLACE, "maxKeys": 0}, "maxKeys must be a whole number from 1 to 1000"),
        ({**PLACE, "maxKeys": 1001}, "maxKeys must be"),
        ({**PLACE, "prefix": "/x"}, "prefix must be"),
        ({**PLACE, "prefix": "\u9375" * 400}, "prefix must be at most 1023 bytes"),
        ({**PLACE, "marker": "\ud800"}, "marker must be valid Unicode"),
        ({**PLACE, "fileName": ""}, "fileName must have keys of 1 to 1023 bytes"),
        ({**PLACE, "files": "a"}, "files must be a list of at most 10000 keys"),
        ({**PLACE, "files": ["x" * 1024]}, "files must have keys"),
        ({**PLACE, "files": [7]}, "files must have keys"),
        ({**PLACE, "filesGroup": ["a"]}, "filesGroup must be a list of lists"),
        ({**PLACE, "filesGroup": {"files": "a"}}, "filesGroup must be a list of lists"),
        ({**PLACE, "filesGroup": [{"keys": ["a"]}]}, "filesGroup must be a list of lists"),
        ({**PLACE, "fileName": "a", "days": 366}, "days must be a whole number from 1 to 365"),
        ({**PLACE, "fileName": "a", "tier": "bulk"}, "tier must be one of"),
        ({**PLACE, "fileName": "a", "Days": 3}, "unknown field 'Days': it has to be days"),
        ({**PLACE, "maxKeys": 5, "group_size": 3}, "'group_size': it has to be groupSize"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(event: dict[str, Any], says: str) -> None:
    """Which field, and what to give."""
    assert says in refusal(event)


def test_an_event_without_a_region_is_asked_back() -> None:
    """There is none to fall back on where the function does not know its own."""
    assert "endpoint is missing" in refusal({"bucketName": "my-bucket", "fileName": "a"}, "")
