"""Events of every form end in objects; what cannot be done is refused by the name of the field."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import fc2
import pytest

from tests.e2e.canary import secrets_in
from tests.e2e.conftest import TRIGGER_PREFIX
from tests.e2e.transfers import bucket_named, event_for, exists, failed, refused, stored
from tests.localcloud.client import LocalCloud
from tests.triggers.recorded import FROM_OSS, NAMES, TWO, filled

WATCHED = "watched"
CONTENT = b"what the message is about"

WRONG: dict[str, tuple[object, ...]] = {
    "source_url": (7, "", "ftp://example.com/x", "example.com/x", "http://", ["http://a"]),
    "target_object_name": (7, "", "/a", ["a"]),
    "target_region": (7, "", "nowhere", {}),
    "target_bucket_name": (7, "", "UPPER", "a", "under_score"),
    "part_size": (0, 102399, 5 * 1024**3 + 1, -1, 1.5, True, "many", [1]),
    "max_children": (-1, 100, 1.5, False, "all"),
    "streams": (0, 129, "8.0", {}),
    "source_headers": ("a: b", ["a"], {"a": 1}, {"a b": "c"}, {"a": "b\r\nc: d"}, {"Host": "x"}),
    "expected_size": (-1, 1.5, "big", 10_000 * 5 * 1024**3 + 1),
    "expected_crc64": (-1, 2**64, "0xff", 1.0),
    "expected_md5": (7, "", "d41d8cd9", "not base64 at all, is it?", "z" * 32),
    "content_type": (7, "", "text/plain\r\nx-oss-acl: public-read", "t" * 256),
    "metadata": ("a=b", {"a": 1}, {"a b": "c"}, {"ossferry-source": "x"}, {"a": "b" * 9000}),
    "storage_class": ("standard", "Glacier", 1),
    "overwrite": ("no", True, 1),
}
CASES = [(name, value) for name, values in WRONG.items() for value in values]
REQUIRED = ("source_url", "target_object_name", "target_region", "target_bucket_name")


@pytest.fixture
def watched(eager_cloud: LocalCloud, key: str) -> Iterator[str]:
    """The name of a bucket that OSS sends events of; what they speak of is there."""
    bucket = bucket_named(eager_cloud, WATCHED)
    bucket.create_bucket()
    keys = [key, f"{key}.2"]
    for each in keys:
        bucket.put_object(each, CONTENT)
    yield WATCHED
    bucket.batch_delete_objects(keys)
    bucket.delete_bucket()


def answered(cloud: LocalCloud, payload: bytes) -> Any:
    """Return the reply to an event as it comes; it shows no secret."""
    data = cloud.fc.invoke_function(cloud.service, cloud.function, payload=payload).data
    assert not secrets_in(data.decode(), cloud)
    return json.loads(data)


@pytest.mark.parametrize("name", NAMES)
def test_recorded_event_ends_in_an_object(
    eager_cloud: LocalCloud, key: str, watched: str, name: str
) -> None:
    """Whatever sent the event, the object is there, and a second delivery changes nothing."""
    url = eager_cloud.serve_file(f"{name}.bin", CONTENT)
    event = filled(
        name,
        url=url,
        bucket=eager_cloud.bucket_name,
        region=eager_cloud.region,
        key=key,
        watched=watched,
    )
    answered(eager_cloud, event)
    prefix = TRIGGER_PREFIX if name in FROM_OSS else ""
    targets = [prefix + each for each in (key, f"{key}.2") if each == key or name in TWO]
    before = [eager_cloud.bucket.head_object(each).last_modified for each in targets]
    assert [stored(eager_cloud, each) for each in targets] == [CONTENT] * len(targets)
    again = json.dumps(answered(eager_cloud, event))
    assert again.count("unchanged") == len(targets)
    assert "copied" not in again
    assert [eager_cloud.bucket.head_object(each).last_modified for each in targets] == before


def over_http(cloud: LocalCloud, **changes: object) -> tuple[int, Any]:
    """Return status and JSON of the response to an HTTP request with these changes."""
    event = {**json.loads(filled("http", region=cloud.region)), **changes}
    response = answered(cloud, json.dumps(event).encode())
    assert response["headers"] == {"Content-Type": "application/json"}
    assert response["isBase64Encoded"] is False
    return response["statusCode"], json.loads(response["body"])


def test_http_request_is_answered_with_the_reply(cloud: LocalCloud, key: str) -> None:
    """With status 200, and a body in base64 if FC took the request's for binary."""
    job = json.dumps(event_for(cloud, cloud.serve_file("http.bin", CONTENT), key)).encode()
    status, reply = over_http(cloud, body=b64encode(job).decode(), isBase64Encoded=True)
    assert (status, reply["status"]) == (200, "copied")
    assert stored(cloud, key) == CONTENT


