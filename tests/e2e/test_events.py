"""Events that ask for something that cannot be done say so, by the name of the field."""

from __future__ import annotations

import json

import fc2
import pytest

from tests.e2e.transfers import event_for, exists, failed, refused
from tests.localcloud.client import LocalCloud

WRONG: dict[str, tuple[object, ...]] = {
    "source_url": (7, "", "ftp://example.com/x", "example.com/x", "http://", ["http://a"]),
    "target_object_name": (7, "", "/a", ["a"]),
    "target_region": (7, "", "nowhere", {}),
    "target_bucket_name": (7, "", "UPPER", "a", "under_score"),
    "part_size": (0, 102399, 5 * 1024**3 + 1, -1, 1.5, True, "many", [1]),
    "max_children": (-1, 100, 1.5, False, "all"),
    "streams": (0, 65, "8.0", {}),
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
    assert "'partsize'" in error.message
    assert not exists(cloud, key)


@pytest.mark.parametrize("payload", [b"", b"not json", b"[]", b"7", b'"text"', b"\xff\xfe", b"{}"])
def test_event_that_is_no_json_object_is_refused(cloud: LocalCloud, payload: bytes) -> None:
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
