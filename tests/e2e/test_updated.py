"""What an event newly asks of an object that already is its source."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.contents import bytes_of
from tests.e2e.transfers import Reply, event_for, refused, stored, transferred
from tests.localcloud.client import LocalCloud

SIZES = [7, 3_000_000]


def headers(cloud: LocalCloud, key: str) -> Any:
    return cloud.bucket.head_object(key).headers


def copied(cloud: LocalCloud, key: str, size: int, **fields: object) -> tuple[str, Reply]:
    """The URL of a source that is there now."""
    url = cloud.generated("updated", size)
    return url, transferred(cloud, url, key, **fields)


@pytest.mark.parametrize("size", SIZES)
def test_it_gets_what_is_new(eager_cloud: LocalCloud, key: str, size: int) -> None:
    """All that the event says, and keeps what the source says; once."""
    url, first = copied(eager_cloud, key, size, metadata={"Old": "1"}, storage_class="IA")
    before = headers(eager_cloud, key)
    wanted = {"content_type": "video/mp4", "metadata": {"Team": "blue"}}
    reply = transferred(eager_cloud, url, key, **wanted)
    assert reply["status"] == "updated"
    after = headers(eager_cloud, key)
    assert after["Content-Type"] == "video/mp4"
    assert (after["x-oss-meta-team"], after.get("x-oss-meta-old")) == ("blue", None)
    assert after["x-oss-storage-class"] == before["x-oss-storage-class"] == "IA"
    assert reply["object"]["crc64"] == first["object"]["crc64"]
    assert reply["object"]["etag"] == after["ETag"].strip('"')
    assert stored(eager_cloud, key) == bytes_of("updated", size)
    assert transferred(eager_cloud, url, key, **wanted)["status"] == "unchanged"
    assert transferred(eager_cloud, url, key)["status"] == "unchanged"


def test_it_gets_another_class(eager_cloud: LocalCloud, key: str) -> None:
    """And once it is frozen, it says why it gets no other."""
    url, _ = copied(eager_cloud, key, 7)
    assert transferred(eager_cloud, url, key, storage_class="Archive")["status"] == "updated"
    assert headers(eager_cloud, key)["x-oss-storage-class"] == "Archive"
    frozen = transferred(eager_cloud, url, key, storage_class="IA")
    assert frozen["status"] == "unchanged"
    assert "restore it before" in frozen["warnings"][0]
    assert headers(eager_cloud, key)["x-oss-storage-class"] == "Archive"


def test_never_leaves_it_as_it_is(eager_cloud: LocalCloud, key: str) -> None:
    """And says so."""
    url, _ = copied(eager_cloud, key, 7)
    before = dict(headers(eager_cloud, key))
    reply = transferred(eager_cloud, url, key, overwrite="never", content_type="a/b")
    assert reply["status"] == "unchanged"
    assert "overwrite is never" in reply["warnings"][0]
    assert headers(eager_cloud, key)["Last-Modified"] == before["Last-Modified"]
    assert headers(eager_cloud, key)["Content-Type"] == before["Content-Type"]


def test_somebody_elses_object_is_left_alone(eager_cloud: LocalCloud, key: str) -> None:
    """One that came after it was looked at: OSS copies nothing then."""
    url, _ = copied(eager_cloud, key, 7)
    fault = {"operation": "CopyObject", "status": 412, "code": "PreconditionFailed", "times": 1}
    eager_cloud.faults("oss", [fault])
    before = headers(eager_cloud, key)["Content-Type"]
    refused(eager_cloud, url, key, content_type="a/b")
    assert headers(eager_cloud, key)["Content-Type"] == before
    assert transferred(eager_cloud, url, key, content_type="a/b")["status"] == "updated"


def test_small_ones_of_a_batch_are_updated_too(eager_cloud: LocalCloud, key: str) -> None:
    """As transfers are."""
    url, _ = copied(eager_cloud, key, 7)
    events = [
        event_for(eager_cloud, url, name, content_type="text/x-new") for name in (key, f"{key}-2")
    ]
    reply = eager_cloud.invoke({"messages": events})
    assert [each["status"] for each in reply["messages"]] == ["updated", "copied"]
    assert headers(eager_cloud, key)["Content-Type"] == "text/x-new"