@pytest.mark.parametrize(
    ("fields", "status", "error_type"),
    [
        ({"part_size": 1}, 400, "InvalidEvent"),
        ({"target_bucket_name": "nobody-has-this"}, 403, "TargetRefused"),
        ({"source_url": "@ORIGIN@/nothing-here"}, 404, "SourceGone"),
        ({"expected_size": 1}, 422, "ChecksumMismatch"),
        ({"source_url": "@ORIGIN@/random/a/5?as=status:500"}, 503, "SourceUnavailable"),
    ],
)
def test_http_request_that_fails_gets_a_status_that_suits(
    cloud: LocalCloud, key: str, fields: dict[str, Any], status: int, error_type: str
) -> None:
    """FC would make a bare 502 of a function error; here is the same error as elsewhere."""
    job = {**event_for(cloud, cloud.serve_file("http.bin", CONTENT), key), **fields}
    found, error = over_http(cloud, body=json.dumps(job).replace("@ORIGIN@", cloud.origin))
    assert (found, error["errorType"]) == (status, error_type)
    assert error["errorMessage"]
    assert not exists(cloud, key)


@pytest.mark.parametrize("body", ["", "no json", "[]", "null", '{"kind": "copy"}'])
def test_http_request_without_a_job_is_refused(cloud: LocalCloud, body: str) -> None:
    """A browser's GET included, which has no body."""
    status, error = over_http(cloud, body=body)
    assert (status, error["errorType"]) == (400, "InvalidEvent")


@pytest.mark.parametrize(("name", "value"), CASES)
def test_wrong_value_is_refused_by_the_fields_name(
    cloud: LocalCloud, key: str, name: str, value: object
) -> None:
    """A wrong type or a value out of range is InvalidEvent, and the sentence begins with it."""
    event = {**event_for(cloud, cloud.generated("event", 1), key), name: value}
    error = failed(cloud, event)
    assert error.error_type == "InvalidEvent"
    assert error.message.startswith(name)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("as_null", [False, True])
def test_missing_field_is_refused_by_its_name(
    cloud: LocalCloud, key: str, name: str, as_null: bool
) -> None:
    """Without one of the four fields, or with null for it, nothing can be done."""
    event = event_for(cloud, cloud.generated("event", 1), key)
    event.pop(name)
    error = failed(cloud, {**event, name: None} if as_null else event)
    assert error.error_type == "InvalidEvent"
    assert error.message.startswith(f"{name} is missing")


def test_unknown_field_is_refused_by_its_name(cloud: LocalCloud, key: str) -> None:
    """A field that is misspelt would else be a wish that nobody hears."""
    error = refused(cloud, cloud.generated("event", 1), key, partsize=102400)
    assert error.error_type == "InvalidEvent"
    assert error.message == "partsize is not a field: did you mean part_size?"
    assert not exists(cloud, key)


@pytest.mark.parametrize(
    "payload",
    [b"", b"not json", b"[]", b"7", b'"text"', b"\xff\xfe", b"{}", b"null", b"[[]]", b'[""]'],
)
def test_event_that_holds_no_job_is_refused(cloud: LocalCloud, payload: bytes) -> None:
    """What is no event at all is InvalidEvent too, and shows nothing of itself."""
    with pytest.raises(fc2.FcError) as caught:
        cloud.fc.invoke_function(cloud.service, cloud.function, payload=payload)
    assert json.loads(caught.value.message)["errorType"] == "InvalidEvent"


def test_part_size_too_small_for_the_source_is_refused(cloud: LocalCloud, key: str) -> None:
    """OSS takes 10,000 parts, so the sentence names the least part size for this source."""
    size = 1_000_000_000
    error = refused(cloud, cloud.generated("huge", size), key, part_size=102400)
    assert error.error_type == "InvalidEvent"
    assert error.message.startswith("part_size")
    assert not exists(cloud, key)


@pytest.mark.parametrize("region", ["cn-hangzhou", "oss-cn-hangzhou"])
def test_region_may_be_written_as_in_an_endpoint(cloud: LocalCloud, key: str, region: str) -> None:
    """``oss-cn-hangzhou`` is how OSS itself often spells a region."""
    event = {**event_for(cloud, cloud.generated("event", 1), key), "target_region": region}
    assert cloud.invoke(event)["status"] == "copied"


def test_unknown_bucket_is_refused_by_oss(cloud: LocalCloud, key: str) -> None:
    """OSS's own words say what is wrong with the target."""
    event = event_for(cloud, cloud.generated("event", 1), key)
    error = failed(cloud, {**event, "target_bucket_name": "nobody-has-this"})
    assert error.error_type == "TargetRefused"
    assert "NoSuchBucket" in error.message
